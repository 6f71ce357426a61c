"""The reference profile: what training rows looked like, without any single row."""

import numpy as np

from lockgate.domain.profile import QUANTILES, profile_of
from lockgate.domain.signature import Column, Signature

SIGNATURE = Signature((Column("age", "float32"), Column("job", "string")), (), ())


def profile(ages, jobs):
    return profile_of({"age": np.array(ages, dtype=float), "job": np.array(jobs, dtype=object)}, SIGNATURE)


def test_quantiles_are_values_that_occurred():
    (age,) = profile(range(1, 101), [""] * 100).numbers
    assert (age.rows, age.missing) == (100, 0)
    assert dict(zip(QUANTILES, age.quantiles, strict=True))[0.5] in {50.0, 51.0}
    assert (age.quantiles[0], age.quantiles[-1]) == (1.0, 100.0)


def test_missing_numbers_are_counted_and_left_out():
    (age,) = profile([np.nan, 7.0, np.nan], ["a", "a", "a"]).numbers
    assert (age.rows, age.missing, set(age.quantiles)) == (3, 2, {7.0})


def test_a_column_without_any_number_has_no_quantiles():
    (age,) = profile([np.nan], ["a"]).numbers
    assert (age.missing, age.quantiles) == (1, ())


def test_texts_are_counted_most_frequent_first_and_missing_ones_apart():
    (job,) = profile([1.0] * 6, ["b", "c", "", "c", "a", "b"]).texts
    assert (job.rows, job.missing, list(job.counts.items())) == (6, 1, [("b", 2), ("c", 2), ("a", 1)])


def test_the_typical_row_is_the_median_and_the_most_frequent_text():
    assert profile([1.0, 2.0, 30.0], ["x", "y", "y"]).typical_row() == {"age": 2.0, "job": "y"}


def test_the_profile_does_not_depend_on_the_order_of_rows():
    assert profile([3, 1, 2], ["x", "y", "y"]) == profile([1, 2, 3], ["y", "y", "x"])
