"""A probe of somebody else's package: the policy names it, the model is asked, and nothing passes without it."""

from dataclasses import replace

import measured
import numpy as np
import pytest
from cases import finding
from extended import blocks, install
from whole import ROBUSTNESS, STRICT, WHOLE

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.python.entry_points import installed_for
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.domain.judging.protocol.extensions.installed import Installed
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.errors import SettingsError
from lockgate.testing.examples import POLICY
from lockgate.usecases.measuring.kinds.accuracy import open_judged
from lockgate.usecases.measuring.kinds.robustness import check_robustness
from lockgate.usecases.measuring.methods import method_here

SHOUTED = "acme.shouted"
ASKED = RobustnessPolicy(max_change=0.2, probes=(SHOUTED,))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The probe that the docs show, installed; its module, free to be changed before it is loaded."""
    return install("A probe", tmp_path / "site", monkeypatch)


@pytest.fixture
def shouted(package):
    return installed_for([], [SHOUTED], "binary").probes[SHOUTED]


def project_with(tmp_path, installed):
    made = measured.project_at(tmp_path)
    return replace(made, installed=installed, settings=replace(made.settings, gates=replace(POLICY, robustness=ASKED)))


def check(project):
    return check_robustness(
        project, open_judged(project, "example", measured.RUNTIME, measured.TABLES), measured.RUNTIME
    )


def judged(case, probe=None):
    """The gate's finding on the evidence as a whole, and its outcome."""
    given = replace(case, installed=Installed(probes={SHOUTED: probe} if probe else {}))
    return finding(given, "robustness", "measured", replace(STRICT, robustness=ASKED))


def measured_by(evidence):
    return replace(WHOLE, evidence=WHOLE.evidence.holding(evidence))


def test_the_settings_that_are_shown_are_those_of_the_policy(tmp_path):
    (shown,) = blocks("A probe", "yaml")
    (tmp_path / "params.yaml").write_text(shown)
    read = TypedDocuments(LocalFiles()).read_settings(
        tmp_path / "params.yaml", RobustnessPolicy, section="gates.robustness"
    )
    assert read == ASKED


def test_every_input_of_its_type_is_probed_and_evidence_says_by_which_package(tmp_path, shouted):
    project = project_with(tmp_path, Installed(probes={SHOUTED: shouted}))
    found = check(project)
    (probe,) = (each for each in found.probes if each.kind == SHOUTED)
    assert (probe.column, probe.rows, probe.not_finite, probe.error) == ("job", found.rows, 0, "")
    assert probe.mean_change > 0  # the model knows `clerk`, and nobody called CLERK
    assert found.tools["acme-probes"] == "0.3"
    assert found.method.endswith(", acme.shouted acme-probes==0.3")
    assert len([each for each in found.probes if each.column == "job"]) == 3
    assert "acme" not in method_here(project, "accuracy")


def test_nothing_is_measured_with_a_probe_that_is_not_here(tmp_path):
    project = project_with(tmp_path, Installed(problems={SHOUTED: "no such probe is installed"}))
    with pytest.raises(SettingsError, match=r"gates.robustness.probes: acme.shouted cannot be asked: no such probe"):
        check(project)


def with_probe(**changes):
    result = replace(next(each for each in ROBUSTNESS.probes if each.column == "job"), kind=SHOUTED, **changes)
    return measured_by(replace(ROBUSTNESS, probes=(*ROBUSTNESS.probes, result)))


def test_it_is_held_to_the_limit_of_its_family(shouted):
    policy = replace(STRICT, robustness=ASKED)
    given = Installed(probes={SHOUTED: shouted})
    good = replace(with_probe(), installed=given)
    assert finding(good, "robustness", "change", policy).outcome is Outcome.PASSED
    found = finding(replace(with_probe(mean_change=0.5), installed=given), "robustness", "change", policy)
    assert (found.outcome, found.reason) == (Outcome.REFUSED, "fragile")
    assert found.message.startswith("job in capitals by acme.shouted of acme-probes 0.3 moves the probability")


def test_without_the_package_nothing_passes():
    found = judged(with_probe())
    assert (found.outcome, found.reason) == (Outcome.UNDECIDED, "not-measured")
    assert found.message == "the probe acme.shouted cannot be asked here: it is not installed"


def test_what_is_installed_and_broken_is_not_to_be_installed(tmp_path, package):
    package.write_text("SHOUTED = 1\n")
    given = installed_for([], [SHOUTED], "binary")
    found = finding(replace(with_probe(), installed=given), "robustness", "measured", replace(STRICT, robustness=ASKED))
    assert found.message.endswith("acme_probes:SHOUTED is 1, no Probe")
    assert found.remedy == "ask those who made acme-probes 0.3"
    with pytest.raises(SettingsError) as raised:
        check(project_with(tmp_path, given))
    assert raised.value.hint == "ask those who made acme-probes 0.3, or take it out of gates.robustness.probes"


def test_a_probe_that_is_due_and_was_not_asked_leaves_the_gate_undecided(shouted):
    found = judged(WHOLE, shouted)
    assert found.outcome is Outcome.UNDECIDED
    assert found.message.startswith("1 probes were not asked, as job in capitals by acme.shouted")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (lambda column, values, profile: 1 / 0, "failed: ZeroDivisionError"),
        (lambda column, values, profile: values[:1], "failed: ValueError: it gave values of the shape (1,)"),
        (lambda column, values, profile: np.arange(len(values)), "failed: RowError"),
    ],
)
def test_a_probe_that_has_no_values_leaves_the_gate_undecided_and_says_why(tmp_path, shouted, values, said):
    broken = replace(shouted, values=values)
    found = check(project_with(tmp_path, Installed(probes={SHOUTED: broken})))
    (probe,) = (each for each in found.probes if each.kind == SHOUTED)
    assert (probe.rows, probe.mean_change) == (0, None)
    assert probe.error.startswith(f"acme.shouted of acme-probes 0.3 {said}")
    told = judged(with_probe(rows=0, mean_change=None, error=probe.error), broken)
    assert (told.outcome, probe.error in told.message) == (Outcome.UNDECIDED, True)
    assert told.remedy.startswith("ask those who made acme-probes 0.3; then run")


def test_evidence_with_a_probe_that_the_policy_names_no_more_is_judged_without_it():
    policy = replace(STRICT, robustness=replace(ASKED, probes=()))
    assert finding(with_probe(mean_change=0.9), "robustness", "change", policy).outcome is Outcome.PASSED


def test_what_is_no_probe_cannot_be_asked(package):
    package.write_text(f"{package.read_text()}\nSHOUTED = 'loud'\n")
    assert installed_for([], [SHOUTED], "binary").problems[SHOUTED] == "acme_probes:SHOUTED is 'loud', no Probe"
    assert "did you mean 'acme.shouted'?" in installed_for([], ["acme.shout"], "binary").problems["acme.shout"]


@pytest.mark.parametrize(
    ("method", "whole"), [("", True), ("1, numpy 2.4.6", True), ("2, numpy 2.4.6", False), ("10", False)]
)
def test_evidence_of_before_need_not_have_a_probe_of_after(shouted, method, whole):
    later = replace(shouted, since=2)
    case = measured_by(replace(ROBUSTNESS, method=method))
    given = replace(case, installed=Installed(probes={SHOUTED: later}))
    findings = decide(replace(STRICT, robustness=ASKED), given).findings
    assert ("measured" not in {each.rule for each in findings if each.gate == "robustness"}) is whole
