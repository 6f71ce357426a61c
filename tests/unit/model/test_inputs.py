"""Inputs: checked once, when they are made, and then taken, batched, changed and stacked without another look."""

from typing import get_args

import numpy as np
import pytest

from lockgate.domain.model import inputs as module
from lockgate.domain.model.inputs import DType, Inputs, is_number, stacked
from lockgate.domain.model.request_rows import TYPES, feed
from lockgate.domain.model.signature import Column
from lockgate.errors import ModelError

DECLARED = (Column("age", "float32"), Column("children", "int64"), Column("member", "bool"), Column("job", "string"))
COLUMNS = {
    "age": np.array([20.0, np.nan, 41.5], dtype=np.float32),
    "children": np.array([0, 1, 2]),
    "member": np.array([True, False, True]),
    "job": np.array(["clerk", "", "smith"], dtype=object),
    "outcome": np.array(["no", "yes", "no"], dtype=object),
}
DTYPES = {each.name: each.dtype for each in DECLARED}


def of_example():
    return Inputs.of(COLUMNS, DECLARED)


def test_they_are_the_declared_columns_in_their_order_and_types():
    found = of_example()
    assert list(found) == [each.name for each in DECLARED]
    assert (len(found), found.rows) == (4, 3)
    assert [found[each.name].dtype for each in DECLARED] == [TYPES[each.dtype].numpy for each in DECLARED]


def test_a_graph_is_fed_what_a_service_feeds_it():
    ours, theirs = of_example().fed(), feed(COLUMNS, DTYPES)
    assert list(ours) == list(theirs)
    for name, values in theirs.items():
        np.testing.assert_array_equal(ours[name], values)
        assert (ours[name].dtype, ours[name].shape) == (values.dtype, (3, 1))


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("children", np.array([0.5, 1, 2]), "row 0, column children: 0.5 is no whole number"),
        ("job", np.array([1, 2, 3]), "row 0, column job: found 1"),
        ("age", np.zeros((3, 2), dtype=np.float32), r"column age: the shape \(3, 2\)"),
        ("age", np.zeros(2, dtype=np.float32), "other numbers of rows: age has 2, children has 3"),
    ],
)
def test_what_does_not_fit_is_told_when_they_are_made(name, values, says):
    with pytest.raises(ModelError, match=says):
        Inputs.of({**COLUMNS, name: values}, DECLARED)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ModelError, match="no column children, job"):
        Inputs.of({"age": COLUMNS["age"], "member": COLUMNS["member"]}, DECLARED)


def test_inputs_are_not_looked_at_again(monkeypatch):
    found = of_example()
    monkeypatch.setattr(module, "typed", lambda *_: pytest.fail("looked at again"))
    assert Inputs.of(found, DECLARED) is Inputs.of(found, list(DECLARED)) is found
    assert found.take(np.array([2, 0])).rows == 2
    assert stacked(list(found.batches(2)))["job"].tolist() == ["clerk", "", "smith"]


def test_batches_are_all_rows_in_their_order():
    parts = list(of_example().batches(2))
    assert [part.rows for part in parts] == [2, 1]
    assert [part["children"].tolist() for part in parts] == [[0, 1], [2]]
    assert list(Inputs.of({name: values[:0] for name, values in COLUMNS.items()}, DECLARED).batches(2)) == []


def test_one_input_is_replaced_and_the_others_are_shared():
    found = of_example()
    other = found.replaced("children", np.array([7, 8, 9]))
    assert other["children"].tolist() == [7, 8, 9]
    assert found["children"].tolist() == [0, 1, 2]
    assert other["job"] is found["job"]


@pytest.mark.parametrize(
    ("values", "says"),
    [(np.array([1.5, 2, 3]), "1.5 is no whole number"), (np.array([1, 2]), "2 rows instead of 3")],
)
def test_what_replaces_an_input_must_fit_it(values, says):
    with pytest.raises(ModelError, match=says):
        of_example().replaced("children", values)


def test_nothing_cannot_be_stacked():
    with pytest.raises(ValueError, match="nothing to stack"):
        stacked([])


def test_there_is_a_row_for_each_type_and_texts_and_truths_are_no_numbers():
    assert set(get_args(DType)) == set(TYPES)
    assert {name for name in TYPES if not is_number(name)} == {"string", "bool"}
