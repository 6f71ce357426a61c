"""The gates of scores and data for every task: the contract of each, and what is wrong with a task is named."""

from dataclasses import replace

import numpy as np
import pytest

from lockgate.domain.judging.deciding.task_fit import demand_fit
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.gate import ACCURACY
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, ClassesPolicy, SlicesPolicy
from lockgate.domain.judging.gates.calibration.gate import CALIBRATION
from lockgate.domain.judging.gates.calibration.policy import CalibrationPolicy
from lockgate.domain.judging.gates.data.gate import DATA
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.fairness.gate import FAIRNESS
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.judging.protocol.interval_rule import MORE
from lockgate.domain.judging.protocol.words import Told
from lockgate.domain.reviewing.policy_in_words import explain
from lockgate.domain.statistics.metrics.registry import value
from lockgate.testing.contracts import GateContract
from lockgate.testing.examples import POLICY, passing_case
from lockgate.testing.task_examples import METRIC_OF_EXAMPLES, TASKS_OF_EXAMPLES, case_of_task

PASSED, REFUSED, UNDECIDED = Outcome.PASSED, Outcome.REFUSED, Outcome.UNDECIDED
GATES = {gate.name: gate for gate in (ACCURACY, CALIBRATION, DATA, FAIRNESS)}
KINDS = {name: task.kind for name, task in TASKS_OF_EXAMPLES.items()}
FLOOR = {"multiclass": 0.5, "multilabel": 0.5, "regression": 1.0}
OF_CLASSES = {"multiclass": ("recall", 0.5), "multilabel": ("recall", 0.5), "regression": ("mean_absolute_error", 1.0)}
RATES = FairnessPolicy(("job",), 0.3, 0.3, 0.3, 0.3, 0.3, 0.2, max_worsening=0.1)
GAPS = FairnessPolicy(("job",), max_mean_error_gap=0.2, max_absolute_error_gap=0.2, max_gap_worsening=0.1)


def accuracy(kind, **changes):
    metric, floor = OF_CLASSES[kind]
    classes = ClassesPolicy(metric, floor, margin=0.05)
    slices = SlicesPolicy(("job", "age < 40"), FLOOR[kind], 0.1)
    return replace(
        AccuracyPolicy(METRIC_OF_EXAMPLES[kind], FLOOR[kind], 0.0, slices=slices, classes=classes), **changes
    )


def policies(name):
    kind = KINDS[name]
    found = {"accuracy": accuracy(kind), "data": DataPolicy(), "fairness": GAPS if kind == "regression" else RATES}
    if kind != "regression":
        found["calibration"] = CalibrationPolicy(0.5, 0.1)
    if kind == "multiclass":
        found["calibration"] = CalibrationPolicy(0.5, 0.1, 0.1)
    if name == "quantiles":
        found["calibration"] = CalibrationPolicy(max_coverage_error=0.05)
    return found


def contract_of(gate, name):
    class OfTask(GateContract):
        def make(self):
            return GATES[gate], policies(name)[gate]

        def sound(self):
            return passing_case(TASKS_OF_EXAMPLES[name])

    return OfTask


globals().update(
    {f"Test{gate.title()}Of{name.title()}": contract_of(gate, name) for name in KINDS for gate in policies(name)}
)


def judged(gate, policy, case):
    case = replace(case, metric=case.metric)
    return {found.rule: found for found in gate.judge(policy, case)}


def accuracy_of(case):
    return case.evidence.of(AccuracyEvidence)


def with_sample(case, change):
    """Other answers, and the evidence that follows from them."""
    scores = replace(case.evidence.scores, sample=change(case.evidence.scores.sample))
    evidence = replace(case.evidence, scores=scores)
    document = accuracy_of(case)
    told = replace(document, metrics={name: value(name, scores.sample) for name in document.metrics})
    return replace(case, evidence=evidence.holding(told))


def in_blocks(count):
    """Rows of so many machines."""
    return lambda sample: replace(sample, blocks=np.arange(sample.rows) % count)


def case_of(name):
    return case_of_task(TASKS_OF_EXAMPLES[name])


