"""The stores, in memory and on a disk that is really full or read-only."""

import errno
import os
import subprocess
from contextlib import contextmanager

import pytest

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.folder_store import FolderReleases
from lockgate.adapters.project_store import LocalProjectStore
from lockgate.errors import DocumentError
from lockgate.testing import FakeLocalReleases, FakeProjectStore
from lockgate.testing.contracts import LocalReleasesContract, ProjectStoreContract
from lockgate.testing.examples import write_bundle

FILES = LocalFiles()
DOCUMENTS = TypedDocuments(FILES)


@contextmanager
def mounted(needs, target, *options):
    """Another disk at that folder, for as long as the block lasts."""
    made = subprocess.run(["mount", *options, str(target)], check=False, capture_output=True).returncode == 0
    needs(there=made, how="this user may not mount a disk, and no package changes that")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(target)], check=True)


@contextmanager
def refusing(store, number):
    store.refusal = OSError(number, os.strerror(number))
    yield
    store.refusal = None


class OnDisk:
    @pytest.fixture(autouse=True)
    def may_mount(self, needs):
        self.needs = needs


class TestLocalProjectStore(OnDisk, ProjectStoreContract):
    def make(self, root):
        self.root = root
        return LocalProjectStore(root)

    def write(self, store, path, content):
        FILES.write_bytes(path, content)

    def link(self, store, path, target):
        path.symlink_to(target)

    def read_only(self, store, folder):
        return mounted(self.needs, folder, "--bind", "-o", "ro", str(folder))


class TestFakeProjectStore(ProjectStoreContract):
    def make(self, root):
        return FakeProjectStore(root)

    def write(self, store, path, content):
        store.files[path] = content

    def link(self, store, path, target):
        store.links[path] = target

    def read_only(self, store, folder):
        return refusing(store, errno.EROFS)


class Bundles:
    def bundle(self, folder, number, measured="1"):
        return write_bundle(folder, DOCUMENTS, FILES, model=f"model {number}".encode(), runtime=measured)


class TestFolderReleases(OnDisk, Bundles, LocalReleasesContract):
    def make(self, home):
        self.home = home
        return FolderReleases(home, DOCUMENTS, FILES)

    def damage(self, store, digest, name, content):
        path = self.home / digest.short / name
        path.unlink(missing_ok=True)
        if content is not None:
            FILES.write_bytes(path, content)

    def again(self, store):
        return FolderReleases(self.home, DOCUMENTS, FILES)

    def read_only(self, store):
        return mounted(self.needs, self.home, "--bind", "-o", "ro", str(self.home))

    @contextmanager
    def full(self, store):
        self.home.mkdir()
        with mounted(self.needs, self.home, "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
            with pytest.raises(OSError, match="No space left"):
                (self.home / "much").write_bytes(bytes(1 << 20))
            yield

    def test_a_copy_with_other_bytes_than_the_source_never_appears(self, tmp_path):
        class Corrupting(LocalFiles):
            @contextmanager
            def place(self, folder, files):
                with super().place(folder, files) as staged:
                    (staged / "model.onnx").write_bytes(b"another")
                    yield staged

        release = self.bundle(tmp_path / "sealed", 1)
        store = FolderReleases(tmp_path / "store", DOCUMENTS, Corrupting())
        with pytest.raises(DocumentError, match=r"model\.onnx was changed"):
            store.put(release.digest, tmp_path / "sealed")
        assert store.versions() == ()
        assert list((tmp_path / "store").iterdir()) == []

    def test_what_another_clone_has_put_meanwhile_stays_as_it_is(self, tmp_path):
        release = self.bundle(tmp_path / "sealed", 1)
        model = tmp_path / "store" / release.version / "model.onnx"
        inodes = []

        class Slow(LocalFiles):
            @contextmanager
            def place(self, folder, files):
                FolderReleases(tmp_path / "store", DOCUMENTS, FILES).put(release.digest, tmp_path / "sealed")
                inodes.append(model.stat().st_ino)
                with super().place(folder, files) as staged:
                    yield staged

        assert not FolderReleases(tmp_path / "store", DOCUMENTS, Slow()).put(release.digest, tmp_path / "sealed")
        assert inodes == [model.stat().st_ino]


class TestFakeLocalReleases(Bundles, LocalReleasesContract):
    def make(self, home):
        return FakeLocalReleases(home, DOCUMENTS, FILES)

    def damage(self, store, digest, name, content):
        bundle = store.bundles[digest]
        bundle.pop(name, None)
        if content is not None:
            bundle[name] = content

    def again(self, store):
        return store

    def full(self, store):
        return refusing(store, errno.ENOSPC)

    def read_only(self, store):
        return refusing(store, errno.EROFS)
