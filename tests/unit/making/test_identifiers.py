"""Inputs with nearly as many different values as rows are told."""

import numpy as np
import pytest

from lockgate.domain.making.identifiers import identifiers_of
from lockgate.domain.model.signature import Column, Signature

ROWS = 100


def found(dtype, values, min_rows=10):
    signature = Signature((Column("c", dtype),), (), ())
    return identifiers_of({"c": np.array(values, dtype=object if dtype == "string" else dtype)}, signature, min_rows)


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("string", [f"person{i}@example.org" for i in range(ROWS)]),
        ("string", [f"person{i}" for i in range(ROWS - 10)] + ["person1"] * 10),
        ("string", [f"person{i}" for i in range(50)] + [""] * 50),
        ("int64", range(10**12, 10**12 + ROWS)),
    ],
)
def test_nearly_as_many_values_as_rows_look_like_an_id(dtype, values):
    (only,) = found(dtype, values)
    assert only.distinct / only.rows >= 0.9
    assert f"c has {only.distinct} different values in {only.rows} rows, as an id has" in str(only)
    assert "person" not in str(only)


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("string", [f"town{i % 80}" for i in range(ROWS)]),
        ("string", [""] * ROWS),
        ("string", [f"person{i}" for i in range(9)]),
        ("int64", [i % 50 for i in range(ROWS)]),
        ("float32", np.arange(ROWS) / 7),
        ("bool", [True] * ROWS),
    ],
)
def test_what_repeats_what_is_measured_and_a_handful_of_rows_look_like_none(dtype, values):
    assert found(dtype, values) == ()


def test_no_setting_lets_one_row_look_like_an_id():
    assert found("string", ["a"], min_rows=1) == ()
