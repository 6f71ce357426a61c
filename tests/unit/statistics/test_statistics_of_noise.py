"""Bounds of distances, single features, mean changes and shares hold, on rows of which the truth is known."""

from statistics import NormalDist

import numpy as np
import pytest

from lockgate.domain.judging.gates.data.column_distances import apart
from lockgate.domain.judging.gates.data.single_feature import area, rank_correlation, single_feature
from lockgate.domain.statistics.blocks import degrees_of
from lockgate.domain.statistics.bounds.correlations import correlated
from lockgate.domain.statistics.bounds.distances import chance_of_numbers, chance_of_values, distance_estimate
from lockgate.domain.statistics.bounds.independent_rows import independent_rows
from lockgate.domain.statistics.bounds.means import mean_estimate, spread_of
from lockgate.domain.statistics.bounds.ranks import area_interval, delong
from lockgate.domain.statistics.bounds.shares import shares_of, shift
from lockgate.domain.statistics.interval import Estimate

LEVEL, WRONG = 0.9, 0.09
"""A bound of this level is wrong 5 times in 100; 300 draws tell that from 9."""
DRAWS = 300
FEW = 60
"""Where the bounds of rows taken one by one are wrong 20 times in 100 or more."""


def misses(measured, truth, draws=DRAWS):
    """How often the upper bound is below the truth, and the lower above it."""
    intervals = [measured().interval for _ in range(draws)]
    below, above = (
        np.mean([side(found) for found in intervals]) for side in (lambda i: i.high < truth, lambda i: i.low > truth)
    )
    return float(below), float(above)


def texts(random, shares, rows):
    return random.choice(len(shares), rows, p=shares).astype(str).astype(object)


def distance_of(training, test):
    found = apart(training, test)
    ranked = found.kind == "kolmogorov-smirnov"
    return distance_estimate(found.distance, found.chance, (len(training), len(test)), LEVEL, ranked=ranked)


@pytest.mark.parametrize("truth", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["two numbers", "numbers", "two texts", "texts"])
def test_the_bounds_of_a_distance_hold(kind, truth):
    random, step = np.random.default_rng(1), 2 * NormalDist().inv_cdf(0.5 + truth / 2)
    first, second = np.full(10, 0.1), np.repeat([0.1 + truth / 5, 0.1 - truth / 5], 5)

    def measured():
        if kind == "numbers":
            return distance_of(random.normal(size=600), random.normal(step, size=300))
        if kind == "two numbers":
            return distance_of(*(1.0 * (random.random(n) < p) for n, p in ((600, 0.45), (300, 0.45 + truth))))
        if kind == "two texts":
            return distance_of(texts(random, [0.45, 0.55], 600), texts(random, [0.45 + truth, 0.55 - truth], 300))
        return distance_of(texts(random, first, 600), texts(random, second, 300))

    below, above = misses(measured, truth)
    assert max(below, above) < WRONG


def of_groups(random, count, rows):
    """The block of each row: of so many, the largest five times as large as the smallest."""
    sizes = random.integers(1, 6, count).astype(float)
    return random.choice(count, rows, p=sizes / sizes.sum())


def drawn_by_group(random, groups, shares):
    """Texts of which nearly all of a group are alike."""
    own = random.choice(len(shares), groups.max() + 1, p=shares)[groups]
    alike = random.random(len(groups)) < 0.9
    return np.where(alike, own, random.choice(len(shares), len(groups), p=shares)).astype(str).astype(object)


@pytest.mark.parametrize("kind", ["two numbers", "texts"])
def test_the_bounds_of_a_distance_hold_where_rows_of_a_person_are_alike(kind):
    random = np.random.default_rng(8)
    shares = {"two numbers": (0.45, 0.55), "texts": (0.12, 0.12, 0.11, 0.1, 0.55)}[kind]
    moved = np.array([0.1, *[0.0] * (len(shares) - 2), -0.1])

    def columns():
        for count, rows, told in ((200, 2000, np.array(shares)), (100, 1000, shares + moved)):
            groups = of_groups(random, count, rows)
            column = drawn_by_group(random, groups, told)
            yield (column == "0").astype(float) if kind == "two numbers" else column, groups

    def measured(*, together):
        (training, people), (test, others) = columns()
        found = apart(training, test, (people, others) if together else None)
        rows, degrees = found.independent or (2000, 1000), min(map(degrees_of, (people, others)))
        told = {"ranked": kind == "two numbers", "degrees": degrees if together else np.inf}
        return distance_estimate(found.distance, found.chance, rows, LEVEL, **told)

    assert max(misses(lambda: measured(together=True), 0.1, FEW)) < WRONG
    assert max(misses(lambda: measured(together=False), 0.1, FEW)) > WRONG


