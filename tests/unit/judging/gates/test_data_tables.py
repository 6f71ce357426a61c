"""What the data gate counts in tables: shared rows, what one feature tells alone, and how far columns lie apart."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.domain.judging.gates.data.column_distances import apart
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.data.single_feature import rank_auc, single_feature
from lockgate.domain.judging.gates.data.table_checks import near_codes, shared_rows

# --- duplicates ---

CELL = st.sampled_from([0.0, 1.0, 2.0, math.nan])
ROW = st.tuples(CELL, st.sampled_from(["", "a", "b"]), st.booleans())


def table(rows):
    numbers, texts, flags = zip(*rows, strict=True) if rows else ((), (), ())
    return {
        "number": np.array(numbers, dtype=np.float32),
        "text": np.array(texts, dtype=object),
        "flag": np.array(flags, dtype=bool),
    }


def naive(rows, others, near=0.0):
    def same(a, b):
        return (math.isnan(a[0]) and math.isnan(b[0])) or abs(a[0] - b[0]) <= near

    return sum(any(same(row, other) and row[1:] == other[1:] for other in others) for row in rows)


@given(st.lists(ROW, max_size=12), st.lists(ROW, max_size=12), st.booleans())
def test_shared_rows_are_those_that_a_naive_count_finds(rows, others, near):
    assert shared_rows(table(rows), table(others), ("number", "text", "flag"), near=near) == naive(rows, others)


@given(st.lists(ROW, min_size=1, max_size=12), st.lists(ROW, max_size=12), st.data())
def test_numbers_within_the_tolerance_are_near_duplicates_and_no_exact_ones(rows, others, data):
    noise = st.sampled_from([0.0, 2e-7, -2e-7])
    noisy = [(number * (1 + data.draw(noise)), text, flag) for number, text, flag in rows]
    assert shared_rows(table(noisy), table(others), tuple(table([])), near=True) == naive(rows, others)
    exact = shared_rows(table(noisy), table(others), tuple(table([])))
    as_stored = list(zip(*(column.tolist() for column in table(noisy).values()), strict=True))
    assert exact == naive(as_stored, others)


def test_a_tolerance_never_links_a_whole_column_of_dense_numbers():
    dense = np.arange(2000, dtype=np.float32) * 128 + 1.7e9
    assert len(np.unique(near_codes(dense))) == len(dense)
    assert len(np.unique(near_codes(np.array([0, 1e-9, 1, 1 + 3e-7, 1.001, -np.inf, np.inf, np.nan], np.float32)))) == 6


def test_whole_numbers_are_equal_or_not():
    assert shared_rows({"id": np.array([10**17 + 1])}, {"id": np.array([10**17, 5])}, ("id",), near=True) == 0


def test_rows_are_not_compared_where_a_column_is_missing():
    assert shared_rows(table([]), {"number": np.ones(1)}, ("number", "text")) is None
    assert shared_rows(table([]), table([]), ()) is None


# --- one feature alone ---

RNG = np.random.default_rng(3)
POSITIVE = RNG.random(2000) < 0.25
PLANTED = {
    "a copy": POSITIVE.astype(np.float32),
    "a copy turned round": np.where(POSITIVE, 0, 1).astype(np.int64),
    "a truth value": POSITIVE.copy(),
    "a noisy copy": (POSITIVE + RNG.normal(0, 0.2, 2000)).astype(np.float32),
    "a copy with one row in a hundred wrong": (POSITIVE ^ (RNG.random(2000) < 0.01)).astype(np.float32),
    "far from the middle": (np.where(POSITIVE, 3.0, 0.0) * RNG.choice([-1, 1], 2000) + RNG.random(2000)).astype("f4"),
    "odd or even": (RNG.integers(0, 100, 2000) * 2 + POSITIVE).astype(np.int64),
    "missing where positive": np.where(POSITIVE, np.nan, RNG.random(2000)).astype(np.float32),
    "a categorical id": np.array([f"{'A' if truth else 'B'}{RNG.integers(0, 50)}" for truth in POSITIVE], object),
}
HONEST = {
    "noise": RNG.normal(size=2000).astype(np.float32),
    "small integers": RNG.integers(0, 5, 2000),
    "a constant": np.ones(2000, np.float32),
    "all missing": np.full(2000, np.nan, np.float32),
    "a text different in every row": np.array([f"id {n}" for n in range(2000)], object),
    "a number different in every row": np.arange(2000, dtype=np.int64),
    "a text of many categories": np.array([f"c{n}" for n in RNG.integers(0, 900, 2000)], object),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_leak_is_found(name):
    assert single_feature(PLANTED[name], POSITIVE).value > DataPolicy().max_single_feature


@pytest.mark.parametrize("name", HONEST)
def test_a_feature_that_knows_nothing_is_no_leak(name):
    assert 0.45 <= single_feature(HONEST[name], POSITIVE).value < 0.6


@pytest.mark.parametrize("positive", [np.zeros(50, bool), np.ones(50, bool), np.arange(50) == 7, np.zeros(0, bool)])
def test_without_rows_of_both_classes_there_is_no_number(positive):
    assert single_feature(np.arange(len(positive), dtype=np.float32), positive) is None


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=30))
def test_the_area_is_the_chance_that_a_positive_row_scores_higher(pairs):
    above, below = ([score for score, truth in pairs if truth is wanted] for wanted in (True, False))
    if above and below:
        wins = np.mean([(a > b) + (a == b) / 2 for a in above for b in below])
        scores, truth = (np.array(side) for side in zip(*pairs, strict=True))
        assert rank_auc(scores.astype(float), truth.astype(bool)) == pytest.approx(wins)


# --- distances ---


def distance_of(training, test):
    found = apart(training, test)
    return found.kind, found.distance


def test_equal_columns_have_no_distance_and_disjoint_ones_have_one():
    numbers, texts = np.arange(9, dtype=np.float32), np.array(["a", "b", ""], object)
    assert distance_of(numbers, numbers[::-1]) == ("kolmogorov-smirnov", 0.0)
    assert distance_of(numbers, numbers + 9) == ("kolmogorov-smirnov", 1.0)
    assert distance_of(texts, texts) == ("total-variation", 0.0)
    assert distance_of(texts, np.array(["c"], object)) == ("total-variation", 1.0)
    assert distance_of(np.array([True, False]), np.array([True])) == ("kolmogorov-smirnov", 0.5)


def test_missing_values_count_in_a_distance():
    numbers = np.arange(4, dtype=np.float32)
    assert distance_of(numbers, np.where(numbers < 2, np.nan, numbers).astype(np.float32))[1] == pytest.approx(0.5)
    assert distance_of(np.array(["a", ""], object), np.array(["a", "a"], object))[1] == pytest.approx(0.5)


def test_a_table_without_rows_has_no_distance():
    assert distance_of(np.ones(0, np.float32), np.ones(2, np.float32)) == ("kolmogorov-smirnov", None)
    assert distance_of(np.ones(0, object), np.array(["a"], object)) == ("total-variation", None)
