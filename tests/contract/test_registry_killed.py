"""A registration that is killed, or whose server is: run again, there is nothing twice and nothing half."""

import contextlib
import os
import re
import shutil
import signal
import sys
import threading
from functools import partial

import pytest
import sqlalchemy
from fault_points import STEP, apart, ended
from servers import Cutting, free_port, mlflow_server
from test_registry_contract import DOCUMENTS, FILES, clear, tiny_onnx

from lockgate.errors import ToolError
from lockgate.testing.contracts.folder_contents import contents
from lockgate.testing.examples import write_bundle

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning:mlflow"),
]


BEFORE, ONCE, BEHIND, KILLED = "before it", "its answer, once", "behind it", "the process that registers is killed"
POINTS = {
    "runs/create$": ONCE,
    "artifacts/release/": KILLED,
    "mlflow/logged-models$": BEHIND,
    "/models/.*/artifacts/": BEFORE,
    "registered-models/create": BEHIND,
    "model-versions/create": ONCE,
    "runs/update": KILLED,
    "registered-models/alias": BEFORE,
}
"""What happens at the first request of each kind that changes what the server has: all requests are minutes.

The line is cut and stays so, but for the answer that is lost once: then the same is asked again.
"""
FILES_CHANGED = 16
"""Of the kinds of changes of files every sixteenth is tried, and every commit of the database."""


class Lines:
    """A server, a line to it that may be cut, and another one."""

    def __init__(self, folder, root, database):
        self.folder, self.root, self.port = folder, root, free_port()
        self.store = f"sqlite:///{shutil.copy(database, folder)}"
        self.cutting = Cutting(self.port)

    def server(self):
        return mlflow_server(self.folder, self.store, self.port)

    def registry(self, monkeypatch, *, cut=False):
        from lockgate.adapters.mlflow.registry import MlflowRegistry

        port = self.cutting.port if cut else self.port
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
        return MlflowRegistry(self.root, DOCUMENTS, FILES)

    @staticmethod
    def demand_one(registry, release, folder, into):
        """One version, one run that has ended, one model; and the bundle, whole."""
        client = registry._client
        (version,) = client.search_model_versions("name = 'example'")
        home = client.get_experiment_by_name("example").experiment_id
        runs = [(run.info.run_id, run.info.status) for run in client.search_runs([home])]
        assert runs == [(version.run_id, "FINISHED")]
        models = client.search_logged_models([home])
        assert [(str(model.status), f"models:/{model.model_id}") for model in models] == [("READY", version.source)]
        assert client.get_run(version.run_id).data.metrics
        (point,) = client.get_metric_history(version.run_id, "roc_auc")
        assert point.value > 0.9
        assert client.get_registered_model("example").aliases == {"challenger": version.version}
        assert registry.fetch(release.digest, "example", into)
        assert contents(into) == contents(folder)
        assert registry.serves("example", version.version, folder / "model.onnx") == ""


@pytest.fixture(autouse=True)
def quickly_again(monkeypatch):
    """MLflow sends what got no answer again after seconds; here at once."""
    for name in ("BACKOFF_FACTOR", "BACKOFF_JITTER"):
        monkeypatch.setenv(f"MLFLOW_HTTP_REQUEST_{name}", "0")


@pytest.fixture
def lines(empty_database, tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "root").mkdir()
    made = Lines(tmp_path / "server", tmp_path / "root", empty_database)
    yield made
    made.cutting.close()


def forget(registry):
    """As before any registration; MLflow keeps what is deleted, where no search finds it."""
    client = registry._client
    clear(client)
    if home := client.get_experiment_by_name("example"):
        for run in client.search_runs([home.experiment_id]):
            client.delete_run(run.info.run_id)
        for model in client.search_logged_models([home.experiment_id]):
            client.delete_logged_model(model.model_id)


def in_a_process(work):
    """Do it in a process of its own, which has imported everything already; its id."""
    if child := os.fork():
        return child
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


@pytest.fixture
def sealed(tmp_path):
    return write_bundle(tmp_path / "one", DOCUMENTS, FILES, model=tiny_onnx(1)), tmp_path / "one"


