"""The tracker port: in memory, on MLflow with SQLite, and on MLflow servers that are well, slow to come, or killed."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from importlib.metadata import entry_points
from urllib.parse import urlsplit

import pytest
import sqlalchemy
from servers import Slow, free_port, mlflow_server, postgres_programs, postgres_server

from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.mlflow.store import TrackingStore
from lockgate.domain.identity import md5
from lockgate.domain.project.layout import Layout
from lockgate.errors import DocumentError, ToolError
from lockgate.ports import DatasetVersion, TrainingRecord

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
RECORD = TrainingRecord(
    "torch",
    {"epochs": 3, "hidden": [8, 4]},
    {"lockgate.candidate": "torch", "mlflow.source.git.commit": "c" * 40},
    [DatasetVersion("training", "build/data/training.parquet", md5(b"rows"))],
)


@pytest.fixture(scope="module")
def postgresql(needs):
    """An empty database."""
    needs(there=postgres_programs() is not None, how="apt-get install postgresql")
    with postgres_server() as store:
        yield store


@pytest.fixture(scope="module")
def on_sqlite(empty_database, tmp_path_factory):
    """A server for all tests that leave it well: its URL and its process."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(empty_database, folder)
    with mlflow_server(folder, f"sqlite:///{folder}/mlflow.db") as served:
        yield served


@pytest.fixture(scope="module")
def on_postgresql(postgresql, tmp_path_factory):
    with mlflow_server(tmp_path_factory.mktemp("server"), postgresql) as served:
        yield served


