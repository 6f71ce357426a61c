"""The accuracy gate: floors and champions are met by the bounds of intervals, on sound evidence only."""

import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from cases import (
    CASE,
    FAIR,
    PASSED,
    REFUSED,
    UNDECIDED,
    document,
    finding,
    outcome,
    part_of,
    put_of,
    with_accuracy,
    with_evidence,
)

from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.gate import judge_accuracy
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, SlicesPolicy
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.model.task import TASKS
from lockgate.domain.statistics.metrics.registry import METRICS, AnyMetricName, metrics_of
from lockgate.testing.examples import BOOTSTRAP, POLICY, SUBJECT, TASK_OF_EXAMPLE, champion


@pytest.mark.parametrize("metrics", [{}, {"roc_auc": None}, {"roc_auc": math.nan}, {"roc_auc": math.inf}, {"f1": 1.0}])
def test_a_metric_that_is_no_number_leaves_the_verdict_undecided(metrics):
    assert outcome(with_accuracy(metrics=metrics)) is UNDECIDED


@pytest.mark.parametrize("lost", [math.nan, math.inf])
@pytest.mark.parametrize(
    ("metrics", "reason"), [({"roc_auc": 0.944949}, "edited"), ({"roc_auc": None}, "not-measured")]
)
def test_scores_that_are_no_numbers_are_counted(metrics, reason, lost):
    sample = CASE.evidence.scores.sample
    scores = np.where(np.isin(np.arange(sample.rows), (3, 9, 77)), lost, sample.scores)
    table = replace(CASE.evidence.scores, sample=replace(sample, scores=scores))
    found = finding(with_evidence(with_accuracy(metrics=metrics), scores=table), "accuracy", "measured")
    assert (found.outcome, found.reason) == (UNDECIDED, reason)
    assert found.message.endswith(": 3 of 2000 rows have a score that is not a finite number")
    assert "finite probability" in found.remedy


def test_rows_of_one_class_are_said_to_be_so():
    sample = CASE.evidence.scores.sample
    table = replace(CASE.evidence.scores, sample=replace(sample, labels=np.ones_like(sample.labels)))
    found = finding(with_evidence(scores=table), "accuracy", "measured")
    assert (found.outcome, found.message.endswith(": all 2000 rows are of one class")) == (UNDECIDED, True)


def test_a_metric_over_no_row_leaves_the_verdict_undecided():
    assert outcome(with_accuracy(rows=0)) is UNDECIDED


def with_floor(floor, metric="roc_auc", margin=0.001):
    return replace(POLICY, accuracy=AccuracyPolicy(metric, floor, margin))


def test_the_floor_is_met_by_the_lower_bound_and_not_by_the_point():
    found = finding(CASE, "accuracy", "floor")
    low, high = found.interval.low, found.interval.high
    assert low < found.measured < high
    for floor, expected in ((low - 1e-6, PASSED), (found.measured, UNDECIDED), (high + 1e-6, REFUSED)):
        assert finding(CASE, "accuracy", "floor", with_floor(floor)).outcome is expected


def test_between_the_bounds_the_number_of_rows_that_would_decide_is_told():
    measured = finding(CASE, "accuracy", "floor").measured
    found = finding(CASE, "accuracy", "floor", with_floor(measured - 0.004))
    assert (found.outcome, found.reason) == (UNDECIDED, "not-enough-rows")
    rows = int(found.remedy.split()[1])
    assert found.rows < rows < 100 * found.rows


def test_a_loss_has_a_ceiling_instead_of_a_floor():
    found = finding(CASE, "accuracy", "floor", with_floor(0.9, "log_loss"))
    for ceiling, expected in ((found.interval.high + 1e-6, PASSED), (found.interval.low - 1e-6, REFUSED)):
        assert finding(CASE, "accuracy", "floor", with_floor(ceiling, "log_loss")).outcome is expected


def test_a_loss_is_better_than_the_champion_when_it_is_smaller():
    better = replace(CASE, champion=champion(1.2))
    found = finding(better, "accuracy", "champion", with_floor(0.9, "log_loss"))
    assert (found.outcome, found.measured > 0) == (PASSED, True)


@pytest.mark.parametrize(("theirs", "expected"), [(1.5, PASSED), (2.1, PASSED), (2.6, REFUSED), (3.0, REFUSED)])
def test_against_the_champion_the_bounds_of_the_paired_difference_decide(theirs, expected):
    found = finding(replace(CASE, champion=champion(theirs)), "accuracy", "champion", with_floor(0.9, margin=0.0))
    assert found.outcome is expected
    assert found.rows == CASE.evidence.of(AccuracyEvidence).rows
    assert found.interval.low <= found.measured <= found.interval.high


