"""The registry port, on its fake and on MLflow with SQLite."""

import os
import shutil

import pytest
from servers import mlflow_server, postgres_programs, postgres_server

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


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning:mlflow")
class TestMlflowRegistry(RegistryContract):
    empty = None

    @pytest.fixture(autouse=True)
    def no_server(self, monkeypatch):
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    @pytest.fixture(autouse=True, scope="class")
    def database(self, tmp_path_factory):
        """An empty database: MLflow takes seconds to make one."""
        from lockgate.adapters.mlflow.registry import MlflowRegistry

        root = tmp_path_factory.mktemp("database")
        MlflowRegistry(root, DOCUMENTS, FILES).fetch(sha256(b"none"), "none", root / "none")
        type(self).empty = root / "mlflow.db"

    def make(self, root):
        from lockgate.adapters.mlflow.registry import MlflowRegistry

        if self.empty:
            shutil.copy(self.empty, root)
        return MlflowRegistry(root, DOCUMENTS, FILES)

    def bundle(self, folder, number, measured="1"):
        return write_bundle(folder, DOCUMENTS, FILES, model=tiny_onnx(number), runtime=measured)

    def challenger(self, registry, name):
        from mlflow import MlflowClient

        assert "MLFLOW_TRACKING_URI" not in os.environ, "a child process would inherit it"
        return str(MlflowClient(registry._uri).get_model_version_by_alias(name, "challenger").version)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning:mlflow")
class TestMlflowServerOnPostgresql(TestMlflowRegistry):
    @pytest.fixture(autouse=True, scope="class")
    def server(self, tmp_path_factory, needs):
        needs(there=postgres_programs() is not None, how="apt-get install postgresql")
        with postgres_server() as store, mlflow_server(tmp_path_factory.mktemp("server"), store) as (url, _):
            yield url

    @pytest.fixture(autouse=True, scope="class")
    def database(self):
        """The server has one."""

    @pytest.fixture(autouse=True)
    def no_server(self, monkeypatch, server):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server)

    def challenger(self, registry, name):
        from mlflow import MlflowClient

        return str(MlflowClient(registry._uri).get_model_version_by_alias(name, "challenger").version)


def tiny_onnx(number):
    """A graph that hands its input on, of another name for each number."""
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("age", TensorProto.FLOAT, [None, 1])
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 1])
    graph = helper.make_graph(
        [helper.make_node("Identity", ["age"], ["probabilities"])], f"graph{number}", [value], [answer]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return model.SerializeToString(deterministic=True)
