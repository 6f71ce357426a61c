"""The reference profile: what training rows looked like, without any single row."""

import json

import numpy as np
import pytest
from builders import DOCUMENTS
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.domain.model.profile import MIN_ROWS, QUANTILES, Profile, profile_of
from lockgate.domain.model.signature import Column, Signature

SIGNATURE = Signature((Column("age", "float32"), Column("job", "string")), (), ())
TYPES = Signature((Column("n", "int64"), Column("b", "bool"), Column("f", "float32"), Column("t", "string")), (), ())


def profile(ages, jobs, min_rows=1):
    columns = {"age": np.array(ages, dtype=float), "job": np.array(jobs, dtype=object)}
    return profile_of(columns, SIGNATURE, min_rows)


def ages(values, min_rows=MIN_ROWS):
    (age,) = profile(values, [""] * len(values), min_rows).numbers
    return age


def test_a_text_that_few_rows_share_is_counted_and_not_kept():
    jobs = ["clerk"] * 10 + ["smith"] * 9 + [f"person{i}@example.org" for i in range(5)] + [""]
    found = profile([1.0] * 25, jobs, min_rows=10)
    (job,) = found.texts
    assert (job.counts, job.missing, job.rare_rows, job.rare_values) == ({"clerk": 10}, 1, 14, 6)


def test_ten_rows_make_a_value_that_is_kept_unless_the_settings_say_otherwise():
    assert (MIN_ROWS, profile_of({"age": np.ones(3), "job": np.array([""] * 3)}, SIGNATURE).min_rows) == (10, 10)


def test_quantiles_are_values_that_enough_rows_share():
    age = ages([*range(100)] * 10)
    assert (age.rows, age.missing, age.quantiles[0], age.quantiles[-1]) == (1000, 0, 0.0, 99.0)
    assert set(age.quantiles) <= set(range(100))


def test_a_quantile_that_few_rows_share_is_the_mean_of_as_many_rows_around_it():
    age = ages([*range(101)], min_rows=4)
    assert dict(zip(QUANTILES, age.quantiles, strict=True))[0.5] == 49.5  # of 48, 49, 50, 51
    # The ends are where four rows are at or beyond them: around 3 and around 97.
    assert (age.quantiles[0], age.quantiles[-1]) == (2.5, 96.5)


@pytest.mark.parametrize("extreme", [1e6, 1e30])
def test_no_quantile_tells_of_the_few_rows_beyond_all_others(extreme):
    usual = [float(value) for value in range(200)]
    assert max(ages([*usual, extreme, extreme * 2, -extreme]).quantiles) < 200
    assert min(ages([*usual, extreme, extreme * 2, -extreme]).quantiles) >= 0


@settings(max_examples=50)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=80), st.integers(1, 12))
def test_each_quantile_is_shared_or_a_mean_and_they_ascend(values, min_rows):
    found = list(ages([float(value) for value in values], min_rows).quantiles)
    assert found == sorted(found)
    assert bool(found) is (len(values) >= min_rows)
    for quantile in found:
        assert values.count(quantile) >= min_rows or min(values) <= quantile <= max(values)


def test_with_one_row_a_value_quantiles_are_those_of_the_rows_themselves():
    values = np.random.default_rng(3).normal(size=333)
    expected = np.quantile(values, QUANTILES, method="lower")
    assert ages(values, min_rows=1).quantiles == tuple(float(value) for value in expected)


def test_missing_numbers_are_counted_and_left_out():
    age = ages([np.nan, 7.0, np.nan], min_rows=1)
    assert (age.rows, age.missing, set(age.quantiles)) == (3, 2, {7.0})


def test_infinite_numbers_have_no_part_in_quantiles():
    age = ages([np.inf, -np.inf, 7.0], min_rows=1)
    assert (age.rows, age.missing, set(age.quantiles)) == (3, 0, {7.0})


@pytest.mark.parametrize("values", [[np.nan] * 20, [1.0] * 9 + [np.nan]])
def test_a_column_with_too_few_numbers_has_no_quantiles(values):
    assert ages(values).quantiles == ()


def test_texts_are_counted_most_frequent_first_and_missing_ones_apart():
    (job,) = profile([1.0] * 6, ["b", "c", "", "c", "a", "b"]).texts
    assert (job.rows, job.missing, list(job.counts.items())) == (6, 1, [("b", 2), ("c", 2), ("a", 1)])


def test_the_typical_row_is_the_median_and_the_most_frequent_text():
    assert profile([1.0, 2.0, 30.0], ["x", "y", "y"]).typical_row(SIGNATURE) == {"age": 2.0, "job": "y"}


@pytest.mark.parametrize(
    ("rows", "typical"),
    [(30, {"n": 5, "b": True, "f": None, "t": "u"}), (5, {"n": 0, "b": False, "f": None, "t": None})],
)
def test_typical_values_are_of_their_columns_types(rows, typical):
    columns = {
        "n": np.full(rows, 5),
        "b": np.arange(rows) % 3 > 0,
        "f": np.full(rows, np.nan, dtype=np.float32),
        "t": np.array(["u"] * rows, dtype=object),
    }
    found = profile_of(columns, TYPES).typical_row(TYPES)
    assert found == typical
    assert {name: type(value) for name, value in found.items()} == {n: type(value) for n, value in typical.items()}


def test_a_mean_of_whole_numbers_is_whole_again_and_within_int64():
    columns = {"n": np.full(20, 2**63 - 1) - np.arange(20), "b": np.arange(20) > 17, "f": np.ones(20), "t": [""] * 20}
    found = profile_of({name: np.array(values) for name, values in columns.items()}, TYPES)
    assert set(found.numbers[1].quantiles) <= {0.0, 1.0}
    assert found.typical_row(TYPES)["n"] == 2**63 - 1


def test_the_profile_does_not_depend_on_the_order_of_rows():
    assert profile([3, 1, 2], ["x", "y", "y"]) == profile([1, 2, 3], ["y", "y", "x"])


def test_a_profile_of_before_is_still_read(tmp_path):
    number = {"name": "age", "rows": 3, "missing": 0, "quantiles": [1.0] * len(QUANTILES)}
    text = {"name": "job", "rows": 3, "missing": 0, "counts": {"a": 3}}
    before = {"numbers": [number], "texts": [text], "schema": "lockgate/profile/1"}
    (tmp_path / "profile.json").write_text(json.dumps(before))
    found = DOCUMENTS.read(tmp_path / "profile.json", Profile)
    assert (found.min_rows, found.texts[0].rare_values, found.middle(Column("age", "float32"))) == (1, 0, 1.0)
