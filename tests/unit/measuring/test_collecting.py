"""What a run would not collect, the gate says with the edit of dvc.yaml that makes it do so."""

import json

import pytest
from builders import committed, lock

from lockgate.domain.measuring.kinds import OF_A_STAGE

RUN = "run `lockgate run`, which collects the evidence again"


def edited(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def with_command(project, command):
    """The stage that checks runs another command, and DVC has run it."""
    edited(
        project / "dvc.yaml",
        "do:\n      cmd: lockgate\n      deps: [build/test",
        f"do:\n      cmd: {command}\n      deps: [build/test",
    )
    lock(project)


def asking_for(project, gate):
    edited(project / "params.yaml", "  parity:\n", f"{gate}  parity:\n")


@pytest.fixture
def remedy(project, lockgate):
    """The remedy of the finding that says what was not measured."""

    def of(gate, rule="measured"):
        lockgate("gate")
        findings = json.loads((project / "build/verdict.json").read_text())["findings"]
        (found,) = (each for each in findings if (each["gate"], each["rule"]) == (gate, rule))
        return found["remedy"]

    return of


@pytest.mark.parametrize("gate", ["data", "explanation", "robustness"])
def test_a_gate_that_is_new_in_the_policy_names_the_kinds_that_keep_it_from_its_evidence(project, remedy, gate):
    with_command(project, "lockgate check accuracy parity --candidate ${item}")
    asking_for(project, f"  {gate}: {'{forbidden: [age]}' if gate == 'explanation' else '{}'}\n")
    assert remedy(gate) == (
        f"take the kinds out of `lockgate check accuracy parity` in the stage check of dvc.yaml; then {RUN}"
    )


@pytest.mark.parametrize(
    "command",
    [
        "lockgate check --candidate ${item}",
        "lockgate check accuracy parity robustness --candidate ${item}",
        '["lockgate check accuracy parity --candidate ${item}", "lockgate check robustness"]',
        "python collect.py",
    ],
)
def test_a_command_that_collects_it_or_is_not_known_needs_no_edit(project, remedy, command):
    with_command(project, command)
    asking_for(project, "  robustness: {}\n")
    assert remedy("robustness") == RUN


def test_every_gate_whose_evidence_a_stage_makes_is_collected_without_being_named():
    assert OF_A_STAGE == ("data", "accuracy", "parity", "explanation", "robustness")


def test_pins_of_the_service_that_no_stage_reads_are_to_be_listed(project, remedy):
    committed(project, "serving/requirements.txt", "onnxruntime==0.9\n")
    lock(project)
    listing = "list serving/requirements.txt under the `deps` of the stage check in dvc.yaml"
    assert remedy("parity") == f"{listing}; then {RUN}"
    edited(project / "dvc.yaml", "deps: [build/test.parquet,", "deps: [build/test.parquet, serving/requirements.txt,")
    lock(project)
    assert remedy("parity") == RUN


def test_a_glassbox_without_a_stage_says_which_stage_it_needs(project, remedy):
    asking_for(project, "  explanation: {max_behind_reference: 0.01}\n")
    lock(project)
    assert remedy("explanation", "glassbox") == RUN
    (project / "dvc.yaml").write_text((project / "dvc.yaml").read_text().partition("  reference:\n")[0])
    assert remedy("explanation", "glassbox") == f"add the stage `reference` of docs/gates.md to dvc.yaml; then {RUN}"
