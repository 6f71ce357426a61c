"""A margin that the held-out rows cannot uphold is told, with one that they can."""

import re
from dataclasses import replace

import numpy as np
import pytest
from cases import CASE, finding
from hypothesis import given
from hypothesis import strategies as st

from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.drill_report import passed
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.gate import judge_accuracy, least_margin
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.statistics.differences import nearest_twin
from lockgate.domain.statistics.metrics.registry import METRICS
from lockgate.domain.statistics.sample import Sample
from lockgate.testing.examples import POLICY, SUBJECT, scores_of

NAMES = ("roc_auc", "accuracy", "f1", "average_precision", "recall", "matthews_corrcoef")
NO_MARGIN = replace(POLICY, accuracy=replace(POLICY.accuracy, margin=0.0))


def twin(sample, seed):
    """As good, and not the same."""
    jitter = np.random.default_rng(seed).normal(scale=1e-4, size=sample.rows)
    return replace(sample, scores=np.clip(sample.scores + jitter, 0, 1))


def beside_a_twin(metric="roc_auc"):
    """What the accuracy gate finds of a model beside a twin of it, by the margin."""
    ours, evidence = scores_of(), CASE.evidence.of(AccuracyEvidence)
    other = replace(evidence, subject=replace(SUBJECT, model=sha256(b"twin")))
    theirs = Champion(
        sha256(b"release"), Evidence(scores=replace(ours, sample=nearest_twin(ours.sample))).holding(other)
    )

    def judged(margin):
        return judge_accuracy(AccuracyPolicy(metric, 0.1, margin), evidence, ours, SUBJECT, theirs)[-1]

    return judged


@pytest.mark.parametrize("metric", NAMES)
def test_a_twin_passes_with_the_least_margin_that_is_told_and_not_with_much_less(metric):
    judged, least = beside_a_twin(metric), least_margin(AccuracyPolicy(metric, 0.1), METRICS[metric], scores_of())
    assert judged(least).outcome is Outcome.PASSED
    held = judged(least * 0.85)
    assert held.outcome is Outcome.UNDECIDED
    assert held.remedy.endswith(f"from gates.accuracy.margin: {least:g} on")


@given(st.integers(20, 300), st.integers(0, 2**20))
def test_no_near_twin_needs_less_than_what_is_told_without_a_champion(rows, seed):
    random = np.random.default_rng(seed)
    labels = np.arange(rows) % 3 == 0
    scores = 1 / (1 + np.exp(-(2.0 * labels - 1 + random.normal(size=rows))))
    ours = replace(scores_of(), sample=Sample(labels, scores > 0.5, scores))
    policy = AccuracyPolicy("roc_auc", 0.1)
    real = replace(ours, sample=twin(ours.sample, seed))
    assert least_margin(policy, METRICS["roc_auc"], ours) <= least_margin(policy, METRICS["roc_auc"], ours, real) * 1.1


def test_without_a_champion_a_margin_of_0_is_told_and_another_is_not():
    case = replace(CASE, champion=None)
    told = finding(case, "accuracy", "champion", NO_MARGIN).message
    least = least_margin(NO_MARGIN.accuracy, METRICS[NO_MARGIN.accuracy.metric], CASE.evidence.scores)
    assert "gates.accuracy.margin is 0: the next must be surely better" in told
    assert f"none passes with less than {least:g} that is only as good" in told
    assert finding(case, "accuracy", "champion").message == "the environment has no champion to compare with"


def test_what_holds_a_twin_in_the_drill_comes_with_what_would_let_it_pass():
    held = beside_a_twin()(0.0)
    assert held.outcome is Outcome.UNDECIDED
    assert f" -> {held.remedy}" in passed("a retrained twin", [held]).message


def test_policy_explain_tells_what_the_rows_decide_beside_a_twin_or_the_champion(project, lockgate):
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("    margin: 0.001\n", ""))
    code, said = lockgate("policy", "explain")
    assert code == 0
    assert "a margin of 0: a model that is only as good never passes" in said
    margin = re.search(
        r"that judge fake, beside a twin of it, an equally good model passes from gates.accuracy.margin: (\S+) on", said
    )[1]
    params.write_text(params.read_text().replace("    floor: 0.9\n", f"    floor: 0.9\n    margin: {margin}\n"))
    code, said = lockgate("policy", "explain")
    assert "margin of 0" not in said
    assert "an equally good model" not in said


def test_policy_explain_needs_no_evidence_to_tell_of_a_margin_of_0(project, lockgate, evidence):
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("    margin: 0.001\n", ""))
    (evidence / "accuracy.json").unlink()
    code, said = lockgate("policy", "explain")
    assert code == 0
    assert "a margin of 0" in said
    assert "an equally good model" not in said


def test_evidence_of_before_the_task_was_changed_decides_no_margin(lockgate, project):
    params = project / "params.yaml"
    text = params.read_text().replace('  positive: "yes"\n', "  task: multiclass\n")
    params.write_text(text.replace("metric: roc_auc", "metric: accuracy").replace("    margin: 0.001\n", ""))
    code, said = lockgate("policy", "explain")
    assert (code, "an equally good model" in said, "accuracy at least" in said) == (0, False, True)
