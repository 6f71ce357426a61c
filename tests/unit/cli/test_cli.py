"""The command line: one exit-code contract, and clear messages."""

import os
import re
import signal
import subprocess
import sys
import time

import builders
import pytest
from builders import FILES, git

from lockgate.adapters.python.plugin_loader import METHODS
from lockgate.cli.main import VERBS, run
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence

HEAVY = {
    "bentoml",
    "dvc",
    "mlflow",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "ray",
    "sklearn",
    "tensorflow",
    "torch",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-verb"],
        ["gate", "--no-such-option"],
        ["gate", "--candidate"],
        ["schema"],
        ["schema", "no-such-document"],
        ["serve", "--port", "70000"],
        ["promote"],
    ],
)
def test_wrong_usage_ends_with_2(lockgate, arguments):
    code, said = lockgate(*arguments)
    assert code == 2
    assert "Usage" in said or "requires an argument" in said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["gate", "--candidate", "nobody"], "nobody"),
        (["gate", "--against", "nowhere"], "nowhere"),
        (["promote", "nowhere", "--release", "0"], "nowhere"),
        (["promote", "staging", "--release", "0"], "0 releases match"),
    ],
)
def test_a_name_that_is_not_there_ends_with_2_and_the_names_that_are(lockgate, arguments, named):
    code, said = lockgate(*arguments)
    assert code == 2
    assert named in said


def test_a_wrong_key_in_params_ends_with_2_and_its_line(lockgate, project):
    params = builders.PARAMS.replace("floor", "flor")
    (project / "params.yaml").write_text(params)
    code, said = lockgate("gate")
    line = params[: params.index("flor")].count("\n") + 1
    assert code == 2
    assert f"params.yaml:{line}: gates.accuracy.flor: unknown key; did you mean 'floor'?" in said


def test_a_folder_without_a_project_ends_with_2(lockgate, tmp_path):
    (tmp_path / "empty").mkdir()
    code, said = lockgate("status", root=tmp_path / "empty")
    assert code == 2
    assert "no params.yaml" in said


def test_a_project_without_a_commit_ends_with_2(lockgate, project):
    FILES.move(project / ".git", project / "build/git")
    git(project, "init", "--quiet")
    code, said = lockgate("status")
    assert code == 2
    assert "git commit" in said


def test_help_names_every_verb(lockgate, capfd):
    code, said = lockgate("--help")
    assert code == 0
    assert all(verb in said for verb in VERBS)


def test_a_traceback_is_shown_where_it_is_asked_for(project, capfd, monkeypatch):
    monkeypatch.setenv("LOCKGATE_TRACEBACK", "")
    assert run(["-C", str(project), "--traceback", "gate", "--candidate", "nobody"]) == 2
    assert "Traceback" in capfd.readouterr().err


def test_help_imports_no_heavy_tool(run_python):
    imported = run_python("from lockgate.cli.main import run\nrun(['--help'])")
    assert "click" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize("code", [0, 3, "a reason"])
def test_a_plugin_that_ends_the_process_is_bad_input_whatever_code_it_chose(lockgate, project, monkeypatch, code):
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delitem(sys.modules, "leaving", raising=False)
    methods = "".join(f"    def {name}(self, *_):\n        raise SystemExit({code!r})\n" for name in METHODS)
    (project / "leaving.py").write_text(f"class Plugin:\n{methods}")
    (project / "params.yaml").write_text(builders.PARAMS.replace("example:Plugin", "leaving:Plugin"))
    found, said = lockgate("prepare")
    assert (found, f"wanted to end the process with {code!r}" in said) == (2, True), said
    assert re.search(r"at leaving.py:\d+, in Plugin\.", said)


@pytest.mark.slow
def test_a_reader_that_goes_away_and_a_shell_that_completes_are_no_faults(tmp_path):
    command = [sys.executable, "-u", "-m", "lockgate", "schema", "verdict"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
    completing = {**os.environ, "_LOCKGATE_COMPLETE": "bash_source"}
    done = subprocess.run(
        [sys.executable, "-m", "lockgate"], env=completing, capture_output=True, text=True, check=True
    )
    assert "_lockgate_completion()" in done.stdout


def test_status_says_what_is_not_made_and_not_judged_yet(lockgate, project):
    assert "not judged yet: lockgate gate" in lockgate("status")[1]
    FILES.move(project / "build", project.parent / "elsewhere")
    code, said = lockgate("status")
    assert code == 0
    assert "not made yet: lockgate run" in said


def test_status_says_what_blocks(lockgate, evidence):
    builders.rewrite(evidence / "parity.json", ParityEvidence, flips=3)
    lockgate("gate")
    code, said = lockgate("status")
    assert code == 0
    assert "blocked by parity: 3 of 2000 labels flip" in said


def test_failing_tests_are_evidence_and_no_error(lockgate, project):
    report = '<testsuite tests="1" failures="1"><testcase name="a"><failure/></testcase></testsuite>'
    (project / "build/fail.sh").write_text(f"echo '{report}' > build/tests/junit.xml; exit 1")
    (project / "params.yaml").write_text(builders.PARAMS.replace("command: pytest", "command: sh build/fail.sh"))
    code, said = lockgate("check", "tests")
    assert code == 0
    assert "1 ran, 1 failed" in said
    assert builders.DOCUMENTS.read(project / "build/tests/evidence.json", TestsEvidence).exit_code == 1


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_verb_that_is_ended_from_outside_ends_with_130(project, sign):
    sleeper = "command: sh -c 'touch build/started; exec sleep 60'"
    (project / "params.yaml").write_text(builders.PARAMS.replace("command: pytest", sleeper))
    process = subprocess.Popen(
        [sys.executable, "-m", "lockgate", "check", "tests"], cwd=project, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 20
    while not (project / "build/started").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, sign)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
