"""The release store at every place that can keep releases."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
from contextlib import contextmanager

import oras.client
import oras.provider
import pytest
from servers import oci_registry

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.folder_place import FolderPlace
from lockgate.adapters.oci.place import MANIFEST_TYPE, TITLE, OciPlace
from lockgate.errors import ToolError
from lockgate.testing import FakePlace
from lockgate.testing.contracts import ReleaseStoreContract
from lockgate.testing.contracts.folder_contents import contents
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


class TestOciPlace(AtAPlace):
    @pytest.fixture(autouse=True)
    def registry(self, tmp_path, needs):
        needs(there=bool(shutil.which("docker-registry")), how="apt-get install docker-registry")
        with contextlib.ExitStack() as stack:
            self.stack, self.folder = stack, tmp_path
            self.host, self.process = stack.enter_context(oci_registry(tmp_path))
            yield

    def make(self, home):
        return self.store_at(OciPlace(f"{self.host}/team/census"), home)

    def damage(self, store, digest, name, content):
        """Whoever may push may let the tag name a manifest with other blobs."""
        repository, tag = store.place._repository, f"releases-{digest.hex}"
        manifest = json.loads(repository.manifest(tag))
        manifest["layers"] = [each for each in manifest["layers"] if each["annotations"][TITLE] != name]
        if content is not None:
            blob = f"sha256:{hashlib.sha256(content).hexdigest()}"
            repository.put_blob(blob, content)
            layer = {"mediaType": "application/json", "digest": blob, "size": len(content)}
            manifest["layers"].append(layer | {"annotations": {TITLE: name}})
        repository.put_manifest(tag, json.dumps(manifest).encode(), MANIFEST_TYPE)

    def damage_record(self, store, digest, content):
        place, folder = store.place, self.folder / "changed"
        FILES.write_bytes(folder / RECORD, content)
        place.put(f"records/{digest.hex}", {RECORD: folder / RECORD}, RECORD)

    def again(self, store):
        return self.make(self.folder / "store")

    @contextmanager
    def down(self, store):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        yield
        port = int(self.host.rpartition(":")[2])
        _, self.process = self.stack.enter_context(oci_registry(self.folder, port))

    def test_its_own_tools_see_an_artefact(self, store, source, release):
        store.put(release.digest, source)
        registry = oras.provider.Registry(insecure=True)
        name = f"{self.host}/team/census:releases-{release.digest.hex}"
        assert registry.get_tags(name) == [f"releases-{release.digest.hex}"]
        manifest = registry.get_manifest(name)
        assert manifest["artifactType"] == "application/vnd.lockgate.release.v1"
        assert {layer["annotations"][TITLE] for layer in manifest["layers"]} == set(contents(source))

    def test_oras_pulls_the_files_by_their_names(self, store, source, release, tmp_path):
        store.put(release.digest, source)
        name = f"{self.host}/team/census:releases-{release.digest.hex}"
        oras.client.OrasClient(insecure=True).pull(target=name, outdir=str(tmp_path / "pulled"))
        assert contents(tmp_path / "pulled") == contents(source)
