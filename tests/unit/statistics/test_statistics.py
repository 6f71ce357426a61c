"""Estimates and intervals: against scikit-learn and SciPy, and against what simulated rows truly are."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, norm
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer

from lockgate.domain.statistics.bootstrap import paired_resamples
from lockgate.domain.statistics.bounds.proportions import clopper_pearson, tango
from lockgate.domain.statistics.bounds.ranks import delong, delong_difference
from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.estimates import estimate, rows_that_would_decide
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.metrics.calibration_error import (
    brier,
    error_of_probabilities,
    expected_calibration_error,
)
from lockgate.domain.statistics.metrics.registry import METRICS, value
from lockgate.domain.statistics.multiple_testing import holm
from lockgate.domain.statistics.sample import Sample

LEVEL = 0.95
OWN = {"brier", "log_loss", "specificity"}


def sample(rows: int, seed: int, *, digits: int = 2, noise: float = 0.0) -> Sample:
    random = np.random.default_rng(seed)
    labels = random.random(rows) < 0.3
    labels[:2] = True, False
    signal = random.normal(size=rows) + 1.5 * labels - 1 + noise * random.normal(size=rows)
    scores = np.round(1 / (1 + np.exp(-signal)), digits)
    return Sample(labels, scores > 0.5, scores)


def with_sklearn(metric: str, of: Sample) -> float:
    class Told(ClassifierMixin, BaseEstimator):
        classes_ = np.array([0, 1])

        def fit(self, features, labels):
            return self

        def __sklearn_is_fitted__(self):
            return True

        def predict(self, features):
            return features[:, 1].astype(int)

        def predict_proba(self, features):
            return np.column_stack([1 - features[:, 0], features[:, 0]])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        features = np.column_stack([of.scores, of.predicted])
        return float(get_scorer(metric)(Told(), features, of.labels.astype(int)))


@pytest.mark.parametrize("metric", sorted(set(METRICS) - OWN))
@pytest.mark.parametrize(("rows", "digits"), [(12, 1), (300, 1), (300, 9)])
def test_a_metric_is_scikit_learns(metric, rows, digits):
    of = sample(rows, rows, digits=digits)

    found = value(metric, of)

    if found is None:  # a ratio without an end, in whose place scikit-learn puts a number
        assert "likelihood" in metric
    else:
        assert found == pytest.approx(with_sklearn(metric, of), abs=1e-12)


def test_the_projects_own_metrics():
    of = sample(200, 1)

    assert value("log_loss", of) == -value("neg_log_loss", of)
    assert value("brier", of) == -value("neg_brier_score", of)
    flipped = Sample(~of.labels, ~of.predicted, 1 - of.scores)
    assert value("specificity", of) == value("recall", flipped)
    assert {name for name, metric in METRICS.items() if not metric.higher_is_better} == {"brier", "log_loss"}


def test_what_has_no_value():
    of = sample(50, 1)
    broken = Sample(of.labels, of.predicted, np.where(np.arange(50) == 3, np.nan, of.scores))

    assert value("roc_auc", broken) is None
    assert value("roc_auc", of.where(of.labels)) is None
    assert estimate("roc_auc", of.where(of.labels), LEVEL) == Estimate(None, None, int(of.labels.sum()))
    assert difference("log_loss", of, broken, LEVEL).interval is None
    with pytest.raises(KeyError):
        value("nonsense", of)


@pytest.mark.parametrize("trials", [1, 20, 1000, 10**6])
@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.5, 0.97, 1])
def test_clopper_pearson_is_the_beta_quantile(trials, share):
    successes = int(trials * share)
    found = clopper_pearson(successes, trials, LEVEL)

    low = beta.ppf(0.025, successes, trials - successes + 1) if successes else 0.0
    high = beta.ppf(0.975, successes + 1, trials - successes) if successes < trials else 1.0
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 400))
@settings(max_examples=60)
def test_tango_mirrors_and_holds_what_was_found(ours, theirs, agreeing):
    rows = ours + theirs + agreeing
    one, other = tango(ours, theirs, rows, LEVEL), tango(theirs, ours, rows, LEVEL)

    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)
    assert -1 <= one.low <= (ours - theirs) / rows <= one.high <= 1


def test_tango_is_the_published_example():
    found = tango(1, 9, 44, 0.95)  # 44 rows, 9 against 1: found numerically from the score equation

    z = 1.959963984540054
    for bound in (found.low, found.high):
        b, c, n = 1, 9, 44
        linear, constant = -b - c + (2 * n - b + c) * bound, -c * bound * (1 - bound)
        share = (np.sqrt(linear**2 - 8 * n * constant) - linear) / (4 * n)
        assert abs(b - c - n * bound) / np.sqrt(n * (2 * share + bound * (1 - bound))) == pytest.approx(z, abs=1e-6)


def kernel_variance(labels, *scores):
    """DeLong's variance of the first area, or of the difference of two, from all pairs of rows."""
    wins = [np.sign(one[labels][:, None] - one[~labels][None, :]) / 2 + 0.5 for one in (np.asarray(s) for s in scores)]
    kernel = wins[0] - (wins[1] if len(wins) > 1 else 0)
    parts = kernel.mean(axis=1), kernel.mean(axis=0)
    return kernel.mean(), sum(part.var(ddof=1) / len(part) for part in parts)