def test_whatever_request_is_lost_and_of_two_at_once_there_is_one_version(lines, monkeypatch, sealed, tmp_path):
    """The server is gone before a request, or behind it, or its answer is lost and it is asked again."""
    cutting = lines.cutting
    with lines.server():
        for number, (kind, happens) in enumerate(POINTS.items()):
            forget(lines.registry(monkeypatch))
            registry = lines.registry(monkeypatch, cut=True)
            if happens is KILLED:
                child = in_a_process(lambda registry=registry: registry.register(*sealed))
                cutting.at = at = First(kind, happens, child)
                os.waitpid(child, 0)
            else:
                cutting.at = at = First(kind, happens)
                with contextlib.suppress(ToolError):
                    registry.register(*sealed)
            assert at.number, kind
            cutting.at = nothing
            sound = lines.registry(monkeypatch)
            sound.register(*sealed)
            lines.demand_one(sound, *sealed, tmp_path / "fetched" / str(number))
        two_at_once(lines, monkeypatch, sealed, tmp_path)


def two_at_once(lines, monkeypatch, sealed, tmp_path):
    """Two register the same model, and neither has seen the other's version when it makes its own."""
    forget(lines.registry(monkeypatch))
    both = threading.Barrier(2)

    def at(_, path, *, answered):
        if "model-versions/create" in path and not answered:
            both.wait(60)

    lines.cutting.at = at
    registry = lines.registry(monkeypatch, cut=True)
    children = [in_a_process(lambda: registry.register(*sealed)) for _ in range(2)]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    lines.cutting.at = nothing
    assert codes == [0, 0]
    lines.demand_one(lines.registry(monkeypatch), *sealed, tmp_path / "fetched" / "two")


def test_a_server_that_is_killed_in_the_middle_has_one_version_when_it_is_back(lines, monkeypatch, sealed, tmp_path):
    """Killed when it has an artifact, and again when it has the version and has not said so."""

    def at(server, kind, _, path, *, answered):
        if kind in path and answered:
            os.killpg(server.pid, signal.SIGKILL)
            raise OSError("killed")

    for kind in ("artifacts", "model-versions/create"):
        with lines.server() as (_, server):
            lines.cutting.at = partial(at, server, kind)
            with pytest.raises(ToolError):
                lines.registry(monkeypatch, cut=True).register(*sealed)
            lines.cutting.at = nothing
    with lines.server():
        registry = lines.registry(monkeypatch)
        registry.register(*sealed)
        lines.demand_one(registry, *sealed, tmp_path / "fetched")


def told_of_commits(work):
    """The same work; a point before each commit of a database that wrote is one more at which it can be killed."""

    def wrote(connection, _, statement, *__):
        connection.info["wrote"] = connection.info.get("wrote") or not statement.startswith(("SELECT", "PRAGMA"))

    def commit(connection):
        if connection.info.pop("wrote", False):
            sys.audit(STEP, "commit")

    def done():
        sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", wrote)
        sqlalchemy.event.listen(sqlalchemy.Engine, "commit", commit)
        work()

    return done


def test_killed_at_each_commit_and_each_change_of_a_file_on_sqlite(empty_database, sealed, tmp_path, monkeypatch):
    """The process of a registration, on a database in the project; of minutes of points, some of each kind."""
    from lockgate.adapters.mlflow.registry import MlflowRegistry

    def at(root):
        return MlflowRegistry(root, DOCUMENTS, FILES)

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    made = tmp_path / "made"
    made.mkdir()
    shutil.copy(empty_database, made)
    whole = shutil.copytree(made, tmp_path / "whole")
    points = ended(whole, told_of_commits(lambda: at(whole).register(*sealed))).points
    Lines.demand_one(at(whole), *sealed, tmp_path / "fetched/whole")
    commits = [number for number, point in enumerate(points, 1) if point == "commit"]
    assert len(commits) > 10
    tried = sorted({*commits, *apart(points)[::FILES_CHANGED]})
    for number in tried:
        root = shutil.copytree(made, tmp_path / str(number))
        done = ended(root, told_of_commits(lambda root=root: at(root).register(*sealed)), at=number)
        assert done.killed, (number, points[number - 1], done.said)
        for _ in range(2):
            at(root).register(*sealed)
        Lines.demand_one(at(root), *sealed, tmp_path / "fetched" / str(number))


def nothing(*_, **__):
    pass


class First:
    """What happens at the first request of a kind."""

    def __init__(self, kind, happens, child=None):
        self.kind, self.happens, self.child, self.number = kind, happens, child, 0

    def __call__(self, number, path, *, answered):
        if not self.number and re.search(self.kind, path):
            self.number = number
        if not self.number or (number != self.number and self.happens in {ONCE, KILLED}):
            return
        if self.happens is KILLED and answered:
            os.kill(self.child, signal.SIGKILL)
        elif self.happens is not KILLED and (answered or self.happens is BEFORE):
            raise OSError("cut")
