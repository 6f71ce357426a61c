"""The release store on servers that keep releases: an OCI registry, and an OpenSSH server through DVC."""

import contextlib
import getpass
import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from contextlib import contextmanager

import pytest
from servers import Halting, oci_registry, ssh_server
from test_release_store_contract import DOCUMENTS, FILES, AtAPlace

from lockgate.adapters.dvc.config import remote as remote_of
from lockgate.adapters.dvc.remote_place import RemotePlace
from lockgate.adapters.oci.place import MANIFEST_TYPE, TITLE, OciPlace
from lockgate.adapters.oci.registry import OciRepository
from lockgate.errors import ToolError
from lockgate.testing.contracts.folder_contents import contents
from lockgate.testing.examples import write_bundle
from lockgate.usecases.project.stored.placed_releases import RECORD

pytestmark = pytest.mark.slow


def test_asking_a_registry_makes_no_grammar_before_somebody_asks_for_it():
    code = (
        "import sys, lockgate.adapters.oci.registry, jsonschema\n"
        "iri, before = jsonschema.Draft7Validator.FORMAT_CHECKER, 'lark' in sys.modules\n"
        "print(before, iri.conforms('https://example.org/ü', 'iri'), iri.conforms('no iri', 'iri'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True", "False"]


class Registry:
    """A registry that can be killed, and started again where it was."""

    def __init__(self, folder):
        self.folder, self.stack, self.host = folder, contextlib.ExitStack(), None
        self.start()

    def start(self):
        port = int(self.host.rpartition(":")[2]) if self.host else None
        self.host, self.process = self.stack.enter_context(oci_registry(self.folder, port))

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def registry(tmp_path_factory, needs):
    needs(there=bool(shutil.which("docker-registry")), how="apt-get install docker-registry")
    made = Registry(tmp_path_factory.mktemp("registry"))
    with made.stack:
        yield made


class TestOciPlace(AtAPlace):
    new = ("test_an_empty_store_answers_and_has_nothing", "test_clones_that_put_one_release_at_once_all_have_it")
    """Tests in a repository that nothing was ever put into."""

    @pytest.fixture(autouse=True)
    def repository(self, registry, request, tmp_path):
        """One for the other tests, without a tag: the registry has many of their files already, and is sent no more."""
        self.registry, self.folder = registry, tmp_path
        self.at = f"{registry.host}/team/{uuid.uuid4().hex if request.node.name in self.new else 'releases'}"
        kept = OciRepository(self.at)
        for tag in kept.tags():
            if content := kept.manifest(tag):  # one of the same content was under another tag
                kept.delete_manifest(digest_of(content))

    def make(self, home):
        return self.store_at(OciPlace(self.at), home)

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
        self.registry.kill()
        yield
        self.registry.start()

    def test_its_own_tools_see_an_artefact(self, store, source, release):
        import oras.provider

        store.put(release.digest, source)
        registry = oras.provider.Registry(insecure=True)
        name = f"{self.at}:releases-{release.digest.hex}"
        assert registry.get_tags(name) == [f"releases-{release.digest.hex}"]
        manifest = registry.get_manifest(name)
        assert manifest["artifactType"] == "application/vnd.lockgate.release.v1"
        assert {layer["annotations"][TITLE] for layer in manifest["layers"]} == set(contents(source))

    def test_oras_pulls_the_files_by_their_names(self, store, source, release, tmp_path):
        import oras.client

        store.put(release.digest, source)
        name = f"{self.at}:releases-{release.digest.hex}"
        oras.client.OrasClient(insecure=True).pull(target=name, outdir=str(tmp_path / "pulled"))
        assert contents(tmp_path / "pulled") == contents(source)

    def test_skopeo_lists_it_and_a_copy_in_another_repository_is_the_same_release(
        self, store, source, release, tmp_path, needs
    ):
        needs(there=bool(shutil.which("skopeo")), how="apt-get install skopeo")
        store.put(release.digest, source)
        tag, there = f"releases-{release.digest.hex}", f"{self.registry.host}/mirror/{uuid.uuid4().hex}"
        assert json.loads(skopeo("list-tags", "--tls-verify=false", f"docker://{self.at}"))["Tags"] == [tag]
        found = [f"docker://{at}:{tag}" for at in (self.at, there)]
        skopeo("copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", *found)
        raw = [skopeo("inspect", "--raw", "--tls-verify=false", each) for each in found]
        assert raw[0] == raw[1]
        copied = self.store_at(OciPlace(there), tmp_path / "copied")
        assert copied.fetch(release.digest, tmp_path / "fetched")
        assert contents(tmp_path / "fetched") == contents(source)

    def test_what_others_attach_to_it_is_none_of_its_files_and_no_release(self, store, source, release, tmp_path):
        """cosign puts a signature under a tag of the digest; others name the artefact as their subject."""
        import oras.provider

        store.put(release.digest, source)
        repository, tag = store.place._repository, f"releases-{release.digest.hex}"
        manifest = repository.manifest(tag)
        subject = {"mediaType": MANIFEST_TYPE, "digest": digest_of(manifest), "size": len(manifest)}
        repository.put_blob(digest_of(b"{}"), b"{}")
        empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2}
        attached = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": empty, "layers": [], "subject": subject}
        names = [f"{subject['digest'].replace(':', '-')}{ending}" for ending in (".sig", "")]
        for name in names:
            repository.put_manifest(name, json.dumps(attached).encode(), MANIFEST_TYPE)
        assert {*oras.provider.Registry(insecure=True).get_tags(f"{self.at}:{tag}")} == {tag, *names}
        assert [each.digest for each in store.releases()] == [release.digest]
        assert (store.unfinished(), store.records()) == ((), ())
        assert store.fetch(release.digest, tmp_path / "fetched")
        assert store.put(release.digest, source) is False


