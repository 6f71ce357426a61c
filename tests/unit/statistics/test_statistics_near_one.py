"""Near 1 few rows are wrong, and a bound that trusts their spread passes models too often."""

import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import norm, t

from lockgate.domain.statistics.bootstrap import paired_resamples
from lockgate.domain.statistics.bounds.means import contributions, student
from lockgate.domain.statistics.bounds.proportions import tango
from lockgate.domain.statistics.bounds.ranks import area_interval, delong, delong_difference, newcombe
from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.binary.entries import BRIER_SAVED, LOG_LOSS_SAVED
from lockgate.domain.statistics.metrics.binary.precision import average_precision, precision_of_ranks
from lockgate.domain.statistics.metrics.registry import value
from lockgate.domain.statistics.sample import Sample

LEVEL = 0.95


def two_areas(random, positives, negatives, areas):
    labels = np.arange(positives + negatives) < positives
    shared = 0.9**0.5 * random.normal(size=len(labels))
    own = (shared + 0.1**0.5 * random.normal(size=len(labels)) for _ in areas)
    return labels, *(noise + norm.ppf(area) * 2**0.5 * labels for noise, area in zip(own, areas, strict=True))


def sharp(random, rows, gap):
    """Calibrated scores of classes that lie so many standard deviations apart."""
    labels = np.arange(rows) < rows // 4
    odds = gap * (random.normal(size=rows) + gap * labels - gap / 2) - np.log(3)
    return Sample(labels, odds > 0, 1 / (1 + np.exp(-odds)))


@pytest.mark.parametrize(("positives", "negatives"), [(300, 900), (70, 300)])
def test_an_area_worse_by_exactly_the_margin_seldom_passes(positives, negatives):
    random, met, passed = np.random.default_rng(9), 0, 0
    for _ in range(300):
        labels, ours, theirs = two_areas(random, positives, negatives, (0.99, 0.995))
        met += delong(labels, ours, LEVEL).interval.low > 0.99
        passed += delong_difference(labels, ours, theirs, LEVEL).interval.low > -0.005

    assert max(met, passed) <= 300 * 0.03


def test_many_rows_of_which_many_are_wrong_need_no_more_than_delong():
    labels, ours, theirs = two_areas(np.random.default_rng(9), 2000, 6000, (0.9, 0.9))

    assert delong(labels, ours, LEVEL).interval.method == "delong-logit"
    assert delong_difference(labels, ours, theirs, LEVEL).interval.method == "delong"


@pytest.mark.parametrize(("area", "rarer", "alone"), [(0.95, 590, False), (0.95, 610, True), (0.05, 590, False)])
def test_delong_is_trusted_alone_from_thirty_wrong_rows_of_the_rarer_class_on(area, rarer, alone):
    for classes in ((rarer, 5000), (5000, rarer)):
        method = area_interval(area, 0.01, *classes, LEVEL).method
        assert method == ("delong-logit" if alone else "delong-logit and newcombe")


@pytest.mark.parametrize("area", [0.2, 0.5, 0.97])
def test_newcombes_bounds_are_where_hanleys_and_mcneils_error_with_mean_rows_reaches_the_area(area):
    found, rows = newcombe(area, 30, 90, LEVEL), (30 + 90) / 2 - 1
    for bound in (found.low, found.high):
        spread = 1 + rows * (1 - bound) / (2 - bound) + rows * bound / (1 + bound)
        error = np.sqrt(bound * (1 - bound) * spread / (30 * 90))
        assert abs(area - bound) == pytest.approx(norm.ppf((1 + LEVEL) / 2) * error)


@pytest.mark.parametrize(("metric", "positive"), [("recall", True), ("specificity", False)])
def test_a_paired_share_of_one_class_is_tangos_over_its_rows(metric, positive):
    random = np.random.default_rng(3)
    labels = np.arange(400) < 150
    said = [labels ^ (random.random(400) < 0.03) for _ in range(2)]
    own = labels == positive
    right = [(each == labels)[own] for each in said]

    found = difference(metric, *(Sample(labels, each, each.astype(float)) for each in said), LEVEL)

    known = tango(int((right[0] & ~right[1]).sum()), int((~right[0] & right[1]).sum()), int(own.sum()), LEVEL)
    assert found.interval == known
    assert found.interval.low <= found.value <= found.interval.high


SKILLS = {"d2_brier_score": BRIER_SAVED, "d2_log_loss_score": LOG_LOSS_SAVED}


