"""The tracker port: in memory, on MLflow with SQLite, and on MLflow servers that are well, slow to come, or killed."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from lockgate.adapters.files import LocalFiles
from lockgate.domain.identity import md5
from lockgate.domain.layout import Layout
from lockgate.errors import ToolError
from lockgate.ports import DatasetVersion, TrainingRecord

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
RECORD = TrainingRecord(
    "torch",
    {"epochs": 3, "hidden": [8, 4]},
    {"lockgate.candidate": "torch", "mlflow.source.git.commit": "c" * 40},
    [DatasetVersion("training", "build/data/training.parquet", md5(b"rows"))],
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def mlflow_server(folder, store, port=None):
    """A real `mlflow server` on loopback, stopped as a whole when the block is left."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", store, "--artifacts-destination", str(folder / "artifacts")),
    ]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=2):
                break
            assert process.poll() is None, (folder / "server.log").read_text()
            assert time.monotonic() < deadline, "the server did not come up"
            time.sleep(0.2)
        yield url, process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(params=["sqlite", "server"])
def uri(request, tmp_path, monkeypatch):
    """Nothing but a folder, or a real server over REST."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/mlflow.db"
        return
    with mlflow_server(tmp_path, f"sqlite:///{tmp_path}/server.db") as (url, _):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        yield url


def make(root):
    from lockgate.adapters.mlflow.tracking import MlflowTracker  # noqa: PLC0415 - takes seconds

    return MlflowTracker(Layout(root), "census", LocalFiles())


def runs(uri):
    from mlflow import MlflowClient  # noqa: PLC0415

    client = MlflowClient(uri)
    found = client.search_runs([e.experiment_id for e in client.search_experiments()])
    return client, {run.info.run_name: run for run in found}


def test_a_training_is_a_child_of_its_delivery_with_all_that_is_known_of_it(tmp_path, uri):
    (tmp_path / "model.bin").write_bytes(b"model")
    tracker = make(tmp_path)
    with (
        tracker.delivery("delivery 1", {"lockgate.stage": "delivery"}),
        tracker.training("torch", RECORD) as tracked,
    ):
        for step in (1, 2, 3):
            tracked.log({"loss": 1 / step}, step)
        tracked.artefact(tmp_path / "model.bin")
    client, found = runs(uri)
    run = found["torch"]
    assert run.data.tags["mlflow.parentRunId"] == found["delivery 1"].info.run_id
    assert run.data.tags["mlflow.source.git.commit"] == "c" * 40
    assert run.data.params == {"epochs": "3", "hidden": "[8, 4]"}
    assert [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, "loss")] == [
        (1, 1),
        (2, 0.5),
        (3, 1 / 3),
    ]
    (data,) = run.inputs.dataset_inputs
    assert (data.dataset.digest, data.tags[0].value) == (md5(b"rows").hex, "training")
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["model.bin"]
    assert {r.info.status for r in found.values()} == {"FINISHED"}
    assert "LOCKGATE_DELIVERY_RUN" not in os.environ


def test_a_training_that_fails_or_is_interrupted_is_closed_as_such(tmp_path, uri):
    tracker = make(tmp_path)
    for name, error in (("failed", ValueError), ("killed", KeyboardInterrupt)):
        with pytest.raises(error), tracker.training(name, RECORD):
            raise error
    _, found = runs(uri)
    assert (found["failed"].info.status, found["killed"].info.status) == ("FAILED", "KILLED")


def test_a_long_training_has_system_metrics(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with make(tmp_path).training("torch", RECORD):
        time.sleep(5)
    _, found = runs(f"sqlite:///{tmp_path}/mlflow.db")
    assert "system/cpu_utilization_percentage" in found["torch"].data.metrics


def test_the_run_of_mlflow_run_is_the_delivery(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with make(tmp_path).delivery("of another", {}):
        pass
    _, found = runs(f"sqlite:///{tmp_path}/mlflow.db")
    run = found["of another"].info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", run)
    tracker = make(tmp_path)
    with tracker.delivery("mine", {}), tracker.training("torch", RECORD):
        pass
    _, found = runs(f"sqlite:///{tmp_path}/mlflow.db")
    assert set(found) == {"of another", "torch"}
    assert found["torch"].data.tags["mlflow.parentRunId"] == run


def test_a_server_that_is_down_at_the_start_is_a_fault_in_seconds(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    started = time.monotonic()
    with pytest.raises(ToolError, match="MLflow at http") as caught, make(tmp_path).training("torch", RECORD):
        pass
    assert "MLFLOW_TRACKING_URI" in caught.value.hint
    assert time.monotonic() - started < 30


def test_a_server_that_is_killed_in_a_training_costs_nothing_and_gets_the_rest_later(tmp_path, monkeypatch, capfd):
    store, port = f"sqlite:///{tmp_path}/server.db", free_port()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    (tmp_path / "model.bin").write_bytes(b"model")
    with contextlib.ExitStack() as stack:
        _, process = stack.enter_context(mlflow_server(tmp_path, store, port))
        tracker = make(tmp_path)
        with tracker.training("torch", RECORD) as tracked:
            tracked.log({"loss": 0.5}, 1)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            tracked.log({"loss": 0.25}, 2)
            tracked.artefact(tmp_path / "model.bin")
    said = capfd.readouterr().err
    assert "MLflow does not answer, the work goes on" in said
    (kept,) = (tmp_path / "build/untracked").glob("*.json")
    assert json.loads(kept.read_text())["status"] == "FINISHED"
    with mlflow_server(tmp_path, store, port) as (url, _):
        with make(tmp_path).delivery("next", {}):
            pass
        client, found = runs(url)
        run = found["torch"]
        assert run.info.status == "FINISHED"
        assert [m.value for m in client.get_metric_history(run.info.run_id, "loss")] == [0.5, 0.25]
        assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["model.bin"]
    assert not list((tmp_path / "build/untracked").iterdir())
