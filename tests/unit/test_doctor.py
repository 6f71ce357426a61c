"""What doctor finds, what it calls it, and how it ends."""

import http.server
import importlib.metadata
import json
import threading

import pytest

from lockgate.adapters import probes
from lockgate.cli import main
from lockgate.cli.doctoring import exit_code
from lockgate.domain.health import Health, Part, State
from lockgate.errors import SettingsError
from lockgate.usecases.doctor import examine


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ([State.THERE], 0),
        ([State.THERE, State.UNREACHABLE], 1),
        ([State.MISSING, State.UNREACHABLE], 2),
        ([State.WRONG], 2),
    ],
)
def test_the_exit_code_is_that_of_the_worst_that_blocks(states, code):
    optional = Part("x", State.MISSING, "", optional=True)
    assert exit_code(Health((*(Part("x", state, "") for state in states), optional))) == code


def test_a_probe_that_fails_is_a_finding_and_the_others_go_on():
    def fails():
        raise SettingsError("params.yaml: line 3: wrong", hint="mend it")

    def breaks():
        raise ZeroDivisionError("oh")

    health = examine([("a", fails), ("b", breaks), ("c", lambda: [Part("c", State.THERE, "")])])
    assert [(part.name, part.state, part.remedy) for part in health.parts] == [
        ("a", State.WRONG, "mend it"),
        ("b", State.WRONG, "lockgate --traceback doctor"),
        ("c", State.THERE, ""),
    ]


@pytest.fixture
def installed(monkeypatch):
    """Versions of packages, as if they were installed; ``None`` for one that is not."""
    real = importlib.metadata.version
    pretended = {}

    def version(name):
        if name in pretended and pretended[name] is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return pretended.get(name) or real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    return pretended


def extra(name, frameworks=()):
    return next(part for part in probes.packages(frameworks) if part.name == f"packages for {name}")


def test_a_missing_package_names_the_extra_that_brings_it(installed):
    installed["mlflow"] = None
    part = extra("mlflow")
    assert (part.state, part.found, part.remedy) == (State.MISSING, "no mlflow", "pip install 'lockgate[mlflow]'")
    assert part.blocks


def test_another_version_than_the_tested_one_is_wrong(installed):
    installed["skl2onnx"] = "1.0.0"
    part = extra("sklearn")
    assert part.state is State.WRONG
    assert part.found.startswith("skl2onnx 1.0.0 instead of ==")


def test_a_framework_blocks_only_where_a_candidate_was_trained_with_it(installed):
    installed["torch"] = None
    assert not extra("torch").blocks
    assert extra("torch", {"torch"}).blocks


def test_a_build_of_the_right_version_is_right(installed):
    installed["torch"] = importlib.metadata.version("torch").partition("+")[0] + "+cu130"
    assert extra("torch").state is State.THERE


class Version(http.server.BaseHTTPRequestHandler):
    answer = ""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.HTTPServer(("127.0.0.1", 0), Version) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


@pytest.mark.parametrize(("answer", "state"), [("3.1.0", State.THERE), ("2.22.0", State.WRONG)])
def test_a_tracking_server_of_another_major_version_is_wrong(server, monkeypatch, tmp_path, answer, state):
    monkeypatch.setattr(Version, "answer", answer)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    (part,) = probes.tracking(tmp_path)
    assert (part.state, answer in part.found) == (state, True)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "postgresql://keeper:secret@127.0.0.1:9/mlflow"])
def test_a_tracking_server_that_does_not_answer_is_named_without_its_password(monkeypatch, tmp_path, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    (part,) = probes.tracking(tmp_path)
    assert part.state is State.UNREACHABLE
    assert "127.0.0.1:9" in part.found
    assert "secret" not in part.found


def test_without_a_server_mlflow_is_a_file_in_the_project(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert probes.tracking(tmp_path) == [Part("MLflow", State.THERE, "sqlite:///mlflow.db")]


def test_a_full_disk_says_how_to_make_room(monkeypatch, tmp_path):
    monkeypatch.setattr(probes, "ROOM", 2**80)
    (part,) = probes.disk(tmp_path)
    assert (part.state, "dvc gc" in part.remedy) == (State.WRONG, True)


def test_doctor_says_what_is_wrong_in_the_project(project, capfd, monkeypatch):
    monkeypatch.setattr(probes, "remote", lambda _: [])
    (project / "deploy/staging.yaml").unlink()
    code = main.run(["-C", str(project), "doctor", "--json"])
    parts = {part["name"]: part for part in json.loads(capfd.readouterr().out)["parts"]}
    assert code == 2
    assert parts["deploy/"]["state"] == "missing"
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("gates:", "gatse:"))
    assert main.run(["-C", str(project), "doctor"]) == 2
    assert "wrong       project:" in capfd.readouterr().out