@pytest.mark.parametrize("digits", [1, 9])
def test_delong_is_the_one_of_all_pairs(digits):
    ours, theirs = sample(2500, 3, digits=digits), sample(2500, 3, digits=digits, noise=0.5)
    area, variance = kernel_variance(ours.labels, ours.scores)
    gap, paired = kernel_variance(ours.labels, ours.scores, theirs.scores)

    single = delong(ours.labels, ours.scores, LEVEL)
    both = delong_difference(ours.labels, ours.scores, theirs.scores, LEVEL)

    logit = np.log(single.interval.high / (1 - single.interval.high)) - np.log(area / (1 - area))
    assert single.value == pytest.approx(area, abs=1e-12)
    assert logit == pytest.approx(1.959964 * np.sqrt(variance) / (area * (1 - area)), rel=1e-6)
    assert both.value == pytest.approx(gap, abs=1e-12)
    assert (both.interval.high - both.interval.low) / 2 == pytest.approx(1.959964 * np.sqrt(paired), rel=1e-6)


def test_a_perfect_area_is_not_certain():
    labels = np.arange(80) < 20

    found = delong(labels, labels.astype(float), LEVEL)

    assert found.value == 1
    assert found.interval.low < 0.97
    assert found.interval.high == 1


def test_equal_scores_differ_by_nothing_and_other_scores_might():
    labels = np.arange(80) < 20
    perfect, other = labels.astype(float), 2 * labels + np.linspace(0, 1, 80)

    assert delong_difference(labels, perfect, perfect.copy(), LEVEL).interval.high == 0
    assert delong_difference(labels, perfect, other, LEVEL).interval.low < 0


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_a_better_model_is_better_in_every_metric(metric):
    better, worse = sample(700, 5), sample(700, 5, noise=1.5)

    found, mirrored = difference(metric, better, worse, LEVEL), difference(metric, worse, better, LEVEL)

    assert found.value == pytest.approx(-mirrored.value)
    assert found.interval.low < found.value < found.interval.high
    assert (found.value > 0) or "specificity" in metric or "likelihood" in metric
    single = estimate(metric, better, LEVEL)
    assert single.interval.low < single.value < single.interval.high


@pytest.mark.parametrize("metric", ["f1", "roc_auc", "log_loss", "d2_log_loss_score", "average_precision"])
def test_the_same_rows_always_give_the_same_interval(metric):
    ours, theirs = sample(80, 5), sample(80, 5, noise=1.5)

    assert difference(metric, ours, theirs, LEVEL) == difference(metric, ours, theirs, LEVEL)


def test_a_difference_is_of_the_same_rows():
    with pytest.raises(ValueError, match="same rows"):
        difference("accuracy", sample(50, 1), sample(50, 2), LEVEL)


def test_resamples_vary_as_the_exact_methods_say():
    ours, theirs = sample(2000, 7), sample(2000, 7, noise=0.5)

    drawn = paired_resamples([METRICS["roc_auc"], METRICS["accuracy"]], ours, theirs, 1500)

    for metric in ("roc_auc", "accuracy"):
        known = difference(metric, ours, theirs, LEVEL)
        half = (known.interval.high - known.interval.low) / 2 / 1.96
        assert drawn[metric].std() == pytest.approx(half, rel=0.12)
        assert drawn[metric].mean() == pytest.approx(known.value, abs=half / 4)
    again = paired_resamples([METRICS["accuracy"]], ours, theirs, 1500)
    assert np.array_equal(again["accuracy"], drawn["accuracy"])


