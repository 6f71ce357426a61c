"""What findings name as remedies is done as it stands, in the project of docs/your-model.md: they find otherwise."""

import json
import re
import shlex

import pytest
from one_process import OneProcess
from tutorial import quickly_tested, sh

pytestmark = pytest.mark.slow
COMMAND = re.compile(
    r"(?:run|make it again:|measure:|ask the champion these rows:) "
    r"`?(lockgate [a-z ]+)`?(?:, which collects the evidence again)?"
)
"""A remedy that is a command and nothing else."""
ASKS = """\
  data: {max_distance: 0.5, max_single_feature: 0.995}
  explanation: {max_shift: 0.5}
  robustness: {max_nudge: 0.02}
  latency: {max_mib: 5}
"""


class LoadedModel:
    """The project, judged again and again."""

    def __init__(self, process):
        self.folder, self._process = process.folder, process

    def findings(self):
        self._process.call("gate")
        found = json.loads((self.folder / "build/verdict.json").read_text())["findings"]
        return {(each["gate"], each["reason"]): each["remedy"] for each in found if each["reason"]}

    def do(self, command):
        code, said = self._process.call(*shlex.split(command)[1:])
        assert code == 0, command + said

    def heal(self):
        """Run every command that a finding names; what was found before and after, each with its remedy."""
        before = self.findings()
        commands = {found[1] for remedy in before.values() if (found := COMMAND.fullmatch(remedy))}
        for command in sorted(commands, reverse=True):  # the stages before what is measured of their results
            self.do(command)
        after = self.findings()
        return before, after

    def healed(self):
        """The findings whose remedy is a command, after it was run."""
        before, after = self.heal()
        commanded = {key for key, remedy in before.items() if COMMAND.fullmatch(remedy)}
        assert commanded & set(after) == set(), {key: after[key] for key in commanded & set(after)}
        return commanded, after

    def edit(self, name, old, new):
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def commit(self):
        done = sh(self.folder, "git add --all && git commit --quiet -m Change")
        assert done.returncode == 0, done.stderr


@pytest.fixture
def judged(tutorial):
    process = OneProcess("lockgate.cli.main:run", tutorial)
    yield LoadedModel(process)
    process.end()


def broken(path, **changes):
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, **changes}))


def test_every_command_that_a_finding_names_changes_what_it_finds(judged):
    # The project's tests are run four times: those that load no model are enough.
    quickly_tested(judged.folder)
    # Gates that are new in the policy find what a stage made before anybody asked for it.
    judged.edit("params.yaml", "  parity:\n", f"{ASKS}  parity:\n")
    judged.commit()
    commanded, after = judged.healed()
    assert commanded == {("tests", "not-fresh"), ("latency", "not-measured")}
    assert set(after) == {("robustness", "not-finite")}, after

    # Evidence that was lost, changed, or brought from elsewhere.
    evidence = judged.folder / "build/candidates/logistic/evidence"
    broken(evidence / "accuracy.json", metrics={"roc_auc": 0.999})
    broken(evidence / "data.json", task={"kind": "binary", "classes": [], "positive": "benign"})
    broken(judged.folder / "build/tests/evidence.json", failed=["test_one"])
    (evidence / "explanation.json").write_text("{")
    (evidence / "parity.json").unlink()
    (evidence / "robustness.json").unlink()
    commanded, after = judged.healed()
    assert commanded >= {
        ("accuracy", "edited"), ("data", "edited"), ("tests", "edited"), ("explanation", "not-measured"),
        ("parity", "not-measured"), ("robustness", "not-measured"), ("integrity", "other-result"),
    }  # fmt: skip
    assert set(after) == {("robustness", "not-finite")}, after

    # Another source, a service on another runtime than the one that judged, and a stage that names kinds, as those of
    # older projects do.
    judged.edit("params.yaml", "C: 1.0", "C: 0.5")
    judged.edit("serving/requirements.txt", "onnxruntime==", "onnxruntime==0.")
    judged.edit("dvc.yaml", "lockgate check --candidate", "lockgate check accuracy parity --candidate")
    judged.commit()
    commanded, after = judged.healed()
    assert {("integrity", "other-source"), ("parity", "edited"), ("tests", "not-fresh")} <= commanded
    # The model is not the champion's any more, which was never asked these rows.
    commanded, after = judged.healed()
    assert ("accuracy", "no-champion-evidence") in commanded
    assert "pin the same onnxruntime in the service's requirements.txt" in after["parity", "other-runtime"]
    remedy = after["robustness", "not-measured"]
    named = re.match(r"take the kinds out of `(lockgate check)([a-z ]+)` in .* of dvc.yaml; then run `(.*?)`", remedy)

    # Done as they say.
    judged.edit("serving/requirements.txt", "onnxruntime==0.", "onnxruntime==")
    judged.edit("dvc.yaml", named[1] + named[2], named[1])
    judged.commit()
    judged.do(named[3])
    after = judged.findings()
    assert not {("parity", "other-runtime"), ("robustness", "not-measured")} & set(after), after
    assert ("robustness", "not-finite") in after