@pytest.fixture
def server(on_sqlite, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", on_sqlite[0])
    return on_sqlite


@pytest.fixture
def alone(empty_database, tmp_path, monkeypatch):
    """The project's own database, without a server: its address."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(empty_database, tmp_path)
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture(params=["alone", "on_sqlite", "on_postgresql"])
def uri(request, monkeypatch):
    """Nothing but a folder, or a real server over REST, on either database."""
    if request.param == "alone":
        return request.getfixturevalue("alone")
    url, _ = request.getfixturevalue(request.param)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    return url


def make(root):
    """A tracker of the project there, whose experiment has the folder's name: no other test's."""
    from lockgate.adapters.mlflow.tracking import MlflowTracker

    return MlflowTracker(Layout(root), root.name, LocalFiles())


def runs(uri, root):
    """The runs of that experiment, by their names."""
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    found = client.search_runs([client.get_experiment_by_name(root.name).experiment_id])
    return client, {run.info.run_name: run for run in found}


def metrics(uri, root):
    """Those of the training that goes on, as far as they came."""
    _, found = runs(uri, root)
    return found["torch"].data.metrics if "torch" in found else {}


def wait_until(there):
    deadline = time.monotonic() + 60
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_training_is_a_child_of_its_delivery_with_all_that_is_known_of_it(tmp_path, uri):
    (tmp_path / "model.bin").write_bytes(b"model")
    tracker, told = make(tmp_path), []
    with (
        tracker.delivery("delivery 1", {"lockgate.stage": "delivery"}, lambda *said: told.append(said)),
        tracker.training("torch", RECORD) as tracked,
    ):
        for step in (1, 2, 3):
            tracked.log({"loss": 1 / step}, step)
        tracked.artefact(tmp_path / "model.bin")
    client, found = runs(uri, tmp_path)
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
    assert [(name, run.info.run_id in where) for name, where in told] == [("torch", True)]
    assert "LOCKGATE_DELIVERY_RUN" not in os.environ


def test_a_training_that_fails_or_is_interrupted_is_closed_as_such(tmp_path, uri):
    tracker = make(tmp_path)
    for name, error in (("failed", ValueError), ("killed", KeyboardInterrupt)):
        with pytest.raises(error), tracker.training(name, RECORD):
            raise error
    _, found = runs(uri, tmp_path)
    assert (found["failed"].info.status, found["killed"].info.status) == ("FAILED", "KILLED")


def test_a_long_training_has_system_metrics(tmp_path, alone):
    with make(tmp_path).training("torch", RECORD):
        wait_until(lambda: "system/cpu_utilization_percentage" in metrics(alone, tmp_path))


def test_the_run_of_mlflow_run_is_the_delivery(tmp_path, monkeypatch, alone):
    with make(tmp_path).delivery("of another", {}, print):
        pass
    _, found = runs(alone, tmp_path)
    run = found["of another"].info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", run)
    tracker = make(tmp_path)
    with tracker.delivery("mine", {}, print), tracker.training("torch", RECORD):
        pass
    _, found = runs(alone, tmp_path)
    assert set(found) == {"of another", "torch"}
    assert found["torch"].data.tags["mlflow.parentRunId"] == run


def test_a_server_that_is_down_at_the_start_is_a_fault_in_seconds(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    started = time.monotonic()
    with pytest.raises(ToolError, match="MLflow at http") as caught, make(tmp_path).training("torch", RECORD):
        pass
    assert "MLFLOW_TRACKING_URI" in caught.value.hint
    assert time.monotonic() - started < 30


def test_a_server_that_is_killed_in_a_training_costs_nothing_and_gets_the_rest_later(
    empty_database, tmp_path, monkeypatch, capfd, quickly_again
):
    store, port = f"sqlite:///{shutil.copy(empty_database, tmp_path)}", free_port()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    (tmp_path / "model.bin").write_bytes(b"model")
    with contextlib.ExitStack() as stack:
        url, process = stack.enter_context(mlflow_server(tmp_path, store, port))
        tracker = make(tmp_path)
        with tracker.training("torch", RECORD) as tracked:
            tracked.log({"loss": 0.5}, 1)
            wait_until(lambda: "loss" in metrics(url, tmp_path))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            tracked.log({"loss": 0.25}, 2)
            tracked.artefact(tmp_path / "model.bin")
    said = capfd.readouterr().err
    assert "MLflow does not answer, the work goes on" in said
    (kept,) = (tmp_path / "build/untracked").glob("*.jsonl")
    assert json.loads(kept.read_text().splitlines()[-1])["status"] == "FINISHED"
    with mlflow_server(tmp_path, store, port) as (url, _):
        with make(tmp_path).delivery("next", {}, print):
            pass
        client, found = runs(url, tmp_path)
        run = found["torch"]
        assert run.info.status == "FINISHED"
        assert [m.value for m in client.get_metric_history(run.info.run_id, "loss")] == [0.5, 0.25]
        assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["model.bin"]
    assert not list((tmp_path / "build/untracked").iterdir())


@pytest.fixture
def quickly_again(monkeypatch):
    """MLflow sends what got no answer again after seconds; here at once."""
    for name in ("BACKOFF_FACTOR", "BACKOFF_JITTER"):
        monkeypatch.setenv(f"MLFLOW_HTTP_REQUEST_{name}", "0")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def test_a_slow_server_is_asked_seldom_and_gets_everything(tmp_path, monkeypatch, server):
    url, _ = server
    slow = Slow(urlsplit(url).port, 0.1)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{slow.port}")
    with make(tmp_path).training("torch", RECORD) as tracked:
        before = slow.asked
        for step in range(100):
            tracked.log({"loss": 1 / (step + 1)}, step)
    asked = slow.asked - before
    slow.close()
    client, found = runs(url, tmp_path)
    assert len(client.get_metric_history(found["torch"].info.run_id, "loss")) == 100
    assert asked < 50


@contextlib.contextmanager
def hanging(process):
    os.killpg(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGCONT)


def test_a_server_that_hangs_holds_up_no_training_and_gets_the_rest_later(tmp_path, server, impatient, capfd):
    url, process = server
    tracker = make(tmp_path)
    with contextlib.ExitStack() as stack:
        with tracker.training("torch", RECORD) as tracked:
            stack.enter_context(hanging(process))
            tracked.log({"loss": 0.5}, 1)
        assert "the work goes on" in capfd.readouterr().err
    tracker.catch_up()
    client, found = runs(url, tmp_path)
    assert client.get_metric_history(found["torch"].info.run_id, "loss")[0].value == 0.5
    assert found["torch"].info.status == "FINISHED"
    assert not list((tmp_path / "build/untracked").iterdir())


def test_an_artefact_that_was_replaced_before_the_server_came_back_is_not_sent_as_the_old_one(
    tmp_path, server, impatient
):
    (tmp_path / "model.bin").write_bytes(b"model")
    url, process = server
    tracker = make(tmp_path)
    with contextlib.ExitStack() as stack, tracker.training("torch", RECORD) as tracked:
        stack.enter_context(hanging(process))
        tracked.artefact(tmp_path / "model.bin")
    (tmp_path / "model.bin").write_bytes(b"another model")
    tracker.catch_up()
    client, found = runs(url, tmp_path)
    assert client.list_artifacts(found["torch"].info.run_id) == []
    assert "model.bin was replaced" in found["torch"].data.tags["lockgate.not_sent"]


def test_a_training_that_was_killed_outright_is_closed_by_the_next_delivery(tmp_path, monkeypatch, alone):
    tracker = make(tmp_path)
    monkeypatch.setenv("LOCKGATE_DELIVERY_RUN", f"{32 * 'a'}@{2**22 - 1}")
    with contextlib.suppress(ZeroDivisionError), tracker.training("torch", RECORD) as tracked:
        tracked.log({"loss": 0.5}, 1)
        raise ZeroDivisionError
    (kept,) = (tmp_path / "build/untracked").glob("*.jsonl")
    start, metrics, _ = kept.read_text().splitlines()
    start = json.dumps(json.loads(start) | {"pid": 2**22 - 1})
    kept.write_text(f'{start}\n{metrics}\n{{"event": "artef')
    monkeypatch.delenv("LOCKGATE_DELIVERY_RUN")
    with tracker.delivery("next", {}, lambda *_: None):
        pass
    _, found = runs(alone, tmp_path)
    assert (found["torch"].info.status, found["torch"].data.metrics) == ("KILLED", {"loss": 0.5})


def test_what_cannot_be_sent_is_put_aside_and_said_and_the_next_delivery_goes_on(tmp_path, monkeypatch, capfd, alone):
    folder, gone = tmp_path / "build/untracked", 2**22 - 1
    (tmp_path / "trained").mkdir()
    (tmp_path / "cached").write_bytes(b"model")
    (tmp_path / "trained/model").symlink_to(tmp_path / "cached")  # as DVC places it from a shared cache
    tracker = make(tmp_path)
    monkeypatch.setenv("LOCKGATE_DELIVERY_RUN", f"{32 * 'a'}@{gone}")
    long = TrainingRecord("long", {"se!ed": 1}, {}, [])
    for name, record in (("torch", RECORD), ("long", long)):
        with tracker.training(name, record) as tracked:
            tracked.artefact(tmp_path / "trained")
    monkeypatch.delenv("LOCKGATE_DELIVERY_RUN")
    bad = {
        f"2-{gone}-x": '{"event": "start"}\n',
        f"3-{gone}-x": "",
        f"4-{gone}-x": "{{{\n",
        f"5-{gone}-x": '{"event": "st',
        "mine": "hello\n",
    }
    for name, content in bad.items():
        (folder / f"{name}.jsonl").write_text(content)
    (folder / f"4-{gone}-x.sent").write_text("{{{")
    with tracker.delivery("next", {}, lambda *_: None):
        pass
    _, found = runs(alone, tmp_path)
    client, _ = runs(alone, tmp_path)
    assert [file.path for file in client.list_artifacts(found["torch"].info.run_id, "trained")] == ["trained/model"]
    aside = {path.stem for path in (folder / "aside").glob("*.jsonl")}
    assert bad.keys() <= aside
    assert len(aside) == len(bad) + 1, "the one with a parameter that MLflow takes from nobody is among them"
    assert [path.name for path in folder.iterdir()] == ["aside"]
    said = capfd.readouterr().err
    assert said.count("cannot be sent to MLflow, the work goes on") == said.count("it is put aside") == len(aside)


def test_a_training_whose_own_record_is_refused_goes_on_to_its_end(tmp_path, alone, capfd):
    with make(tmp_path).training("long", TrainingRecord("long", {"se!ed": 1}, {}, [])) as tracked:
        tracked.log({"loss": 0.5}, 1)
    (aside,) = (tmp_path / "build/untracked/aside").glob("*.jsonl")
    assert json.loads(aside.read_text().splitlines()[-1])["status"] == "FINISHED"
    assert capfd.readouterr().err.count("cannot be sent to MLflow") == 1


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path, monkeypatch):
    """An empty database that MLflow is told to use without a server in front of it."""
    if request.param == "sqlite":
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        return f"sqlite:///{tmp_path}/mlflow.db"
    beside = request.getfixturevalue("postgresql")
    with sqlalchemy.create_engine(beside, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE older")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"{beside.rpartition('/')[0]}/older")
    return os.environ["MLFLOW_TRACKING_URI"]


def test_a_database_of_an_older_mlflow_is_well_after_the_command_that_is_named(tmp_path, database):
    from alembic import command
    from mlflow.store.db.utils import _get_alembic_config
    from mlflow.store.tracking.dbmodels.initial_models import Base

    store = TrackingStore(tmp_path)
    store.look()
    engine = sqlalchemy.create_engine(database)
    Base.metadata.create_all(engine)
    command.upgrade(_get_alembic_config(database), "451aebb31d03")
    engine.dispose()
    with pytest.raises(DocumentError, match="451aebb31d03 is an older MLflow's") as caught:
        store.look()
    upgrade = caught.value.hint.partition("then: ")[2]
    if "$" in upgrade:  # for a shell to fill in
        subprocess.run(upgrade, shell=True, cwd=tmp_path, check=True, capture_output=True)
    else:
        program, *words = shlex.split(upgrade)
        installed = next(iter(entry_points(group="console_scripts", name=program)))
        installed.load()(words, standalone_mode=False)
    store.look()
    with make(tmp_path).delivery("next", {}, print):
        pass


def test_what_mlflow_stands_on_fails_as_mlflow_does(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "mlflow.db").write_text("hello\n" * 100)
    with (
        pytest.raises(ToolError, match=r"MLflow at sqlite.*file is not a database\n") as caught,
        make(tmp_path).delivery("next", {}, print),
    ):
        pass
    assert "MLFLOW_TRACKING_URI" not in caught.value.hint


def test_a_model_that_a_server_has_is_judged(server, tmp_path, monkeypatch, capsys):
    import mlflow.onnx
    import onnx
    from onnxruntime.datasets import get_example

    from lockgate.adapters.mlflow.logged_model import packages_known
    from lockgate.cli.main import run

    rows = [f"{at / 7},{at % 5},{at % 3}" for at in range(30)]
    (tmp_path / "rows.csv").write_text("\n".join(["a,b,y", *rows]))
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(server[0])
    try:
        with mlflow.start_run(experiment_id=mlflow.create_experiment("judged")), packages_known():
            graph = onnx.load(get_example("logreg_iris.onnx"))
            mlflow.onnx.log_model(graph, name="model", registered_model_name="iris", pip_requirements=["onnx"])
        mlflow.MlflowClient().set_registered_model_alias("iris", "champion", "1")
    finally:
        mlflow.set_tracking_uri(None)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server[0])
    capsys.readouterr()  # what MLflow says of the run
    for name, told in {"models:/iris/1": "", "models:/iris@champion": " (version 1)"}.items():
        code = run(["judge", name, "--rows", "rows.csv", "--label", "y", "--json"])
        found = json.loads(capsys.readouterr().out)
        assert (code, found["outcome"], found["model"]["name"]) == (4, "undecided", f"{name}{told}")
