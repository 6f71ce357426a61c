"""The registry port, on its fake and on MLflow with SQLite."""

import json
import os
import shutil
import tempfile
import urllib.parse
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from servers import mlflow_server, postgres_programs, postgres_server, sftp_store

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.domain.identity import sha256
from lockgate.testing import FakeRegistry
from lockgate.testing.contracts import RegistryContract
from lockgate.testing.examples import write_bundle

FILES = LocalFiles()
DOCUMENTS = TypedDocuments(FILES)


class TestFakeRegistry(RegistryContract):
    def make(self, root):
        return FakeRegistry(root)

    def bundle(self, folder, number, measured="1"):
        return write_bundle(folder, DOCUMENTS, FILES, model=f"model {number}".encode(), runtime=measured)

    def challenger(self, registry, name):
        return registry.challenger[name]

    def edit(self, registry, name, version):
        found = registry.versions[name][version]
        found.state = replace(found.state, release="none", content="none", releases=("none",))
        registry.aliases[name]["theirs"] = version

    def kept(self, registry, name, version):
        return registry.aliases[name]["theirs"] == version

    def spoil(self, registry, name, version):
        (registry.versions[name][version].bundle / "model.onnx").write_bytes(b"another")

    def lose(self, registry, name, version):
        shutil.rmtree(registry.versions[name][version].bundle)

    def records(self, registry, name, version):
        return registry.records(name, version)


class MlflowContract(RegistryContract):
    """What is the same on a database and on servers: what people do there, with MLflow's own client."""

    def bundle(self, folder, number, measured="1"):
        return write_bundle(folder, DOCUMENTS, FILES, model=tiny_onnx(number), runtime=measured)

    def client(self, registry):
        from mlflow import MlflowClient

        return MlflowClient(registry._uri)

    def challenger(self, registry, name):
        return str(self.client(registry).get_model_version_by_alias(name, "challenger").version)

    def edit(self, registry, name, version):
        client = self.client(registry)
        for tag in ("release", "content"):
            client.set_model_version_tag(name, version, f"lockgate.{tag}", str(sha256(b"none")))
        client.set_model_version_tag(name, version, "theirs", "a note")
        client.update_model_version(name, version, "Their own words.")
        client.set_registered_model_alias(name, "theirs", version)

    def kept(self, registry, name, version):
        found = self.client(registry).get_model_version(name, version)
        return ("theirs" in found.aliases, found.tags["theirs"], found.description) == (
            True,
            "a note",
            "Their own words.",
        )

    def spoil(self, registry, name, version):
        client = self.client(registry)
        model = client.get_model_version(name, version).source.rpartition("/")[2]
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "model.onnx").write_bytes(tiny_onnx(99))
            client.log_model_artifacts(model, folder)

    def lose(self, registry, name, version):
        client = self.client(registry)
        found = client.get_model_version(name, version)
        for where in (
            client.get_run(found.run_id).info.artifact_uri,
            client.get_logged_model(found.source.rpartition("/")[2]).artifact_location,
        ):
            remove_artefacts(where, registry._uri)

    def records(self, registry, name, version):
        found = self.client(registry).get_model_version(name, version).tags
        return [found[tag] for tag in sorted(found) if tag.startswith("lockgate.repaired.")]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning:mlflow")
