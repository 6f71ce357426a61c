"""What is registered is an ordinary MLflow model, by its aliases too: MLflow's own tools load and serve it."""

import json
import os
import shutil
import sys
import urllib.request

import pandas as pd
import pytest
from servers import free_port, started
from test_registry_contract import DOCUMENTS, FILES, tiny_onnx

from lockgate.domain.releasing.registry_state import Follows, Mark
from lockgate.testing.examples import write_bundle

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # those of MLflow and what it stands on
]


def test_mlflow_serves_and_loads_what_an_environments_alias_names(empty_database, tmp_path, monkeypatch):
    import mlflow.pyfunc

    from lockgate.adapters.mlflow.registry import MlflowRegistry

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(empty_database, tmp_path)
    registry = MlflowRegistry(tmp_path, DOCUMENTS, FILES)
    release = write_bundle(tmp_path / "one", DOCUMENTS, FILES, model=tiny_onnx(1))
    version = registry.register(release, tmp_path / "one").version
    mark = Mark(str(release.digest), "1" * 40, "2026-01-02T03:04:05+00:00")
    registry.follow("example", version, Follows("production", ("production", "champion"), mark))
    port = free_port()
    environment = os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"}
    rows = {"dataframe_split": {"columns": ["age", "job"], "data": [[41.5, "clerk"], [17.0, ""]]}}

    def ready():
        urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2).close()

    command = [
        *(sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/example@production"),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
    ]
    with started(command, tmp_path / "serve.log", ready, cwd=tmp_path, env=environment):
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations",
            json.dumps(rows).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            served = json.load(answer)["predictions"]
    assert served == {"probabilities": [[41.5], [17.0]]}
    monkeypatch.setenv("MLFLOW_TRACKING_URI", environment["MLFLOW_TRACKING_URI"])
    loaded = mlflow.pyfunc.load_model("models:/example@champion")
    answers = loaded.predict(pd.DataFrame(**rows["dataframe_split"]))
    assert {name: values.tolist() for name, values in answers.items()} == served
