"""The release store at the places that need no server; test_release_stores_served.py has the others."""

import shutil
from contextlib import contextmanager

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.folder_place import FolderPlace
from lockgate.errors import ToolError
from lockgate.testing import FakePlace
from lockgate.testing.contracts import ReleaseStoreContract
from lockgate.testing.examples import write_bundle
from lockgate.usecases.project.stored.placed_releases import RECORD, PlacedReleases

FILES = LocalFiles()
DOCUMENTS = TypedDocuments(FILES)


class AtAPlace(ReleaseStoreContract):
    def bundle(self, folder, number, measured="1"):
        return write_bundle(folder, DOCUMENTS, FILES, model=f"model {number}".encode(), runtime=measured)

    def store_at(self, place, home):
        return PlacedReleases(place, DOCUMENTS, FILES, home.parent / "scratch")


class TestFakePlace(AtAPlace):
    def make(self, home):
        return self.store_at(FakePlace(), home)

    def damage(self, store, digest, name, content):
        folder = store.place.folders_there[f"releases/{digest.hex}"]
        folder.pop(name, None)
        if content is not None:
            folder[name] = content

    def damage_record(self, store, digest, content):
        store.place.folders_there[f"records/{digest.hex}"][RECORD] = content

    def again(self, store):
        return store

    @contextmanager
    def down(self, store):
        store.place.down = ToolError("memory does not answer", hint="see who holds it")
        yield
        store.place.down = None


class TestFolderPlace(AtAPlace):
    def make(self, home):
        self.home = home
        return self.store_at(FolderPlace(home), home)

    def damage(self, store, digest, name, content):
        path = self.home / "releases" / digest.hex / name
        path.unlink(missing_ok=True)
        if content is not None:
            FILES.write_bytes(path, content)

    def damage_record(self, store, digest, content):
        FILES.write_bytes(self.home / "records" / digest.hex / RECORD, content)

    def again(self, store):
        return self.store_at(FolderPlace(self.home), self.home)

    @contextmanager
    def down(self, store):
        aside = self.home.rename(self.home.with_name("aside"))
        self.home.write_text("the mount is gone, and a file stands there")
        yield
        self.home.unlink()
        shutil.move(aside, self.home)
