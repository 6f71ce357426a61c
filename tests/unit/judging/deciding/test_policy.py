"""A policy cannot be a rubber stamp."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lockgate.domain.judging.deciding.registry import mode_of
from lockgate.domain.judging.deciding.task_fit import demand_fit
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, SlicesPolicy
from lockgate.domain.judging.gates.calibration.policy import CalibrationPolicy
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.judging.gates.latency.policy import LatencyPolicy
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.domain.judging.gates.tests.policy import TestsPolicy
from lockgate.domain.statistics.bounds.proportions import quantile
from lockgate.domain.statistics.metrics.registry import METRICS, value
from lockgate.domain.statistics.sample import Sample
from lockgate.testing.examples import POLICY


@pytest.mark.parametrize("limit", [math.inf, -math.inf, math.nan])
def test_no_limit_can_be_infinite_or_nan(limit):
    for make in (
        lambda: AccuracyPolicy("roc_auc", limit),
        lambda: AccuracyPolicy("roc_auc", 0.9, limit),
        lambda: ParityPolicy(limit, 0.0),
        lambda: ParityPolicy(0.0, limit),
    ):
        with pytest.raises(ValueError, match="finite"):
            make()


def test_no_limit_can_be_negative_and_a_test_must_run():
    for make in (
        lambda: TestsPolicy(min_tests=0),
        lambda: TestsPolicy(max_skipped=-1),
        lambda: AccuracyPolicy("roc_auc", 0.9, -0.1),
        lambda: ParityPolicy(-1e-9, 0.0),
        lambda: ParityPolicy(0.0, 0.0, max_flips=-1),
        lambda: ParityPolicy(0.0, 0.0, multiple=0.5),
        lambda: ParityPolicy(0.0, 0.0, ulps=-1.0),
    ):
        with pytest.raises(ValueError, match="too small"):
            make()


ALPHA = {
    AccuracyPolicy: {"metric": "roc_auc", "floor": 0.9},
    CalibrationPolicy: {"max_brier": 0.2},
    FairnessPolicy: {"attributes": ("job",), "max_equalized_odds_difference": 0.2},
    LatencyPolicy: {"max_mib": 1.0},
}


@pytest.mark.parametrize("policy", ALPHA)
def test_alpha_is_a_chance_that_an_interval_can_be_drawn_for(policy):
    for alpha in (-0.1, 0, 1e-17, 9e-4, 0.5, 5):
        with pytest.raises(ValueError, match=r"alpha .*at least 0.001 and below 0.5: the chance that a bound is wrong"):
            policy(**ALPHA[policy], alpha=alpha)
    level = 1 - 2 * policy(**ALPHA[policy], alpha=1e-3).alpha
    assert math.isfinite(quantile(level))


def test_a_share_is_no_percentage():
    with pytest.raises(ValueError, match=r"max_distance is too large: 10; .* at most 1: a share, not a percentage"):
        DataPolicy(max_distance=10)
    assert DataPolicy(max_distance=1).max_distance == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: FairnessPolicy(("job",), max_equalized_odds_difference=20),
        lambda: FairnessPolicy(("job",), max_equalized_odds_difference=0.2, max_worsening=3),
        lambda: CalibrationPolicy(max_brier=10),
        lambda: ExplanationPolicy(max_shift=15),
        lambda: RobustnessPolicy(max_change=5),
    ],
)
def test_a_limit_that_nothing_could_break_is_refused(make):
    with pytest.raises(ValueError, match=r"is too large: .* at least 0 and at most 1: .*not a percentage"):
        make()


@pytest.mark.parametrize(
    ("metric", "least", "most"),
    [
        ("roc_auc", 0, 1),
        ("f1_macro", 0, 1),
        ("brier", 0, 2),
        ("matthews_corrcoef", -1, 1),
        ("neg_brier_score", -1, 0),
        ("log_loss", 0, None),
        ("positive_likelihood_ratio", 0, None),
        ("neg_log_loss", None, 0),
        ("d2_brier_score", None, 1),
    ],
)
def test_a_floor_or_a_margin_that_nothing_could_break_or_keep_is_refused(metric, least, most):
    for floor in (least, most):
        assert floor is None or AccuracyPolicy(metric, floor).floor == floor
    some = most if least is None else least
    limits = [*([] if least is None else [least - 1]), *([] if most is None else [most + 1])]
    for beyond in ({"floor": limit} for limit in limits):
        with pytest.raises(ValueError, match=rf"floor is too (small|large): .*: {metric} lies there"):
            AccuracyPolicy(metric, **beyond)
        with pytest.raises(ValueError, match=r"slices\.floor is too (small|large)"):
            AccuracyPolicy(metric, some, slices=SlicesPolicy(("job",), **beyond))
    if least is None or most is None:
        assert AccuracyPolicy(metric, some, 5).margin == 5
        return
    wide = {"margin": most - least}
    with pytest.raises(ValueError, match=rf"margin is too large: {most - least}; .*: no two models differ by more in"):
        AccuracyPolicy(metric, some, **wide)
    with pytest.raises(ValueError, match=r"slices\.margin is too large"):
        AccuracyPolicy(metric, some, slices=SlicesPolicy(("job",), **wide))


def test_no_model_is_behind_the_glassbox_by_more_than_the_metric_can_differ():
    explanation = ExplanationPolicy(max_behind_reference=1)
    with pytest.raises(ValueError, match=r"explanation\.max_behind_reference is too large: 1; it must be below 1"):
        replace(POLICY, explanation=explanation)
    losses = replace(POLICY.accuracy, metric="log_loss")
    assert replace(POLICY, accuracy=losses, explanation=explanation).explanation == explanation


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_lies_in_its_range_on_any_rows(name):
    random = np.random.default_rng(7)
    for good in (0.01, 0.5, 0.99):
        labels = random.random(60) < 0.4
        scores = np.where(random.random(60) < good, labels, ~labels) * 0.98 + 0.01
        found = value(name, Sample(labels, scores > 0.5, scores))
        if found is not None:
            METRICS[name].demand_reachable("it", found)


def test_a_fixed_tolerance_needs_its_limits():
    with pytest.raises(ValueError, match="needs max_absolute and max_relative"):
        ParityPolicy(max_absolute=1e-5)


@pytest.mark.parametrize("name", ["tests", "accuracy", "parity", "fairness"])
def test_no_installed_gate_takes_the_name_of_another_whose_findings_it_could_turn_to_warnings(name):
    with pytest.raises(ValueError, match="Lockgate's own"):
        replace(POLICY, plugins={name: {"mode": "warn"}})
    assert replace(POLICY, plugins={"steady": {}}).plugins == {"steady": {}}


@pytest.mark.parametrize("make", [CalibrationPolicy, FairnessPolicy, LatencyPolicy])
def test_a_gate_that_is_off_needs_no_limit(make):
    assert make(mode="off").mode == "off"
    with pytest.raises(ValueError, match="set mode: off"):
        make()


def test_fairness_names_the_columns_that_it_is_judged_by_unless_it_is_off():
    with pytest.raises(ValueError, match="attributes: name at least one column, or set mode: off"):
        FairnessPolicy(max_equalized_odds_difference=0.2)
    with pytest.raises(ValueError, match="give at least one limit"):
        FairnessPolicy(("job",))
    with pytest.raises(ValueError, match="is a condition"):
        FairnessPolicy(("age < 25",), mode="off")
    assert FairnessPolicy(("job",), mode="off").attributes == ("job",)


def test_a_gate_has_the_mode_of_its_own_settings():
    policy = replace(POLICY, latency=LatencyPolicy(max_mib=1.0, mode="warn"))
    assert [mode_of(policy, name) for name in ("tests", "latency", "fairness")] == ["enforce", "warn", "off"]


def test_a_ceiling_is_held_to_where_the_metric_of_the_task_lies():
    policy = replace(POLICY, accuracy=AccuracyPolicy("brier", floor=1.5), explanation=None)
    demand_fit("multiclass", policy)
    with pytest.raises(ValueError, match=r"floor.*1\.5"):
        demand_fit("binary", policy)