class TestMlflowRegistry(MlflowContract):
    @pytest.fixture(autouse=True)
    def no_server(self, empty_database, monkeypatch):
        self.empty = empty_database
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def make(self, root):
        from lockgate.adapters.mlflow.registry import MlflowRegistry

        shutil.copy(self.empty, root)
        return MlflowRegistry(root, DOCUMENTS, FILES)

    def challenger(self, registry, name):
        assert "MLFLOW_TRACKING_URI" not in os.environ, "a child process would inherit it"
        return super().challenger(registry, name)

    def test_a_model_is_logged_without_reading_every_package_that_is_installed(self, registry, tmp_path, monkeypatch):
        from mlflow.utils import requirements_utils

        read = []
        monkeypatch.setattr(requirements_utils, "_MODULES_TO_PACKAGES", None)
        monkeypatch.setattr(
            requirements_utils.importlib_metadata, "packages_distributions", lambda: read.append("all") or {}
        )
        release = self.bundle(tmp_path / "one", 1)
        made = registry.register(release, tmp_path / "one")
        client = self.client(registry)
        model = client.get_model_version(made.name, made.version).source.rpartition("/")[2]
        folder = Path(urllib.parse.urlparse(client.get_logged_model(model).artifact_location).path)
        needed = (folder / "requirements.txt").read_text().split()
        assert [each.partition("==")[0] for each in needed] == ["mlflow", "onnx", "onnxruntime", "numpy", "pandas"]
        assert requirements_utils._MODULES_TO_PACKAGES is None
        assert not read


class OnServer(MlflowContract):
    @pytest.fixture(autouse=True)
    def of_a_server(self, monkeypatch, server):
        """Each test has a model of its own there: no test is ended by what another has left."""
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server)

    def make(self, root):
        from lockgate.adapters.mlflow.registry import MlflowRegistry

        registry = MlflowRegistry(root, DOCUMENTS, FILES)
        clear(self.client(registry))
        return registry

    def test_its_page_shows_versions_aliases_and_words(self, registry, tmp_path):
        """By what the page itself asks for: the page, the model, its versions, and the model's files."""
        release = self.bundle(tmp_path / "one", 1)
        registered = registry.register(release, tmp_path / "one")
        server = os.environ["MLFLOW_TRACKING_URI"]
        with urllib.request.urlopen(server, timeout=30) as page:
            assert "text/html" in page.headers["Content-Type"]

        def asked(path):
            with urllib.request.urlopen(f"{server}/ajax-api/2.0/mlflow/{path}", timeout=30) as answer:
                return json.load(answer)

        model = asked(f"registered-models/get?name={registered.name}")["registered_model"]
        assert {"alias": "challenger", "version": registered.version} in model["aliases"]
        wanted = urllib.parse.quote(f"name='{registered.name}'")
        (version,) = asked(f"model-versions/search?filter={wanted}")["model_versions"]
        tags = {tag["key"]: tag["value"] for tag in version["tags"]}
        assert tags["lockgate.release"] == str(release.digest)
        assert version["description"]
        files = asked(f"logged-models/{version['source'].rpartition('/')[2]}/artifacts/directories")["files"]
        assert {"MLmodel", "model.onnx"} <= {each["path"] for each in files}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning:mlflow")
class TestMlflowServerOnPostgresqlAndSftp(OnServer):
    """The server hands artifacts on to an OpenSSH server: clients need neither its address nor a key."""

    @pytest.fixture(autouse=True, scope="class")
    def server(self, tmp_path_factory, needs):
        needs(there=postgres_programs() is not None, how="apt-get install postgresql")
        needs(there=shutil.which("sshd", path="/usr/sbin:/usr/bin"), how="apt-get install openssh-server")
        folder = tmp_path_factory.mktemp("server")
        (folder / "ssh").mkdir()
        with (
            postgres_server() as store,
            sftp_store(folder / "ssh") as (artifacts, home),
            mlflow_server(folder, store, artifacts=artifacts, HOME=str(home)) as (url, _),
        ):
            yield url


def clear(client):
    """A server is started once for all tests: what the one before has registered goes."""
    for model in client.search_registered_models():
        client.delete_registered_model(model.name)


def remove_artefacts(where, uri):
    """As somebody with access to the store does."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    get_artifact_repository(where, tracking_uri=uri).delete_artifacts()


def tiny_onnx(number):
    """A graph that hands an input on and takes another, of another name for each number."""
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("age", TensorProto.FLOAT, [None, 1])
    job = helper.make_tensor_value_info("job", TensorProto.STRING, [None, 1])
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 1])
    graph = helper.make_graph(
        [helper.make_node("Identity", ["age"], ["probabilities"])], f"graph{number}", [value, job], [answer]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return model.SerializeToString(deterministic=True)
