"""Flags stand on either side of the verb."""

import os

import pytest

from lockgate.cli.main import run


@pytest.fixture
def quiet(monkeypatch):
    monkeypatch.setenv("LOCKGATE_TRACEBACK", "")


@pytest.mark.parametrize("arguments", [["--traceback", "gate"], ["gate", "--traceback"]])
def test_a_traceback_is_shown_on_either_side(project, capfd, quiet, arguments):
    assert run(["-C", str(project), *arguments, "--candidate", "nobody"]) == 2
    assert "Traceback" in capfd.readouterr().err
    assert os.environ["LOCKGATE_TRACEBACK"] == "1"


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("verb", [["status"], ["policy", "explain"], ["policy", "schema"]])
def test_the_project_s_folder_is_named_on_either_side(project, capfd, quiet, verb, before):
    where = ["-C", str(project)]
    assert run([*where, *verb] if before else [*verb, *where]) == 0


def test_the_folder_named_last_is_the_one(project, tmp_path, capfd, quiet):
    (tmp_path / "empty").mkdir()
    assert run(["-C", str(tmp_path / "empty"), "status", "-C", str(project)]) == 0
    assert run(["-C", str(project), "status", "-C", str(tmp_path / "empty")]) == 2
    assert f"no params.yaml in {tmp_path / 'empty'}" in capfd.readouterr().err


@pytest.mark.parametrize("arguments", [["--json", "policy", "explain"], ["policy", "--json", "explain"]])
def test_a_flag_that_the_verb_does_not_have_is_told_wherever_it_stands(project, capfd, quiet, arguments):
    assert run(["-C", str(project), *arguments]) == 2
    assert "No such option '--json'" in capfd.readouterr().err


def test_a_flag_without_a_verb_is_wrong_usage_and_help_tells_them(capfd, quiet):
    assert run(["--json"]) == 2
    for arguments in (["--help"], ["gate", "--help"]):
        assert run(arguments) == 0
        said = capfd.readouterr().out
        assert all(flag in said for flag in ("-C DIR", "--traceback", "--json", "-v, --verbose"))