def test_resampling_weighs_as_copying_rows_does():
    of = sample(60, 9, digits=1)

    for metric in ("roc_auc", "average_precision", "f1", "log_loss"):
        drawn = paired_resamples([METRICS[metric]], of, None, 400)[metric]
        random = np.random.default_rng(1)
        copied = [value(metric, of.where(random.integers(0, 60, 60))) for _ in range(400)]
        assert np.mean(drawn) == pytest.approx(np.mean(copied), abs=0.03)
        assert np.std(drawn) == pytest.approx(np.std(copied), rel=0.25)


def covered(truth, measure, simulations=200):
    random = np.random.default_rng(13)
    intervals = [measure(random).interval for _ in range(simulations)]
    return np.mean([one.low - 1e-12 <= truth <= one.high + 1e-12 for one in intervals])


def answered(random, rows, recall, false):
    labels = np.arange(rows) < rows // 4
    said = random.random(rows) < np.where(labels, recall, false)
    return Sample(labels, said, said.astype(float))


def test_accuracy_is_covered_in_few_rows():
    assert covered(0.98, lambda random: estimate("accuracy", answered(random, 80, 0.98, 0.02), LEVEL)) >= 0.92


def test_f1_is_covered_in_few_rows_near_1():
    f1 = 2 * 0.98 / (0.98 + 0.005 * 3 + 1)
    assert covered(f1, lambda random: estimate("f1", answered(random, 80, 0.98, 0.005), LEVEL)) >= 0.9


def test_a_paired_f1_is_covered():
    def both(random):
        return difference("f1", answered(random, 80, 0.8, 0.1), answered(random, 80, 0.8, 0.1), LEVEL)

    assert covered(0.0, both) >= 0.9


@pytest.mark.parametrize("area", [0.8, 0.97])
def test_an_area_is_covered_in_few_rows(area):
    labels = np.arange(80) < 20

    def one(random):
        return delong(labels, random.normal(size=80) + labels * norm.ppf(area) * np.sqrt(2), LEVEL)

    assert covered(area, one) >= 0.9


def test_a_loss_is_covered():
    def one(random):
        scores = random.beta(1, 3, 200)
        return brier(Sample(random.random(200) < scores, scores > 0.5, scores), LEVEL)

    assert covered(0.15, one) >= 0.9  # E p(1 - p) for Beta(1, 3): 1/4 - 1/10


def test_what_no_row_shows_may_still_be_there():
    labels = np.arange(80) < 20
    sure = Sample(labels, labels, labels.astype(float))
    three = 1 - 0.025 ** (1 / 80)  # the rule of three: so many of the population may be of a kind that no row is of

    assert estimate("brier", sure, LEVEL).interval.high == pytest.approx(three)
    assert estimate("average_precision", sure, LEVEL).interval.low == pytest.approx(0.025 ** (1 / 20))
    assert estimate("d2_brier_score", sure, LEVEL).interval.low == pytest.approx(1 - three / (0.25 * 0.75))
    assert estimate("log_loss", sure, LEVEL).interval.high > 1


def test_sure_answers_are_covered_where_most_samples_have_no_error():
    def one(random):
        labels = random.random(80) < 0.3
        said = labels ^ (random.random(80) < 0.01)
        return estimate("brier", Sample(labels, said, said.astype(float)), LEVEL)

    assert covered(0.01, one) >= 0.9


def test_a_paired_loss_is_covered():
    def both(random):
        truth = random.beta(1, 3, 200)
        labels = random.random(200) < truth
        answers = [np.clip(truth + 0.1 * random.normal(size=200), 0.001, 0.999) for _ in range(2)]
        return difference("brier", *(Sample(labels, scores > 0.5, scores) for scores in answers), LEVEL)

    assert covered(0.0, both) >= 0.92


@pytest.mark.parametrize("metric", ["brier", "neg_log_loss", "average_precision", "d2_brier_score", "roc_auc"])
def test_models_that_answer_alike_differ_by_nothing(metric):
    labels = np.arange(80) < 20
    of = Sample(labels, labels, np.where(labels, 0.9, 0.1))
    other = Sample(labels, labels, np.where(labels, 0.8, 0.2))

    same, near = difference(metric, of, of, LEVEL), difference(metric, of, other, LEVEL)

    assert (same.value, same.interval.low, same.interval.high) == (0, 0, 0)
    assert near.interval.low <= near.value <= near.interval.high + 1e-12
    assert near.interval.low < near.interval.high