def test_rows_in_blocks_tell_as_much_as_so_many_one_by_one():
    random = np.random.default_rng(9)
    groups = np.repeat(np.arange(60), 20)
    assert independent_rows(groups % 2, groups) == pytest.approx(60, rel=0.1)
    assert independent_rows(random.integers(0, 2, 1200), groups) == pytest.approx(1200, rel=0.4)
    assert independent_rows(np.arange(1200) // 20 * 20, groups) == pytest.approx(60, rel=0.1)
    assert independent_rows(np.zeros(1200, int), groups) == 1200
    rare = np.arange(1200) == 7
    assert independent_rows(np.zeros(1200, int), groups, groups < 30, rare) == pytest.approx(60, rel=0.1)


def test_the_bounds_of_a_single_feature_hold_where_rows_of_a_person_are_alike():
    random, by = np.random.default_rng(3), NormalDist().inv_cdf(0.9) * 2**0.5

    def measured(*, together):
        people = of_groups(random, 60, 600)
        positive = (random.random(60) < 0.3)[people]
        own = 0.7**0.5 * random.normal(size=60)[people] + 0.3**0.5 * random.normal(size=600)
        found = single_feature(own + by * positive, positive, people if together else None)
        counts = int(positive.sum()), int((~positive).sum())
        return Estimate(found.value, area_interval(found.value, found.error, *counts, LEVEL, found.degrees), 600)

    assert max(misses(lambda: measured(together=True), 0.9, FEW)) < WRONG
    assert max(misses(lambda: measured(together=False), 0.9, FEW)) > WRONG


def test_the_bounds_of_a_rank_correlation_hold_where_rows_of_a_person_are_alike():
    random, truth = np.random.default_rng(4), 6 / np.pi * np.arcsin(0.25)

    def pair(rows):
        first = random.normal(size=rows)
        return np.array([first, first / 2 + 0.75**0.5 * random.normal(size=rows)])

    def measured(*, together):
        people = of_groups(random, 60, 600)
        own, target = 0.8**0.5 * pair(60)[:, people] + 0.2**0.5 * pair(600)
        found = rank_correlation(own, target, people if together else None)
        return Estimate(*correlated(found.value, found.error, LEVEL, found.degrees), 600)

    assert max(misses(lambda: measured(together=True), truth, FEW)) < WRONG
    assert max(misses(lambda: measured(together=False), truth, FEW)) > WRONG


def test_a_number_of_the_person_tells_nothing_of_others():
    people = np.repeat(np.arange(100), 10)
    positive = (np.random.default_rng(3).random(100) < 0.3)[people]
    assert single_feature(people, positive).value == 1
    assert single_feature(people, positive, people).value < 0.6
    assert single_feature(people, people == 7, people) is None


def test_what_chance_makes_is_what_it_makes_on_average():
    random = np.random.default_rng(2)
    shares = np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.05])
    pairs = [apart(texts(random, shares, 400), texts(random, shares, 100)) for _ in range(DRAWS)]
    assert np.mean([each.distance for each in pairs]) == pytest.approx(
        np.mean([each.chance for each in pairs]), rel=0.05
    )
    numbers = [apart(random.normal(size=400), random.normal(size=400)).distance for _ in range(DRAWS)]
    assert np.mean(numbers) == pytest.approx(chance_of_numbers(400, 400), rel=0.06)


def test_texts_that_are_different_in_every_row_are_apart_by_chance_alone():
    names = np.array([f"id {n}" for n in range(900)], object)
    found = apart(names[:600], names[600:])
    assert found.distance == 1
    assert found.chance == pytest.approx(1)
    estimate = distance_of(names[:600], names[600:])
    assert (estimate.value, estimate.interval.low, estimate.interval.high) == (pytest.approx(0, abs=1e-6), 0, 1)
    assert chance_of_values(np.array([5]), 3) == 0


@pytest.mark.parametrize(("truth", "rows"), [(0.7, 200), (0.9, 200), (0.98, 200)])
def test_the_bounds_of_a_single_feature_hold(truth, rows):
    random, apart_by = np.random.default_rng(3), NormalDist().inv_cdf(truth) * 2**0.5

    class Measured:
        def __init__(self):
            positive = random.random(rows) < 0.25
            found = single_feature(random.normal(size=rows) + apart_by * positive, positive)
            counts = int(positive.sum()), int((~positive).sum())
            self.interval = area_interval(found.value, found.error, *counts, LEVEL)

    below, above = misses(Measured, truth)
    assert max(below, above) < WRONG