def digest_of(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def skopeo(*arguments):
    return subprocess.run(
        ["skopeo", "--insecure-policy", *arguments], check=True, capture_output=True, text=True
    ).stdout


CONFIG = """\
[core]
    remote = main
['remote "main"']
    url = ssh://{user}@127.0.0.1:{port}{home}
    keyfile = {key}
    timeout = 5
"""


@pytest.fixture(scope="module")
def remote(tmp_path_factory, needs):
    """A project whose remote is on an OpenSSH server, and two processes that ask it: DVC takes seconds to begin."""
    needs(there=bool(shutil.which("sshd", path="/usr/sbin:/usr/bin")), how="apt-get install openssh-server")
    root = tmp_path_factory.mktemp("remote")
    with ssh_server(root) as (port, key):
        subprocess.run(["git", "init", "--quiet", str(root)], check=True)
        (root / ".dvc").mkdir()
        config = CONFIG.format(user=getpass.getuser(), port=port, home=root / "remote", key=key)
        (root / ".dvc/config").write_text(config)
        places = [RemotePlace(root, remote_of(root)) for _ in range(2)]
        yield root, places
        for place in places:
            place.close()


class TestRemotePlace(AtAPlace):
    """On an OpenSSH server."""

    @pytest.fixture(autouse=True)
    def emptied(self, remote, tmp_path):
        self.folder, self.places = remote
        self.home, self.number = tmp_path / "store", itertools.count()
        shutil.rmtree(self.folder / "remote", ignore_errors=True)

    def make(self, home):
        return self.store_at(self.places[next(self.number) % 2], home)

    def damage(self, store, digest, name, content):
        path = self.folder / "remote/lockgate/releases" / digest.hex / name
        path.unlink(missing_ok=True)
        if content is not None:
            FILES.write_bytes(path, content)

    def damage_record(self, store, digest, content):
        FILES.write_bytes(self.folder / "remote/lockgate/records" / digest.hex / RECORD, content)

    def again(self, store):
        return self.make(self.home)

    @contextmanager
    def down(self, store):
        config = self.folder / ".dvc/config"
        before = config.read_text()
        config.write_text(before.replace("127.0.0.1:", "127.0.0.1:1"))
        store.place.close()
        yield
        config.write_text(before)

    @pytest.fixture
    def halting(self):
        """Between the store and its server."""
        config = self.folder / ".dvc/config"
        before = config.read_text()
        proxy = Halting(int(re.search(r"127\.0\.0\.1:(\d+)", before)[1]))
        config.write_text(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{proxy.port}", before))
        yield proxy
        config.write_text(before)
        proxy.close()

    def test_a_server_that_is_silent_in_the_middle_of_a_file_is_told_after_its_time(self, halting, tmp_path):
        """In both ways; nothing of the release appears, and when the server speaks again, it is put."""
        release = write_bundle(tmp_path / "sealed", DOCUMENTS, FILES, model=os.urandom(3 * 2**20))
        place = RemotePlace(self.folder, remote_of(self.folder))
        store = self.store_at(place, self.home)
        store.look()
        place._seconds, halting.said = 0.7, 2**20
        with pytest.raises(ToolError, match=r"does not answer: no answer within 1 s") as caught:
            store.put(release.digest, tmp_path / "sealed")
        assert (place.where in caught.value.message, "run it again" in caught.value.hint) == (True, True)
        halting.said, place._seconds = None, 60
        assert store.releases() == ()
        assert store.put(release.digest, tmp_path / "sealed")
        place._seconds, halting.heard = 0.7, 2**20
        with pytest.raises(ToolError, match=r"does not answer: no answer within 1 s"):
            store.fetch(release.digest, tmp_path / "fetched")
        assert not (tmp_path / "fetched").exists()
        place.close()