@pytest.mark.parametrize(
    ("name", "first"), [("multiclass", "class cat"), ("multilabel", "label red"), ("targets", "target price")]
)
def test_each_class_label_or_target_has_a_finding(name, first):
    found = judged(ACCURACY, accuracy(KINDS[name]), case_of(name))
    assert f"{first}: floor" in found
    assert f"{first}: champion" in found
    assert f"of {first.split()[1]} " in found[f"{first}: floor"].message


def test_a_class_that_is_never_answered_is_refused_by_name():
    def never_dog(sample):
        scores = sample.scores.copy()
        scores[:, 1] = 0
        return replace(sample, scores=scores, predicted=np.where(scores[:, 0] > scores[:, 2], 0, 2))

    found = judged(ACCURACY, accuracy("multiclass"), with_sample(case_of("multiclass"), never_dog))
    assert (found["class dog: floor"].outcome, found["class dog: floor"].reason) == (REFUSED, "class-below-floor")
    assert found["class cat: floor"].outcome is PASSED


def test_a_rare_class_is_undecided_by_name_and_an_unknown_one_too():
    wanted = ClassesPolicy("recall", 0.5, {"cow": 0.4}, min_rows=1030)
    found = judged(ACCURACY, accuracy("multiclass", classes=wanted), case_of("multiclass"))
    assert (found["rare classes"].outcome, found["rare classes"].reason) == (UNDECIDED, "class-too-small")
    assert "rows)" in found["rare classes"].message
    assert found["classes"].message == "gates.accuracy.classes.floors names 'cow'"