@pytest.mark.parametrize("metric", SKILLS)
def test_a_skill_is_the_mean_of_its_contributions_and_they_are_its_slope(metric):
    of, step = sharp(np.random.default_rng(2), 400, 3.0), 1e-6
    rows, _ = contributions(SKILLS[metric], of)
    more = np.random.default_rng(4).random(400)  # any other weights, mixed in

    def weighted(weights):
        losses, share = SKILLS[metric].of_rows(of), weights @ of.labels
        return 1 - weights @ losses / SKILLS[metric].of_share(share)

    even = np.full(400, 1 / 400)
    moved = weighted((1 - step) * even + step * more / more.sum())

    assert rows.mean() == pytest.approx(value(metric, of))
    assert (moved - weighted(even)) / step == pytest.approx(more @ rows / more.sum() - rows.mean(), rel=1e-3)


@pytest.mark.parametrize("metric", ["d2_brier_score", "d2_log_loss_score"])
def test_a_skill_seldom_meets_a_floor_of_what_it_is_worth(metric):
    truth = value(metric, sharp(np.random.default_rng(5), 1_000_000, 4.5))
    random = np.random.default_rng(6)
    met = sum(estimate(metric, sharp(random, 500, 4.5), LEVEL).interval.low > truth for _ in range(300))

    assert met <= 300 * 0.04


def test_an_average_precision_that_few_rows_decide_is_met_with_more_than_its_draws():
    random = np.random.default_rng(7)
    labels, *scores = two_areas(random, 50, 150, (0.998, 0.998))
    ours, theirs = (Sample(labels, each > 0, norm.cdf(each)) for each in scores)
    labels, *scores = two_areas(random, 50, 150, (0.6, 0.6))
    poor, other = (Sample(labels, each > 0, norm.cdf(each)) for each in scores)

    assert difference("average_precision", ours, theirs, LEVEL).interval.method == "resampled rows and mover"
    assert difference("average_precision", ours, ours, LEVEL).interval.low == 0
    assert difference("average_precision", poor, other, LEVEL).interval.method == "resampled rows"


def test_an_average_precision_is_bounded_no_closer_than_its_spread_on_the_logit_scale():
    labels, ours, _ = two_areas(np.random.default_rng(5), 60, 300, (0.9, 0.9))
    sample = Sample(labels, ours > 1, ours)
    metric, interval = precision_of_ranks("any"), estimate("average_precision", sample, LEVEL).interval
    found, spread = average_precision(sample), paired_resamples([metric], sample, None)["any"].std(ddof=1)
    reach = norm.ppf((1 + LEVEL) / 2) * spread / (found * (1 - found))

    assert logit(interval.low) <= logit(found) - reach + 1e-9
    assert logit(interval.high) >= logit(found) + reach - 1e-9


def test_a_few_wrong_rows_bound_an_average_precision_no_better_than_none():
    labels = np.arange(200) < 50
    scores = np.where(labels, 0.9, 0.1) + np.arange(200) / 2000
    swapped = scores.copy()
    swapped[[0, 199]] = scores[[199, 0]]
    perfect, one_wrong = (
        estimate("average_precision", Sample(labels, each > 0.5, each), LEVEL) for each in (scores, swapped)
    )

    assert one_wrong.value < perfect.value == 1
    assert one_wrong.interval.low < perfect.interval.low == pytest.approx(0.025 ** (1 / 50))


@pytest.mark.parametrize("degrees", [5, 12, 40, 1e6, float("inf")])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_students_quantile_is_that_of_scipy(degrees, level):
    assert student(level, degrees) == pytest.approx(t.ppf((1 + level) / 2, degrees), rel=0.01)


def test_a_paired_loss_that_few_rows_decide_reaches_farther_than_a_normal_one():
    random = np.random.default_rng(8)
    labels = np.arange(20_000) < 5_000
    ours, theirs = (np.where(random.random(20_000) < 0.001, 0.5, labels * 0.9 + 0.05) for _ in range(2))
    gains = np.square(theirs - labels) - np.square(ours - labels)
    heavy = np.mean((gains - gains.mean()) ** 4) / gains.var() ** 2

    found = difference("brier", Sample(labels, ours > 0.5, ours), Sample(labels, theirs > 0.5, theirs), LEVEL)

    error = gains.std(ddof=1) / 20_000**0.5
    assert found.value == pytest.approx(gains.mean())
    assert found.interval.low <= gains.mean() - t.ppf(0.975, 2 * 20_000 / (heavy - 1)) * error * 0.999
    assert found.interval.low > gains.mean() - 3 * error
