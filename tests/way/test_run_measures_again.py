"""Where Lockgate or a library measures otherwise, checks run again under DVC itself, and nothing is trained."""

import json
import re

import pytest
from one_process import OneProcess
from ruamel.yaml import YAML
from tutorial import quickly_tested, sh

from lockgate.domain.measuring.methods import EXPORTING

pytestmark = pytest.mark.slow
RAISED = """\
from dataclasses import replace
from lockgate.domain.measuring import methods
methods.METHODS["parity"] = replace(methods.METHODS["parity"], number=methods.METHODS["parity"].number + 1)
methods.EXPORTING = replace(methods.EXPORTING, number=methods.EXPORTING.number + 1)
"""
NEWER = "Metadata-Version: 2.1\nName: onnxruntime\nVersion: 99.0.0\n"


@pytest.fixture
def raised(tmp_path):
    """An environment in which parity and the export have another number, in every process."""
    (tmp_path / "raised").mkdir()
    (tmp_path / "raised/sitecustomize.py").write_text(RAISED)
    return {"PYTHONPATH": str(tmp_path / "raised")}


@pytest.fixture
def upgraded(tmp_path):
    """An environment that says that another ONNX Runtime is installed."""
    home = tmp_path / "upgraded/onnxruntime-99.0.0.dist-info"
    home.mkdir(parents=True)
    (home / "METADATA").write_text(NEWER)
    return {"PYTHONPATH": str(home.parent)}


@pytest.fixture
def project(tutorial):
    """Call verbs in the project of docs/your-model.md, in an environment: the exit code, and what was said."""
    begun = []

    def calling(**environment):
        begun.append(OneProcess("lockgate.cli.main:run", tutorial, **environment))
        return begun[-1].call

    yield calling
    for each in begun:
        each.end()


def blocked(folder):
    findings = json.loads((folder / "build/verdict.json").read_text())["findings"]
    return {each["gate"]: each["remedy"] for each in findings if each["reason"] == "measured-otherwise"}


def method(folder, kind):
    return json.loads((folder / f"build/candidates/logistic/evidence/{kind}.json").read_text())["method"]


def stages(said):
    """What became of each stage."""
    told = re.findall(r"^ *(ran|restored|cached) +(\w+)", said, re.MULTILINE)
    return {stage: state for state, stage in told}


def outs(folder):
    lock = YAML(typ="safe", pure=True).load(folder / "dvc.lock")["stages"]
    return {(stage, out["path"]): out["md5"] for stage, entry in lock.items() for out in entry["outs"]}


def test_numbers_that_are_raised_run_export_and_check_again_and_train_nothing(tutorial, project, raised):
    quickly_tested(tutorial)
    assert sh(tutorial, "git add --all && git commit --quiet --message Quick").returncode == 0
    before, made = method(tutorial, "parity"), outs(tutorial)
    call = project(**raised)
    assert call("gate")[0] == 4
    assert blocked(tutorial) == {"parity": "run `lockgate run`, which collects the evidence again"}
    code, said = call("run")
    assert code == 0, said
    assert f"parity was measured with method {before[0]}; here is {int(before[0]) + 1}" in said
    assert f"export was made with method {EXPORTING.number}; here is {EXPORTING.number + 1}" in said
    assert stages(said) == {"prepare": "cached", "train": "cached", "export": "ran", "check": "ran"}, said
    assert method(tutorial, "parity") == f"{int(before[0]) + 1}{before[1:]}"
    assert {key for key, md5 in outs(tutorial).items() if made[key] != md5} == {
        ("export@logistic", "build/candidates/logistic/export"),
        ("check@logistic", "build/candidates/logistic/evidence"),
    }
    call("check", "tests")
    assert (call("gate")[0], blocked(tutorial)) == (0, {})
    # For whoever has not upgraded it is measured otherwise in turn, and that comes back from the cache.
    code, said = project()("run")
    assert stages(said)["check"] == "restored", said
    assert method(tutorial, "parity") == before


def test_a_library_that_was_upgraded_is_seen_where_dvc_yaml_has_the_line_that_a_run_names(tutorial, project, upgraded):
    stage = tutorial / "dvc.yaml"
    *_, line = re.findall(r", \{(measuring\.yaml: \[[\w, ]+\])\}", stage.read_text())
    stage.write_text(stage.read_text().replace(f", {{{line}}}", ""))
    assert sh(tutorial, "git commit --quiet --all --message Without").returncode == 0
    naming = f"add `{line}` to the params of the stage check in dvc.yaml"
    call = project(**upgraded)
    code, said = call("run")
    assert (code, naming in said) == (0, True), said
    assert call("gate")[0] == 4
    remedies = blocked(tutorial)
    assert set(remedies) == {"accuracy", "parity"}
    assert {remedy.partition("; then ")[0] for remedy in remedies.values()} == {naming}
    head, check = stage.read_text().split("  check:\n")
    stage.write_text(
        f"{head}  check:\n{check.replace('params: [plugin, tables]', f'params: [plugin, tables, {{{line}}}]')}"
    )
    assert sh(tutorial, "git commit --quiet --all --message With").returncode == 0
    code, said = call("run")
    assert code == 0, said
    assert stages(said) == {"prepare": "cached", "train": "cached", "export": "cached", "check": "ran"}, said
    assert "onnxruntime 99.0.0" in method(tutorial, "accuracy")
    call("gate")
    assert blocked(tutorial) == {}


def test_a_plain_dvc_repro_says_truly_what_measured_and_is_done_again_by_force(tutorial, project, upgraded):
    """DVC alone takes the line in the file, which another environment wrote, for what it measures with."""
    forced = "dvc repro --force --single-item check@logistic"
    environment = " ".join(f"{name}={value}" for name, value in upgraded.items())
    assert sh(tutorial, f". .venv/bin/activate && {environment} {forced}").returncode == 0
    assert "onnxruntime 99.0.0" in method(tutorial, "accuracy")
    call = project()
    assert call("gate")[0] == 4
    (remedy,) = set(blocked(tutorial).values())
    assert remedy == f"run `{forced}`; then run `lockgate run`, which collects the evidence again"
    assert sh(tutorial, f". .venv/bin/activate && {forced}").returncode == 0
    call("gate")
    assert blocked(tutorial) == {}
