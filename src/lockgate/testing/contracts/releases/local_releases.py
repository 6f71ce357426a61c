"""The sealed releases of one working copy."""
# ruff: noqa: S101 - asserts are what a test is made of

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lockgate.domain.identity import sha256
from lockgate.domain.releasing.release import MANIFEST, VERDICT, Release
from lockgate.errors import DiskFault, DocumentError
from lockgate.ports import LocalReleases
from lockgate.testing.contracts.folder_contents import contents


class LocalReleasesContract:
    """The local-releases port, with bundles of one model."""

    def make(self, home: Path) -> LocalReleases:
        """An empty store that may keep things below ``home``."""
        raise NotImplementedError

    def bundle(self, folder: Path, number: int, measured: str = "1") -> Release:
        """Write a bundle whose model differs by its number, and its measurements by ``measured``; the release in it."""
        raise NotImplementedError

    def damage(self, store: LocalReleases, release: Release, name: str, content: bytes | None) -> None:
        """Give a file of a release that the store has other bytes, or take it away."""
        raise NotImplementedError

    def again(self, store: LocalReleases) -> LocalReleases:
        """The same store, as another clone sees it."""
        raise NotImplementedError

    def full(self, store: LocalReleases) -> AbstractContextManager[None]:
        """In this block, the store has no room."""
        raise NotImplementedError

    def read_only(self, store: LocalReleases) -> AbstractContextManager[None]:
        """In this block, nothing in the store can be changed."""
        raise NotImplementedError

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """Where the store may keep things."""
        return tmp_path / "store"

    @pytest.fixture
    def store(self, place: Path) -> LocalReleases:
        """The implementation."""
        return self.make(place)

    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        """The folder in which a bundle was sealed."""
        return tmp_path / "sealed"

    @pytest.fixture
    def release(self, source: Path) -> Release:
        """A release that lies in ``source``."""
        return self.bundle(source, 1)

    def test_an_empty_store_has_nothing(self, store: LocalReleases, tmp_path: Path) -> None:
        """And says so to every question."""
        digest = sha256(b"none")
        assert (store.versions(), store.open(digest.short), store.latest(digest)) == ((), None, None)
        assert not store.fetch(digest, tmp_path / "fetched")
        assert not (tmp_path / "fetched").exists()

    def test_what_was_put_is_opened_byte_for_byte(self, store: LocalReleases, source: Path, release: Release) -> None:
        """The source may go afterwards."""
        before = contents(source)
        assert store.put(release.digest, source)
        assert contents(source) == before
        for path in source.rglob("*.*"):
            path.unlink()
        folder = store.open(release.version)
        assert folder is not None
        assert contents(folder) == before
        assert store.versions() == (release.version,)

    def test_the_manifest_is_had_without_the_files(self, store: LocalReleases, source: Path, release: Release) -> None:
        """One that cannot be read is said to be so."""
        store.put(release.digest, source)
        assert store.manifest(release.version) == release.manifest
        self.damage(store, release, MANIFEST, b"{")
        with pytest.raises(DocumentError, match=r"manifest\.json"):
            store.manifest(release.version)
        with pytest.raises(DocumentError, match="there is no release absent"):
            store.manifest("absent")

    def test_putting_it_again_changes_nothing(self, store: LocalReleases, source: Path, release: Release) -> None:
        """It says that it was there."""
        assert [store.put(release.digest, source) for _ in range(3)] == [True, False, False]
        assert store.versions() == (release.version,)

    def test_a_damaged_release_is_replaced(self, store: LocalReleases, source: Path, release: Release) -> None:
        """To seal it again mends it."""
        store.put(release.digest, source)
        self.damage(store, release, VERDICT, b"{}")
        assert store.put(release.digest, source)
        folder = store.open(release.version)
        assert folder is not None
        assert contents(folder) == contents(source)

    def test_releases_of_one_content_lie_side_by_side(self, store: LocalReleases, tmp_path: Path) -> None:
        """Each is had by its own digest, never the latest."""
        releases = {name: self.bundle(tmp_path / name, 1, name) for name in ("one", "two", "three")}
        for name, release in releases.items():
            store.put(release.digest, tmp_path / name)
        assert store.versions() == tuple(sorted(release.version for release in releases.values()))
        for name, release in releases.items():
            assert store.fetch(release.digest, tmp_path / "deep" / f"{name} fetched")
            assert contents(tmp_path / "deep" / f"{name} fetched") == contents(tmp_path / name)

    def test_a_release_is_found_by_the_verdict_that_it_was_sealed_with(
        self, store: LocalReleases, tmp_path: Path
    ) -> None:
        """And by no other."""
        for number in (1, 2, 3):
            store.put(self.bundle(tmp_path / str(number), number).digest, tmp_path / str(number))
        found = store.latest(sha256((tmp_path / "2" / VERDICT).read_bytes()))
        assert found is not None
        folder = store.open(found)
        assert folder is not None
        assert contents(folder) == contents(tmp_path / "2")
        assert store.latest(sha256(b"another verdict")) is None

    @pytest.mark.parametrize("version", ["", ".", "..", "../sealed", "absent"])
    def test_a_version_that_is_none_opens_nothing(
        self, store: LocalReleases, source: Path, release: Release, version: str
    ) -> None:
        """Nor does a path that leads out of the store."""
        store.put(release.digest, source)
        assert store.open(version) is None

    def test_another_release_is_not_put_under_a_digest(
        self, store: LocalReleases, release: Release, tmp_path: Path
    ) -> None:
        """A digest is a promise."""
        other = self.bundle(tmp_path / "other", 2)
        with pytest.raises(DocumentError, match=f"it is {other.digest}, not {release.digest}"):
            store.put(release.digest, tmp_path / "other")
        assert store.versions() == ()

    def test_what_is_there_does_not_excuse_what_is_given(
        self, store: LocalReleases, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """Whoever puts another release under a digest hears of it, whatever the store has."""
        store.put(release.digest, source)
        self.bundle(tmp_path / "other", 2)
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
        self, store: LocalReleases, source: Path, release: Release, name: str, content: bytes | None, why: str
    ) -> None:
        """Whatever is wrong with it is said, and the store has nothing of it."""
        (source / name).unlink(missing_ok=True)
        if content is not None:
            (source / name).write_bytes(content)
        with pytest.raises(DocumentError, match=why):
            store.put(release.digest, source)
        assert (store.versions(), store.open(release.version)) == ((), None)

    def test_a_link_is_not_put(self, store: LocalReleases, source: Path, release: Release, tmp_path: Path) -> None:
        """What it leads to may be another file tomorrow."""
        model = (source / "model.onnx").rename(tmp_path / "model.onnx")
        (source / "model.onnx").symlink_to(model)
        with pytest.raises(DocumentError, match=r"model\.onnx: not a plain file"):
            store.put(release.digest, source)
        assert store.versions() == ()

    def test_what_was_put_by_half_is_no_release(self, store: LocalReleases, source: Path, release: Release) -> None:
        """The manifest comes last, or everything at once."""
        store.put(release.digest, source)
        self.damage(store, release, MANIFEST, None)
        assert (store.versions(), store.open(release.version)) == ((), None)
        assert not store.fetch(release.digest, source.with_name("fetched"))
        assert store.put(release.digest, source)

    @pytest.mark.parametrize(
        ("name", "content", "why"),
        [
            ("model.onnx", b"another", "model.onnx was changed"),
            ("evidence/tests.json", None, "missing evidence/tests.json"),
            ("more", b"", "not in the manifest: more"),
        ],
    )
    def test_what_was_damaged_in_the_store_is_not_fetched(
        self, store: LocalReleases, source: Path, release: Release, name: str, content: bytes | None, why: str
    ) -> None:
        """Nothing appears where it should have gone."""
        store.put(release.digest, source)
        self.damage(store, release, name, content)
        with pytest.raises(DocumentError, match=why):
            store.fetch(release.digest, source.with_name("fetched"))
        assert not source.with_name("fetched").exists()

    def test_a_damaged_verdict_is_no_verdict_of_another(
        self, store: LocalReleases, source: Path, release: Release
    ) -> None:
        """The release is not found by it, and others still are."""
        store.put(release.digest, source)
        verdict = sha256((source / VERDICT).read_bytes())
        self.damage(store, release, VERDICT, None)
        assert store.latest(verdict) is None

    def test_a_full_store_is_told_and_has_nothing_of_it(
        self, store: LocalReleases, source: Path, release: Release
    ) -> None:
        """When there is room again, it is put."""
        with self.full(store):
            with pytest.raises(DiskFault, match="the disk is full"):
                store.put(release.digest, source)
            assert (store.versions(), store.open(release.version)) == ((), None)
        assert store.put(release.digest, source)

    def test_a_store_that_cannot_be_changed_is_told_and_still_read(
        self, store: LocalReleases, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """What is there already need not be put."""
        store.put(release.digest, source)
        other = self.bundle(tmp_path / "other", 2)
        with self.read_only(store):
            with pytest.raises(DiskFault, match="nothing can be written there, it is read-only"):
                store.put(other.digest, tmp_path / "other")
            assert not store.put(release.digest, source)
            assert store.versions() == (release.version,)
            assert store.fetch(release.digest, tmp_path / "fetched")

    def test_clones_that_put_one_release_at_once_all_have_it(
        self, store: LocalReleases, source: Path, release: Release
    ) -> None:
        """Whoever comes second finds it there."""
        clones = [self.again(store) for _ in range(6)]
        barrier = threading.Barrier(len(clones))

        def put(clone: LocalReleases) -> tuple[bool, dict[str, bytes]]:
            barrier.wait()
            first, folder = clone.put(release.digest, source), clone.open(release.version)
            return first, {} if folder is None else contents(folder)

        with ThreadPoolExecutor(len(clones)) as pool:
            found = list(pool.map(put, clones))
        assert sum(first for first, _ in found) == 1
        assert [had for _, had in found] == [contents(source)] * len(clones)