def test_a_class_of_three_rows_asks_for_more_of_them_and_for_no_margin_that_cannot_be():
    def three_dogs(sample):
        truth = np.where(sample.truth == 1, 0, sample.truth)
        truth[:3] = 1
        predicted = np.where(np.arange(sample.rows) == 0, 1, 0)
        return replace(sample, truth=truth, predicted=predicted, blocks=np.arange(sample.rows) // 4)

    wanted = ClassesPolicy("recall", 0.1, margin=0.3, min_rows=3)
    found = judged(ACCURACY, accuracy("multiclass", classes=wanted), with_sample(case_of("multiclass"), three_dogs))
    assert found["class dog: floor"].outcome is UNDECIDED
    assert found["class dog: floor"].remedy == MORE


def test_blocks_of_rows_are_told_and_few_of_them_decide_nothing():
    case = case_of("regression")
    told = judged(
        ACCURACY,
        accuracy("regression"),
        with_sample(case, lambda each: replace(each, blocks=np.arange(each.rows) % 57)),
    )
    assert "57 blocks" in told["floor"].message
    few = judged(ACCURACY, accuracy("regression"), with_sample(case, in_blocks(5)))
    assert few["floor"].outcome is UNDECIDED
    assert "5 blocks" in few["floor"].message


def test_a_floor_may_be_relative_to_a_naive_forecast():
    case = with_sample(case_of("regression"), lambda each: replace(each, naive=np.full_like(each.truth, 10.0)))
    document = accuracy_of(case)
    told = replace(document, metrics={"mae_skill": value("mae_skill", case.evidence.scores.sample)})
    case = replace(case, metric=None, evidence=case.evidence.holding(told))
    assert judged(ACCURACY, AccuracyPolicy("mae_skill", 0.2, 0.5), case)["floor"].outcome is PASSED


def test_probabilities_that_are_too_sure_are_refused():
    def surer(sample):
        sharp = sample.scores**3
        return replace(sample, scores=sharp / sharp.sum(axis=1, keepdims=True))

    found = judged(CALIBRATION, CalibrationPolicy(0.9, 0.05, 0.03), with_sample(case_of("multiclass"), surer))
    assert found["calibration error"].outcome is REFUSED
    assert "of the likeliest class" in found["calibration error"].message
    assert found["calibration of classes"].outcome is REFUSED
    assert "the worst of 3" in found["calibration of classes"].message


def test_a_label_whose_probabilities_mean_nothing_is_named():
    def halved(sample):
        return replace(sample, scores=sample.scores * [1.0, 0.5])

    found = judged(CALIBRATION, CalibrationPolicy(0.9, 0.05), with_sample(case_of("multilabel"), halved))
    assert "expected calibration error of round" in found["calibration error"].message
    assert found["calibration error"].outcome is REFUSED


def test_quantiles_that_are_too_narrow_are_refused_and_named():
    def narrower(sample):
        middle = sample.at[:, [1]]
        return replace(sample, at=middle + (sample.at - middle) / 2)

    found = judged(CALIBRATION, CalibrationPolicy(max_coverage_error=0.05), with_sample(case_of("quantiles"), narrower))
    assert found["coverage"].outcome is REFUSED
    assert "the interval from 0.1 to 0.9 covers" in found["coverage"].message


def test_truths_that_lie_on_a_quantile_are_covered_from_both_sides():
    def whole(sample):
        return replace(
            sample, truth=np.zeros_like(sample.truth), at=np.zeros_like(sample.at), values=np.zeros_like(sample.values)
        )

    case = with_sample(case_of("quantiles"), whole)
    assert judged(CALIBRATION, CalibrationPolicy(max_coverage_error=0.05), case)["coverage"].measured == 0


def harder_for_smiths(case, change):
    smiths = case.evidence.scores.columns["job"] == "smith"
    return with_sample(case, lambda sample: change(sample, smiths))


def test_a_class_that_one_group_seldom_gets_is_named():
    def no_dogs(sample, smiths):
        scores = np.where(
            (smiths & (np.arange(sample.rows) % 2 == 0))[:, None], sample.scores * [1, 1e-6, 1], sample.scores
        )
        return replace(sample, scores=scores, predicted=scores.argmax(axis=1))

    policy = FairnessPolicy(("job",), 0.1, max_error_rate_difference=0.05)
    found = judged(FAIRNESS, policy, harder_for_smiths(case_of("multiclass"), no_dogs))
    parity = found["job: demographic parity difference"]
    assert parity.outcome is REFUSED
    assert "demographic parity difference of dog" in parity.message
    assert "for job=smith" in parity.message
    assert found["job: error rate difference"].outcome is REFUSED


@pytest.mark.parametrize(("name", "unit"), [("regression", "target"), ("targets", "spread"), ("quantiles", "target")])
def test_groups_whose_errors_lie_apart_are_named(name, unit):
    def biased(sample, smiths):
        moved = np.where(smiths[:, None], sample.values + 0.4, sample.values)
        return replace(sample, values=moved)

    policy = replace(GAPS, gap_unit=unit)
    found = judged(FAIRNESS, policy, harder_for_smiths(case_of(name), biased))
    gap = found["job: mean error gap"]
    assert gap.outcome is REFUSED
    assert "for job=smith" in gap.message
    assert found["job: mean absolute error gap"].outcome is PASSED
    assert found["job: mean error champion"].reason == "less-fair-than-champion"


def test_groups_of_few_blocks_have_no_interval():
    case = with_sample(case_of("regression"), in_blocks(5))
    assert judged(FAIRNESS, GAPS, case)["job: mean error gap"].outcome is UNDECIDED
    case = with_sample(case_of("multiclass"), in_blocks(5))
    assert judged(FAIRNESS, RATES, case)["job: demographic parity difference"].outcome is UNDECIDED


FITS = replace(POLICY, accuracy=AccuracyPolicy("accuracy", 0.5, 0.1))
BRIER, COVERED = CalibrationPolicy(0.2), CalibrationPolicy(max_coverage_error=0.1)
INSTEAD = "and the task is regression; of a regression task it has max_coverage_error"


def of_classes(kind, metric):
    return accuracy(kind, classes=ClassesPolicy(metric, 0.5))


@pytest.mark.parametrize(
    ("task", "quantiles", "section", "settings", "told"),
    [
        ("regression", (), "calibration", BRIER, "gates.calibration: a regression that answers one number"),
        ("regression", (0.5,), "calibration", BRIER, INSTEAD),
        ("multiclass", (), "calibration", COVERED, "gates.calibration.max_coverage_error"),
        ("multiclass", (), "fairness", GAPS, "gates.fairness.max_mean_error_gap: a setting for regression"),
        ("regression", (), "fairness", RATES, "gates.fairness.max_demographic_parity_difference"),
        ("multilabel", (), "data", DataPolicy(min_positive_share=0.1), "gates.data.min_positive_share: a setting for"),
        ("binary", (), "data", DataPolicy(min_share=0.1), "gates.data.min_share"),
        ("binary", (), "accuracy", accuracy("multiclass"), "gates.accuracy.classes: a setting for multiclass"),
        ("regression", (), "accuracy", of_classes("regression", "recall"), "recall is no metric of one target"),
        ("multiclass", (), "accuracy", of_classes("multiclass", "r2"), "r2 is no metric of one class"),
    ],
)
def test_what_asks_nothing_of_the_task_is_an_error(task, quantiles, section, settings, told):
    metric = {"regression": "mean_absolute_error", "multilabel": "f1_macro"}.get(task, "accuracy")
    policy = replace(FITS, accuracy=AccuracyPolicy(metric, 0.5, 0.1))
    with pytest.raises(ValueError, match=r"gates\.") as error:
        demand_fit(task, replace(policy, **{section: settings}), quantiles)
    assert told in str(error.value)


@pytest.mark.parametrize("name", KINDS)
def test_the_policy_of_a_task_fits_and_is_told(name):
    task = TASKS_OF_EXAMPLES[name]
    quantiles = getattr(task, "quantiles", ())
    policy = replace(POLICY, **policies(name))
    demand_fit(task.kind, policy, quantiles)
    lines = list(explain(policy, "production", Told(task=task.kind, quantiles=quantiles)))
    said = [line for line in lines if line.startswith("calibration: ")]
    assert ("says nothing of how sure it is" in said[0]) == (task.kind == "regression" and not quantiles)


def crossing_in(rows):
    """Quantiles that cross in so many rows, from the first on."""

    def crossed(sample):
        at = sample.at.copy()
        at[:rows] = at[:rows, ::-1]
        return replace(sample, at=at)

    return crossed


@pytest.mark.parametrize(
    ("crossed", "limit", "outcome"),
    [
        (0, 0.05, PASSED),
        (0, 0.0, PASSED),
        (1, 0.0, REFUSED),
        (0, 1e-6, UNDECIDED),
        (1, 0.05, PASSED),
        (0.2, 0.05, REFUSED),
    ],
)
def test_quantiles_may_cross_in_a_share_of_the_rows(crossed, limit, outcome):
    case = case_of("quantiles")
    rows = int(crossed * case.evidence.scores.sample.rows) if crossed < 1 else crossed
    found = judged(CALIBRATION, CalibrationPolicy(max_crossing=limit), with_sample(case, crossing_in(rows)))["crossing"]
    assert (found.outcome, found.measured) == (outcome, rows / found.rows)
    assert found.reason == {REFUSED: "quantiles-cross", UNDECIDED: "not-enough-rows"}.get(outcome, "")
    assert ("sort the quantiles of each row" in found.remedy) == (outcome is REFUSED)


def test_rows_of_few_blocks_say_nothing_of_others_that_cross():
    case = with_sample(case_of("quantiles"), in_blocks(5))
    assert judged(CALIBRATION, CalibrationPolicy(max_crossing=0.5), case)["crossing"].outcome is UNDECIDED
    assert judged(CALIBRATION, CalibrationPolicy(max_crossing=0.0), case)["crossing"].outcome is PASSED


def test_rare_labels_are_named_as_such():
    wanted = ClassesPolicy("recall", 0.0, min_rows=10**6)
    assert "rare labels" in judged(ACCURACY, accuracy("multilabel", classes=wanted), case_of("multilabel"))


@pytest.mark.parametrize(("unit", "said"), [("target", "in the unit of the target"), ("spread", "in standard dev")])
def test_a_gap_between_errors_is_told_in_its_unit(unit, said):
    policy = replace(POLICY, fairness=replace(GAPS, gap_unit=unit))
    lines = list(explain(policy, "production", Told(task="regression")))
    assert any(line.startswith(f"  mean errors lie at most 0.2 apart, {said}") for line in lines), lines


def test_the_shares_of_rows_are_of_each_class_or_label():
    for task, noun in (("multiclass", "class"), ("multilabel", "label")):
        for least, told in ((0.1, "is that of at least 0.1"), (0.0, "has a row at least")):
            lines = explain(replace(POLICY, data=DataPolicy(min_share=least)), "production", Told(task=task))
            assert any(f"each {noun} {told}" in line for line in lines)