def test_a_difference_whose_interval_holds_the_margin_is_undecided():
    case = replace(CASE, champion=champion(2.6))
    measured = finding(case, "accuracy", "champion").measured
    found = finding(case, "accuracy", "champion", with_floor(0.9, margin=-measured * 1.01))
    assert (found.outcome, found.reason) == (UNDECIDED, "not-enough-rows")


def test_the_champions_own_model_again_is_no_worse_than_itself():
    again = champion()
    again = put_of(again, accuracy=replace(part_of(again, "accuracy"), subject=SUBJECT), scores=None)
    assert finding(replace(CASE, champion=again), "accuracy", "champion").outcome is PASSED


def test_scores_of_another_number_of_rows_leave_the_verdict_undecided():
    assert finding(with_evidence(scores=None), "accuracy", "measured").reason == "no-scores"
    assert finding(with_accuracy(rows=17), "accuracy", "measured").reason == "no-scores"


def test_a_metric_that_its_own_scores_do_not_give_leaves_the_verdict_undecided():
    found = finding(with_accuracy(metrics={"roc_auc": 0.99}), "accuracy", "measured")
    assert (found.outcome, found.reason) == (UNDECIDED, "edited")


def test_a_policy_can_name_every_metric_and_no_other():
    (choice,) = get_args(AnyMetricName)[1:]
    assert set(choice.names) == {name for task in TASKS for name in metrics_of(task)}


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_an_interval_and_a_paired_difference(metric):
    accuracy, evidence = AccuracyPolicy(metric, floor=0.0), CASE.evidence
    found = judge_accuracy(
        accuracy, document(evidence, "accuracy"), evidence.scores, CASE.candidate.subject, CASE.champion
    )
    assert [each.rule for each in found] == ["floor", "champion"]
    for each in found:
        assert each.interval.low <= each.measured <= each.interval.high


def test_no_champion_leaves_the_verdict_undecided():
    assert outcome(replace(CASE, champion=None)) is UNDECIDED


@pytest.mark.parametrize(
    "other",
    [
        Champion(sha256(b"c")),
        put_of(champion(), scores=None),
        champion(subject=replace(SUBJECT, data=md5(b"other rows"))),
        put_of(
            champion(), accuracy=replace(part_of(champion(), "accuracy"), task=replace(TASK_OF_EXAMPLE, positive="no"))
        ),
    ],
    ids=["no evidence", "no scores", "other rows", "other class"],
)
def test_a_champion_that_cannot_be_compared_leaves_the_verdict_undecided(other):
    case = replace(CASE, champion=other)
    assert outcome(case) is UNDECIDED
    assert outcome(case, waivers=[BOOTSTRAP]) is UNDECIDED


@pytest.mark.parametrize("metrics", [{"roc_auc": 0.9279}, {"roc_auc": 0.9279, "f1": None}])
def test_a_champion_is_held_to_its_own_scores_as_the_candidate_is(metrics):
    theirs = champion()
    noise = np.random.default_rng(1).random(theirs.scores.rows)
    other = put_of(
        theirs,
        accuracy=replace(part_of(theirs, "accuracy"), metrics=metrics),
        scores=replace(theirs.scores, sample=replace(theirs.scores.sample, scores=noise)),
    )
    policy = replace(FAIR, accuracy=replace(FAIR.accuracy, slices=SlicesPolicy(("job",), min_rows=100, margin=0.1)))
    found = decide(policy, replace(CASE, champion=other)).findings
    against = {(f.gate, f.rule): f for f in found if "champion" in f.rule}
    assert set(against) == {("accuracy", "champion"), ("fairness", "champion")}
    assert {f.outcome for f in against.values()} == {UNDECIDED}
    accuracy = against["accuracy", "champion"]
    assert accuracy.reason == "edited"
    assert accuracy.message.startswith(f"{other.name}: the evidence says roc_auc 0.927900, its scores do not: 0.5")
    assert "lockgate check champion" in accuracy.remedy


def test_a_metric_of_the_champion_that_nobody_asks_for_may_be_no_number():
    theirs = champion(2.1)
    accuracy = part_of(theirs, "accuracy")
    other = put_of(theirs, accuracy=replace(accuracy, metrics={**accuracy.metrics, "f1": None}))
    assert outcome(replace(CASE, champion=other)) is PASSED


def test_a_champion_that_was_asked_rows_of_other_classes_leaves_the_verdict_undecided():
    theirs = champion()
    turned = replace(theirs.scores.sample, labels=theirs.scores.sample.labels[::-1])
    other = put_of(theirs, scores=replace(theirs.scores, sample=turned))
    assert finding(replace(CASE, champion=other), "accuracy", "champion").reason == "other-rows"
