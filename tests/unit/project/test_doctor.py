"""What doctor finds, what it calls it, and how it ends."""

import importlib.metadata
import json

import pytest

from lockgate.adapters.python import machine as probes
from lockgate.cli import main
from lockgate.cli.verbs.project import exit_code
from lockgate.cli.wiring import health, making
from lockgate.domain.project.health import Health, Part, State
from lockgate.errors import SettingsError, ToolError
from lockgate.testing import FakePipeline
from lockgate.usecases.project.health import examine


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

    def hangs():
        raise ToolError("no answer", hint="start it")

    def breaks():
        raise ZeroDivisionError("oh")

    found = examine([("a", fails), ("d", hangs), ("b", breaks), ("c", lambda: [Part("c", State.THERE, "")])])
    assert [(part.name, part.state, part.remedy) for part in found.parts] == [
        ("a", State.WRONG, "mend it"),
        ("d", State.UNREACHABLE, "start it"),
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


@pytest.mark.parametrize(
    ("name", "package"), [("torch", "torch"), ("xgboost", "xgboost-cpu"), ("lightgbm", "lightgbm"), ("interpret", None)]
)
def test_a_framework_blocks_only_where_a_candidate_or_the_policy_needs_it(installed, name, package):
    installed[package or "interpret-core"] = None
    assert not extra(name).blocks
    assert extra(name, {name}).blocks


def test_a_build_of_the_right_version_is_right(installed):
    installed["torch"] = importlib.metadata.version("torch").partition("+")[0] + "+cu130"
    assert extra("torch").state is State.THERE


def test_a_full_disk_says_how_to_make_room(monkeypatch, tmp_path):
    monkeypatch.setattr(probes, "ROOM", 2**80)
    (part,) = probes.disk(tmp_path, tmp_path / "build")
    assert (part.state, "dvc gc" in part.remedy) == (State.WRONG, True)


def test_a_build_folder_that_cannot_be_written_is_wrong(monkeypatch, tmp_path):
    (tmp_path / "build").mkdir()
    monkeypatch.setattr(probes.os, "access", lambda path, _: path != tmp_path / "build")
    (part,) = probes.disk(tmp_path, tmp_path / "build")
    assert (part.state, part.found) == (State.WRONG, f"{tmp_path}/build cannot be written")


def test_doctor_says_what_is_wrong_in_the_project(project, capfd, monkeypatch):
    monkeypatch.setattr(health, "data_remote", lambda _: [])
    monkeypatch.setattr(making, "pipeline", lambda _: FakePipeline())
    (project / "deploy/staging.yaml").unlink()
    code = main.run(["-C", str(project), "doctor", "--json"])
    parts = {part["name"]: part for part in json.loads(capfd.readouterr().out)["parts"]}
    assert code == 2
    assert parts["deploy/"]["state"] == "missing"
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("gates:", "gatse:"))
    assert main.run(["-C", str(project), "doctor"]) == 2
    assert "wrong       project:" in capfd.readouterr().out