def test_an_interval_reaches_to_what_was_found_where_one_class_is_never_answered():
    labels = np.arange(9000) < 3000
    ever, never = (Sample(labels, np.full(9000, said), np.full(9000, float(said))) for said in (True, False))

    for metric in ("precision_macro", "precision_weighted", "f1_macro"):
        found = estimate(metric, ever, 0.9)
        assert found.interval.low <= found.value <= found.interval.high
    lost = difference("precision", never, Sample(labels, labels, labels.astype(float)), 0.9)
    assert lost.interval.low <= lost.value == -1


def test_a_calibration_error_is_debiased():
    random = np.random.default_rng(1)
    scores = random.beta(1, 3, 4000)
    labels = random.random(4000)

    good = expected_calibration_error(Sample(labels < scores, scores > 0.5, scores), LEVEL)
    bad = expected_calibration_error(Sample(labels < 0.7 * scores, scores > 0.5, scores), LEVEL)

    assert good.value < 0.012
    assert bad.interval.low < 0.075 < bad.interval.high
    assert bad.interval.low > good.interval.high


def test_a_calibration_error_of_one_bin_by_hand():
    labels, scores = np.arange(40) < 30, np.full(40, 0.5)
    found = expected_calibration_error(Sample(labels, scores > 0.5, scores), LEVEL, bins=1)
    error = np.sqrt(40 * 0.75 * 0.25 + 0.25) / 40  # of 40 rows, and of one more as the scores claim

    assert found.interval.high == pytest.approx(0.25 + norm.ppf((1 + LEVEL) / 2) * error)


def test_a_calibration_error_of_a_rare_class_holds_on_other_rows():
    random, covered = np.random.default_rng(3), {False: 0, True: 0}

    def drawn(rows):
        rare = random.random(rows) < 0.01
        return rare, 1 / (1 + np.exp(3 - 4 * rare - 1.5 * random.normal(size=rows)))

    wrong = error_of_probabilities(*drawn(1_000_000), LEVEL).value
    for _ in range(200):
        rows = drawn(1000)
        for of_others in covered:
            found = error_of_probabilities(*rows, LEVEL, of_others=of_others).interval
            covered[of_others] += found.low <= wrong <= found.high
    assert covered[True] / 200 > 0.92
    assert covered[False] / 200 < 0.88  # of these very probabilities alone


def test_equal_scores_share_a_bin_of_a_calibration_error():
    scores = np.repeat([0.2, 0.8], [200, 100])
    labels = np.concatenate([np.arange(200) < 40, np.arange(100) < 60])
    found = expected_calibration_error(Sample(labels, scores > 0.5, scores), LEVEL)
    errors = np.sqrt([200 * 0.2 * 0.8 + 0.16, 100 * 0.6 * 0.4 + 0.16]) / 300  # each by its share of the rows

    assert found.interval.high == pytest.approx(0.2 / 3 + norm.ppf((1 + LEVEL) / 2) * np.linalg.norm(errors))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005], 0.05) == (True, False, False, True)
    assert holm([], 0.05) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
@settings(max_examples=40)
def test_holm_rejects_what_bonferroni_rejects_and_the_smallest_first(chances):
    found = holm(chances, 0.05)

    assert all(kept for kept, chance in zip(found, chances, strict=True) if chance <= 0.05 / len(chances))
    ordered = [kept for _, kept in sorted(zip(chances, found, strict=True), key=lambda pair: (pair[0], not pair[1]))]
    assert all(one >= other for one, other in pairwise(ordered))


def test_the_rows_that_would_decide():
    found = Estimate(0.02, Interval(0.0, 0.04, LEVEL, "delong"), 1000)

    assert rows_that_would_decide(found, 0.01) == 4000
    assert rows_that_would_decide(found, 0.03, claims=10) > 8000
    skewed = Estimate(0.02, Interval(0.0, 0.2, LEVEL, "delong"), 1000)
    assert rows_that_would_decide(skewed, 0.01) == 4000  # the other end is not in the way
    assert rows_that_would_decide(found, 0.02) is None
    assert rows_that_would_decide(Estimate(None, None, 0), 0.02) is None
