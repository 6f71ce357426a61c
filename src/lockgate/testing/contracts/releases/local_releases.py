"""The sealed releases of one working copy."""
# ruff: noqa: S101 - asserts are what a test is made of

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lockgate.domain.identity import sha256
from lockgate.domain.releasing.release import MANIFEST, VERDICT, Release
from lockgate.errors import DiskFault, DocumentError
from lockgate.ports import LocalReleases
from lockgate.testing.contracts.folder_contents import contents
from lockgate.testing.contracts.releases.kept_releases import KeptReleasesContract


class LocalReleasesContract(KeptReleasesContract[LocalReleases]):
    """The local-releases port, with bundles of one model."""

    def versions(self, store: LocalReleases) -> Sequence[str]:
        """The versions of all releases that it has, in the order of their digests."""
        return store.versions()

    def full(self, store: LocalReleases) -> AbstractContextManager[None]:
        """In this block, the store has no room."""
        raise NotImplementedError

    def read_only(self, store: LocalReleases) -> AbstractContextManager[None]:
        """In this block, nothing in the store can be changed."""
        raise NotImplementedError

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
        self.damage(store, release.digest, MANIFEST, b"{")
        with pytest.raises(DocumentError, match=r"manifest\.json"):
            store.manifest(release.version)
        with pytest.raises(DocumentError, match="there is no release absent"):
            store.manifest("absent")

    def test_a_damaged_release_is_replaced(self, store: LocalReleases, source: Path, release: Release) -> None:
        """To seal it again mends it."""
        store.put(release.digest, source)
        self.damage(store, release.digest, VERDICT, b"{}")
        assert store.put(release.digest, source)
        folder = store.open(release.version)
        assert folder is not None
        assert contents(folder) == contents(source)

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
        self.damage(store, release.digest, MANIFEST, None)
        assert (store.versions(), store.open(release.version)) == ((), None)
        assert not store.fetch(release.digest, source.with_name("fetched"))
        assert store.put(release.digest, source)

    def test_a_damaged_verdict_is_no_verdict_of_another(
        self, store: LocalReleases, source: Path, release: Release
    ) -> None:
        """The release is not found by it, and others still are."""
        store.put(release.digest, source)
        verdict = sha256((source / VERDICT).read_bytes())
        self.damage(store, release.digest, VERDICT, None)
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
