"""Invented rows: every edge of every column, one at a time, around the typical row."""

import math

import numpy as np
import pytest

from lockgate.domain.measuring.edge_rows import UNSEEN, edge_rows
from lockgate.domain.model.profile import Profile, profile_of
from lockgate.domain.model.signature import Column, Signature

SIGNATURE = Signature(
    (Column("age", "float32"), Column("job", "string"), Column("children", "int64"), Column("owner", "bool")), (), ()
)
COLUMNS = {
    "age": np.array([20, 30, 30, 70], dtype=np.float32),
    "job": np.array(["a", "b", "b", ""], dtype=object),
    "children": np.array([0, 1, 2, 3]),
    "owner": np.array([True, False, True, True]),
}


@pytest.fixture
def rows():
    return edge_rows(SIGNATURE, profile_of(COLUMNS, SIGNATURE, min_rows=1))


def values(rows, name):
    return [rows.inputs[name][i] for i, said in enumerate(rows.names) if said.startswith(f"{name}=")]


def test_every_column_has_its_type_and_every_row_its_name(rows):
    assert {name: column.dtype for name, column in rows.inputs.items()} == {
        "age": np.float32,
        "job": object,
        "children": np.int64,
        "owner": np.bool_,
    }
    assert {len(column) for column in rows.inputs.values()} == {len(rows.names)}


def test_a_number_is_missing_zero_of_either_sign_tiny_huge_beyond_and_next_to_each_quantile(rows):
    ages = values(rows, "age")
    assert sum(math.isnan(age) for age in ages) == 1
    assert {math.copysign(1, age) for age in ages if age == 0} == {1.0, -1.0}
    assert np.float32(1e30) in ages
    assert {19.0, 71.0, -30.0, 120.0} <= set(ages)
    assert {np.nextafter(np.float32(30), np.float32(side)) for side in (-np.inf, np.inf)} <= set(ages)
    assert any(0 < age < np.finfo(np.float32).tiny for age in ages)


def test_a_text_is_missing_never_seen_and_every_known_one(rows):
    assert {"", UNSEEN, "None", "nan", "a", "b"} <= set(values(rows, "job"))


def test_an_integer_is_at_and_beyond_its_range_and_a_truth_is_both(rows):
    assert {-1, 0, 3, 4, 6, 2**31} <= set(values(rows, "children"))
    assert set(values(rows, "owner")) == {True, False}


def test_the_other_columns_are_typical(rows):
    index = rows.names.index(f"job={UNSEEN!r}")
    assert (rows.inputs["age"][index], rows.inputs["children"][index]) == (30, 1)


def test_without_a_profile_the_edges_of_the_type_remain():
    rows = edge_rows(SIGNATURE, Profile((), ()))
    assert {0.0, np.float32(1e30)} <= set(values(rows, "age"))
    assert "" in values(rows, "job")
