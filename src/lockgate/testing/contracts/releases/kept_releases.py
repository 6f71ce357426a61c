"""What every place that keeps releases by their digest does alike, with bundles of one model."""
# ruff: noqa: S101 - asserts are what a test is made of

from collections.abc import Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pytest

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.release import MANIFEST, Release
from lockgate.errors import DocumentError
from lockgate.testing.contracts.folder_contents import contents


class KeepsReleases(Protocol):
    """Whatever takes a bundle under its digest, and gives it back."""

    def put(self, digest: Digest, source: Path, /) -> bool:
        """Keep the bundle that lies in a folder; whether anything had to be done."""
        ...

    def fetch(self, digest: Digest, target: Path, /) -> bool:
        """Copy it into a folder that is not there yet; whether there was one."""
        ...


Kept = TypeVar("Kept", bound=KeepsReleases)


class KeptReleasesContract(Generic[Kept]):
    """What the suites of both ports on releases begin with."""

    def make(self, home: Path) -> Kept:
        """An empty store that may keep things below ``home``."""
        raise NotImplementedError

    def bundle(self, folder: Path, number: int, measured: str = "1") -> Release:
        """Write a bundle whose model differs by its number, and its measurements by ``measured``; the release in it."""
        raise NotImplementedError

    def damage(self, store: Kept, digest: Digest, name: str, content: bytes | None) -> None:
        """Give a file of a release that the store has other bytes, or take it away."""
        raise NotImplementedError

    def again(self, store: Kept) -> Kept:
        """The same store, as another clone sees it."""
        raise NotImplementedError

    def versions(self, store: Kept) -> Sequence[str]:
        """The versions of all releases that it has, in the order of their digests."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Kept:
        """The implementation."""
        return self.make(tmp_path / "store")

    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        """The folder in which a bundle was sealed."""
        return tmp_path / "sealed"

    @pytest.fixture
    def release(self, source: Path) -> Release:
        """A release that lies in ``source``."""
        return self.bundle(source, 1)

    def test_putting_it_again_changes_nothing(self, store: Kept, source: Path, release: Release) -> None:
        """It says that it was there."""
        assert [store.put(release.digest, source) for _ in range(3)] == [True, False, False]
        assert self.versions(store) == (release.version,)

    def test_releases_of_one_content_lie_side_by_side(self, store: Kept, tmp_path: Path) -> None:
        """Each is had by its own digest, never the latest."""
        releases = {name: self.bundle(tmp_path / name, 1, name) for name in ("one", "two", "three")}
        for name, release in releases.items():
            store.put(release.digest, tmp_path / name)
        assert self.versions(store) == tuple(sorted(release.version for release in releases.values()))
        for name, release in releases.items():
            assert store.fetch(release.digest, tmp_path / "deep" / f"{name} fetched")
            assert contents(tmp_path / "deep" / f"{name} fetched") == contents(tmp_path / name)

    def test_another_release_is_not_put_under_a_digest(
        self, store: Kept, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """A digest is a promise, whatever the store has: what is there does not excuse what is given."""
        other = self.bundle(tmp_path / "other", 2)
        with pytest.raises(DocumentError, match=f"it is {other.digest}, not {release.digest}"):
            store.put(release.digest, tmp_path / "other")
        assert self.versions(store) == ()
        store.put(release.digest, source)
        with pytest.raises(DocumentError, match="it is"):
            store.put(release.digest, tmp_path / "other")
        assert store.fetch(release.digest, tmp_path / "fetched")
        assert contents(tmp_path / "fetched") == contents(source)

    @pytest.mark.parametrize(
        ("name", "content", "why"),
        [
            ("model.onnx", None, "missing model.onnx"),
            ("model.onnx", b"another", "model.onnx was changed"),
            ("evidence/more.json", b"{}", "not in the manifest: evidence/more.json"),
            (MANIFEST, None, "manifest.json: missing"),
            (MANIFEST, b"{", "manifest.json"),
        ],
    )
    def test_what_is_not_whole_is_not_put(
        self, store: Kept, source: Path, release: Release, name: str, content: bytes | None, why: str
    ) -> None:
        """Whatever is wrong with it is said, and the store has nothing of it."""
        (source / name).unlink(missing_ok=True)
        if content is not None:
            (source / name).write_bytes(content)
        with pytest.raises(DocumentError, match=why):
            store.put(release.digest, source)
        assert self.versions(store) == ()

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("model.onnx", b"another"),
            ("evidence/tests.json", None),
            ("more.json", b"more"),
            ("more.pkl", b"more"),
            (MANIFEST, b"{"),
        ],
    )
    def test_what_was_damaged_in_the_store_is_not_fetched(
        self, store: Kept, source: Path, release: Release, name: str, content: bytes | None
    ) -> None:
        """It is named, and nothing appears where it should have gone."""
        store.put(release.digest, source)
        self.damage(store, release.digest, name, content)
        with pytest.raises(DocumentError) as caught:
            store.fetch(release.digest, source.parent / "there" / "fetched")
        assert name in caught.value.message
        assert [*(source.parent / "there").rglob("*")] == []
