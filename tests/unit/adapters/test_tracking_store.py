"""What MLflow's store is, found out before anything runs and without MLflow."""

import http.server
import sqlite3
import threading

import pytest

from lockgate.adapters.mlflow import store
from lockgate.adapters.mlflow.store import TrackingStore
from lockgate.errors import InputError, ToolError
from lockgate.testing import FakePipeline

NEEDED = store._revisions()[1]


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(store, "SECONDS", 0.05)
    return tmp_path


def database(root, *commands):
    with sqlite3.connect(root / "mlflow.db") as made:
        for command in commands:
            made.execute(command)
    made.close()


def schema(version):
    return ("CREATE TABLE alembic_version (version_num TEXT)", f"INSERT INTO alembic_version VALUES ('{version}')")


def test_the_projects_own_database_is_well_when_absent_empty_new_or_of_the_schema_needed(root):
    look = TrackingStore(root).look
    assert look() == "sqlite:///mlflow.db"
    (root / "mlflow.db").touch()
    assert look() == "sqlite:///mlflow.db"
    database(root, "CREATE TABLE of_another_program (x TEXT)")
    assert look() == "sqlite:///mlflow.db"
    database(root, *schema(NEEDED))
    assert look() == "sqlite:///mlflow.db"


@pytest.mark.parametrize("version", ["451aebb31d03", ""])
def test_an_older_schema_names_the_command_that_upgrades_it(root, version):
    database(root, *(schema(version) if version else ["CREATE TABLE experiments (x TEXT)"]))
    with pytest.raises(InputError, match=r"is an older MLflow's, .* needs") as caught:
        TrackingStore(root).look()
    assert caught.value.hint == f"keep a copy of it, then: mlflow db upgrade sqlite:///{root}/mlflow.db"


def test_a_schema_that_mlflow_does_not_know_is_another_programs_or_a_newer_ones(root):
    database(root, *schema("feedfacecafe"))
    with pytest.raises(InputError, match="its schema feedfacecafe is another program's, or a newer MLflow's"):
        TrackingStore(root).look()


def test_a_file_that_is_no_database_is_named(root):
    (root / "mlflow.db").write_text("hello\n" * 100)
    with pytest.raises(InputError, match=r"mlflow\.db: no database of MLflow: file is not a database") as caught:
        TrackingStore(root).look()
    assert "move it away" in caught.value.hint


def test_a_folder_and_a_folder_that_is_not_there_are_named(root, monkeypatch):
    (root / "mlflow.db").mkdir()
    with pytest.raises(InputError, match="a folder, not a database"):
        TrackingStore(root).look()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{root}/none/mlflow.db?timeout=5")
    with pytest.raises(InputError, match=f"{root}/none is not there"):
        TrackingStore(root).look()


def test_a_database_that_may_not_be_written_is_named(root, monkeypatch):
    database(root, *schema(NEEDED))
    monkeypatch.setattr(store.os, "access", lambda path, _: path != root / "mlflow.db")
    with pytest.raises(InputError, match="may not write"):
        TrackingStore(root).look()


def test_a_database_that_another_process_holds_is_a_fault_that_says_so(root):
    database(root, *schema(NEEDED))
    holder = sqlite3.connect(root / "mlflow.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ToolError, match="database is locked"):
        TrackingStore(root).look()
    holder.close()


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "postgresql+psycopg2://keeper:secret@127.0.0.1:9/mlflow"])
def test_a_store_that_does_not_answer_is_named_without_its_password(root, monkeypatch, uri):
    monkeypatch.setattr(store, "SECONDS", 2)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(ToolError, match=r"127\.0\.0\.1:9.* does not answer") as caught:
        TrackingStore(root).look()
    assert "secret" not in str(caught.value)


def test_a_driver_that_is_not_installed_is_named_with_its_package(root, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "mysql://127.0.0.1:9/mlflow")
    with pytest.raises(InputError, match="MySQLdb is not installed") as caught:
        TrackingStore(root).look()
    assert caught.value.hint == "pip install 'mysqlclient'"


class Answer(http.server.BaseHTTPRequestHandler):
    code, text = 200, ""

    def do_GET(self):
        self.send_response(self.code)
        self.end_headers()
        self.wfile.write(self.text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def server(root, monkeypatch):
    monkeypatch.setattr(store, "SECONDS", 5)
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{made.server_port}")
        yield TrackingStore(root)
        made.shutdown()


@pytest.mark.parametrize(("code", "text"), [(200, "3.1.0"), (200, "a page"), (401, "who?"), (404, "")])
def test_a_server_that_answers_is_there(server, monkeypatch, code, text):
    monkeypatch.setattr(Answer, "code", code)
    monkeypatch.setattr(Answer, "text", text)
    assert server.look().startswith("http://127.0.0.1:")


def test_a_server_of_another_major_version_is_wrong(server, monkeypatch):
    monkeypatch.setattr(Answer, "text", "2.22.0")
    with pytest.raises(InputError, match=r"is 2\.22\.0, this machine has 3"):
        server.look()


def test_a_gateway_in_front_of_nothing_is_no_answer(server, monkeypatch):
    monkeypatch.setattr(Answer, "code", 503)
    with pytest.raises(ToolError, match=r"does not answer: .*503"):
        server.look()


def test_a_run_that_trains_and_every_delivery_say_so_before_anything_runs(root, project, lockgate, monkeypatch):
    (project / "mlflow.db").write_text("hello\n" * 100)
    pipeline = FakePipeline({"train@fake": None})
    monkeypatch.setattr("lockgate.cli.wiring.making.pipeline", lambda _: pipeline)
    for verb in ("run", "deliver"):
        code, said = lockgate(verb)
        assert code == 2
        assert "error: sqlite:///mlflow.db: no database of MLflow" in said
    assert pipeline.done == set()
