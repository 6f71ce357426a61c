"""Where releases lie for everybody who has the repository."""
# ruff: noqa: S101 - asserts are what a test is made of

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lockgate.domain.identity import Digest, sha256
from lockgate.domain.releasing.release import MANIFEST, PROVENANCE, SIGNED, VERDICT, Release
from lockgate.errors import DiskFault, DocumentError, ToolError
from lockgate.ports import ReleaseStore
from lockgate.testing.contracts.folder_contents import contents
from lockgate.testing.contracts.releases.kept_releases import KeptReleasesContract

CLONES = 4


class ReleaseStoreContract(KeptReleasesContract[ReleaseStore]):
    """The release-store port, with bundles of one model."""

    def versions(self, store: ReleaseStore) -> Sequence[str]:
        """The versions of all releases that it has, in the order of their digests."""
        return tuple(each.digest.short for each in store.releases())

    def damage_record(self, store: ReleaseStore, digest: Digest, content: bytes) -> None:
        """Give a record that the store has other bytes."""
        raise NotImplementedError

    def down(self, store: ReleaseStore) -> AbstractContextManager[None]:
        """In this block, the store does not answer, or nobody may write or read it."""
        raise NotImplementedError

    def test_an_empty_store_answers_and_has_nothing(self, store: ReleaseStore, tmp_path: Path) -> None:
        """And says so to every question."""
        digest = sha256(b"none")
        store.look()
        assert store.where
        assert (store.releases(), store.unfinished(), store.records()) == ((), (), ())
        assert (store.document(digest, VERDICT), store.record(digest)) == (None, None)
        assert not store.signed(digest)
        assert not store.fetch(digest, tmp_path / "fetched")
        assert not (tmp_path / "fetched").exists()
        assert not store.drop(digest)
        assert not store.forget(digest)

    def test_what_was_put_is_fetched_byte_for_byte_by_another_clone(
        self, store: ReleaseStore, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """The source stays as it was."""
        before, began = contents(source), time.time()
        assert store.put(release.digest, source)
        assert contents(source) == before
        other = self.again(store)
        assert other.fetch(release.digest, tmp_path / "deep/er" / "fetched")
        assert contents(tmp_path / "deep/er/fetched") == before
        assert list((tmp_path / "deep/er").iterdir()) == [tmp_path / "deep/er/fetched"]
        (listed,) = other.releases()
        assert (listed.digest, listed.bytes) == (release.digest, sum(map(len, before.values())))
        assert began - 5 < listed.put_at < time.time() + 5

    def test_a_document_is_had_without_the_rest(self, store: ReleaseStore, source: Path, release: Release) -> None:
        """Held to the release's digest."""
        store.put(release.digest, source)
        for name in (MANIFEST, VERDICT, PROVENANCE):
            assert store.document(release.digest, name) == (source / name).read_bytes()
        assert store.document(release.digest, "absent.json") is None
        self.damage(store, release.digest, VERDICT, b"{}")
        with pytest.raises(DocumentError, match=r"verdict\.json"):
            store.document(release.digest, VERDICT)

    @pytest.mark.parametrize(
        ("name", "content"), [(VERDICT, b"{}"), (VERDICT, None), (MANIFEST, b"{"), ("more.json", b"more")]
    )
    def test_a_damaged_release_is_replaced(
        self, store: ReleaseStore, source: Path, release: Release, tmp_path: Path, name: str, content: bytes | None
    ) -> None:
        """To put it again mends it."""
        store.put(release.digest, source)
        self.damage(store, release.digest, name, content)
        assert store.put(release.digest, source)
        assert store.fetch(release.digest, tmp_path / "fetched")
        assert contents(tmp_path / "fetched") == contents(source)

    def test_as_many_other_bytes_are_found_and_replaced(
        self, store: ReleaseStore, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """A size is no digest."""
        store.put(release.digest, source)
        self.damage(store, release.digest, VERDICT, bytes(len((source / VERDICT).read_bytes())))
        assert store.put(release.digest, source)
        assert store.fetch(release.digest, tmp_path / "fetched")

    def test_what_was_put_by_half_is_no_release(
        self, store: ReleaseStore, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """The manifest comes last, or everything at once. What is left is put to its end, or dropped."""
        store.put(release.digest, source)
        self.damage(store, release.digest, MANIFEST, None)
        assert store.releases() == ()
        assert not store.fetch(release.digest, tmp_path / "fetched")
        assert [each.digest for each in store.unfinished()] == [release.digest]
        assert store.put(release.digest, source)
        assert store.fetch(release.digest, tmp_path / "fetched")

    def test_a_signature_lies_with_it_and_can_be_replaced(
        self, store: ReleaseStore, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """It is in no digest: a release can be signed again, and who puts it unsigned takes no signature away."""
        store.put(release.digest, source)
        assert not store.signed(release.digest)
        for signature in (b"one", b"two"):
            (source / SIGNED).write_bytes(signature)
            assert store.put(release.digest, source)
            assert not store.put(release.digest, source)
            assert store.document(release.digest, SIGNED) == signature
        (source / SIGNED).unlink()
        assert not store.put(release.digest, source)
        assert store.signed(release.digest)
        assert store.fetch(release.digest, tmp_path / "fetched")
        assert (tmp_path / "fetched" / SIGNED).read_bytes() == b"two"

    def test_another_release_in_its_place_is_not_fetched(
        self, store: ReleaseStore, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """A whole and sound one neither."""
        store.put(release.digest, source)
        self.bundle(tmp_path / "other", 2)
        for name, content in contents(tmp_path / "other").items():
            self.damage(store, release.digest, name, content)
        with pytest.raises(DocumentError, match="it is"):
            store.fetch(release.digest, tmp_path / "fetched")
        assert not (tmp_path / "fetched").exists()

    def test_a_dropped_release_is_gone_and_others_stay(
        self, store: ReleaseStore, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """Dropping it again says that there is none."""
        other = self.bundle(tmp_path / "other", 2)
        store.put(release.digest, source)
        store.put(other.digest, tmp_path / "other")
        assert store.drop(release.digest)
        assert [each.digest for each in store.releases()] == [other.digest]
        assert not store.fetch(release.digest, tmp_path / "fetched")
        assert not store.drop(release.digest)
        assert store.unfinished() == ()

    def test_what_was_begun_is_dropped(self, store: ReleaseStore, source: Path, release: Release) -> None:
        """So that nothing of it stays."""
        store.put(release.digest, source)
        self.damage(store, release.digest, MANIFEST, None)
        assert store.drop(release.digest)
        assert store.unfinished() == ()

    def test_a_record_is_kept_by_its_digest(self, store: ReleaseStore) -> None:
        """Once, however often; it is no release."""
        digests = [store.keep(content) for content in (b"one", b"two", b"one")]
        assert digests == [sha256(b"one"), sha256(b"two"), sha256(b"one")]
        other = self.again(store)
        assert (other.record(digests[0]), other.record(digests[1])) == (b"one", b"two")
        assert [each.digest for each in other.records()] == sorted(set(digests), key=str)
        assert other.releases() == ()
        assert other.forget(digests[0])
        assert (other.record(digests[0]), other.forget(digests[0])) == (None, False)

    def test_a_record_that_was_changed_is_none(self, store: ReleaseStore) -> None:
        """To keep it again mends it."""
        digest = store.keep(b"one")
        self.damage_record(store, digest, b"two")
        with pytest.raises(DocumentError, match="was changed"):
            store.record(digest)
        store.keep(b"one")
        assert store.record(digest) == b"one"

    def test_a_store_that_does_not_answer_is_told_by_its_name(
        self, store: ReleaseStore, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """Nothing is lost: when it answers again, it is as it was, and the release is put."""
        other = self.bundle(tmp_path / "other", 2)
        store.put(other.digest, tmp_path / "other")
        with self.down(store):
            for ask in (store.look, store.releases, lambda: store.put(release.digest, source)):
                with pytest.raises((ToolError, DiskFault)) as caught:
                    ask()
                assert store.where in caught.value.message
                assert caught.value.hint
            with pytest.raises((ToolError, DiskFault)):
                store.fetch(other.digest, tmp_path / "fetched")
            assert not (tmp_path / "fetched").exists()
        assert [each.digest for each in store.releases()] == [other.digest]
        assert store.put(release.digest, source)

    def test_clones_that_put_one_release_at_once_all_have_it(
        self, store: ReleaseStore, source: Path, release: Release, tmp_path: Path
    ) -> None:
        """Whoever comes second finds it there, or puts the same."""
        clones = [self.again(store) for _ in range(CLONES)]
        barrier = threading.Barrier(len(clones))

        def put(number: int) -> tuple[bool, dict[str, bytes]]:
            barrier.wait()
            first = clones[number].put(release.digest, source)
            assert clones[number].fetch(release.digest, tmp_path / f"fetched {number}")
            return first, contents(tmp_path / f"fetched {number}")

        with ThreadPoolExecutor(len(clones)) as pool:
            found = list(pool.map(put, range(CLONES)))
        assert any(first for first, _ in found)
        assert [had for _, had in found] == [contents(source)] * CLONES
        assert len(store.releases()) == 1