def test_a_single_features_error_is_delongs():
    random = np.random.default_rng(4)
    positive = random.random(500) < 0.3
    scores = np.round(random.normal(size=500) + positive, 1)
    found = area(scores, positive)
    interval = area_interval(found.value, found.error, int(positive.sum()), int((~positive).sum()), LEVEL)
    theirs = delong(positive, scores, LEVEL)
    assert found.value == pytest.approx(theirs.value)
    assert (interval.low, interval.high) == pytest.approx((theirs.interval.low, theirs.interval.high))


@pytest.mark.parametrize("rows", [150, 600])
@pytest.mark.parametrize("jump", [1.0, 0.2, 0.02])
def test_the_bounds_of_a_mean_change_hold_where_few_rows_move_far(rows, jump):
    random = np.random.default_rng(5)

    def measured():
        changes = jump * (random.random(rows) < 0.01 / jump)
        return mean_estimate(float(changes.mean()), spread_of(changes), rows, LEVEL)

    below, above = misses(measured, 0.01)
    assert max(below, above) < WRONG


def of_people(random, people):
    """Changes of 20 rows of each of so many people, that move alike: 0.04 on average."""
    person = np.repeat(np.arange(people), 20)
    return random.gamma(2, 0.02, people)[person] * random.random(len(person)) * 2, person


@pytest.mark.parametrize("people", [20, 40])
def test_the_bounds_of_a_mean_change_hold_where_rows_of_a_person_move_alike(people):
    random = np.random.default_rng(7)

    def measured():
        changes, person = of_people(random, people)
        return mean_estimate(float(changes.mean()), spread_of(changes, person), len(changes), LEVEL)

    below, above = misses(measured, 0.04)
    assert max(below, above) < WRONG
    changes, person = of_people(random, people)
    assert spread_of(changes, person).error > 2 * spread_of(changes).error
    few = spread_of(changes[:380], person[:380])
    assert mean_estimate(0.04, few, 380, LEVEL).why == "the rows are of 19 blocks, and an interval needs at least 20"


def test_the_errors_of_shares_are_those_of_people():
    random, found = np.random.default_rng(8), []
    for _ in range(300):
        first, person = of_people(random, 30)
        second = of_people(random, 30)[0]
        shares, errors = shares_of(np.stack([first, second]), person)
        found.append((shares[0], errors[0]))
    drawn, told = np.array(found).T
    assert told.mean() == pytest.approx(drawn.std(), rel=0.12)


def test_a_spread_that_rows_cannot_have_bounds_nothing():
    assert spread_of(np.array([])) is None
    assert spread_of(np.array([0.1, np.nan])) is None
    assert mean_estimate(0.1, None, 9, LEVEL).interval is None
    one = mean_estimate(0.5, spread_of(np.array([0.5])), 1, LEVEL)
    assert (one.interval.low, one.interval.high) == (pytest.approx(0.025), pytest.approx(0.975))


@pytest.mark.parametrize("same_rows", [True, False])
def test_the_bounds_of_a_share_that_moved_hold(same_rows):
    random, ours, theirs = np.random.default_rng(6), np.array([0.5, 0.3, 0.2]), np.array([0.35, 0.3, 0.35])

    def measured():
        base, other = random.gamma(0.5, 1, (2, 3, 300))
        mine, others = shares_of(base * ours[:, None]), shares_of((base if same_rows else other) * theirs[:, None])
        return shift((mine[0][0], mine[1][0]), (others[0][0], others[1][0]), 300, LEVEL)

    below, above = misses(measured, 0.15)
    assert max(below, above) < WRONG


def test_the_error_of_a_share_is_what_resampled_rows_show():
    random = np.random.default_rng(7)
    parts = random.gamma(0.5, 1, (4, 500)) * np.array([[4.0], [2.0], [1.0], [0.0]])
    shares, errors = shares_of(parts)
    drawn = [shares_of(parts[:, random.integers(0, 500, 500)])[0] for _ in range(1000)]
    np.testing.assert_allclose(errors, np.std(drawn, axis=0), rtol=0.1, atol=1e-12)
    assert (shares[3], errors[3]) == (0, 0)
    assert np.isnan(shares_of(np.zeros((2, 5)))).all()
    assert np.isnan(shares_of(np.ones((2, 1)))[1]).all()
