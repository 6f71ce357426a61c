"""Rows and columns: one reader and its inverse, and what each type takes."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.domain.model import request_rows as rows
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.request_rows import (
    FLOATS,
    TYPES,
    RowError,
    feed,
    read_request,
    read_rows,
    row_schema,
    typed,
    write_rows,
)
from lockgate.domain.model.signature import Column, Signature
from lockgate.errors import ModelError

DTYPES = {"f": "float32", "i": "int64", "b": "bool", "s": "string"}
ROW = {"f": 1.5, "i": 3, "b": True, "s": "x"}
VALUES = {
    "f": st.floats(width=32, allow_infinity=False),
    "i": st.integers(-(2**63), 2**63 - 1),
    "b": st.booleans(),
    "s": st.text(st.characters(codec="utf-8")),
}


@settings(max_examples=50)
@given(st.lists(st.fixed_dictionaries(VALUES), max_size=5))
def test_columns_come_back_bit_by_bit_from_the_rows_that_they_are_written_as(listed):
    columns = {n: np.array([row[n] for row in listed], dtype=TYPES[dtype].numpy) for n, dtype in DTYPES.items()}
    read = read_rows(json.loads(json.dumps(write_rows(columns, DTYPES), allow_nan=False)), DTYPES)
    for name, values in columns.items():
        assert read[name].dtype == values.dtype
        np.testing.assert_array_equal(read[name], values)
        if name == "f":
            np.testing.assert_array_equal(np.signbit(read[name]), np.signbit(values) & ~np.isnan(values))


@pytest.mark.parametrize(
    ("name", "given_", "read"),
    [
        ("f", None, math.nan),
        ("f", math.nan, math.nan),
        ("f", 3, 3.0),
        ("f", 0.1, np.float32(0.1)),
        ("f", 1e-60, 0.0),
        ("f", 2**53 + 1, np.float32(2**53)),
        ("i", 3.0, 3),
        ("i", -0.0, 0),
        ("i", float(2**53 - 1), 2**53 - 1),
        ("i", 2**53 + 1, 2**53 + 1),
        ("i", -(2**63), -(2**63)),
        ("b", False, False),
        ("s", None, ""),
        ("s", "None", "None"),
        ("s", "a\0", "a\0"),
    ],
)
def test_what_a_type_takes(name, given_, read):
    found = read_rows([ROW, {**ROW, name: given_}], DTYPES)[name]
    assert found.dtype == TYPES[DTYPES[name]].numpy
    np.testing.assert_array_equal(found[1], read)


@pytest.mark.parametrize(
    ("name", "given_", "said"),
    [
        ("f", "1.5", "found '1.5'"),
        ("f", True, "found true"),
        ("f", 3.5e38, "3.5e+38 is too large for float32"),
        ("f", 10**400, "is too large for float32"),
        ("i", None, "found null"),
        ("i", "3", "found '3'"),
        ("i", False, "found false"),
        ("i", 3.5, "3.5 is no whole number"),
        ("i", math.nan, "nan is no whole number"),
        ("i", math.inf, "inf is no whole number"),
        ("i", float(2**53), "does not tell whole numbers apart"),
        ("i", 2**63, "is beyond int64"),
        ("b", None, "found null"),
        ("b", 1, "found 1"),
        ("b", "true", "found 'true'"),
        ("s", 3, "found 3"),
        ("s", math.nan, "found nan"),
        ("s", True, "found true"),
        ("s", "\ud800", "no Unicode text"),
        ("s", {"a": 1}, "found {'a': 1}"),
    ],
)
def test_what_a_type_does_not_take_is_named_with_row_and_column(name, given_, said):
    with pytest.raises(RowError) as caught:
        read_rows([ROW, ROW, {**ROW, name: given_}, {**ROW, name: given_}], DTYPES)
    assert str(caught.value).startswith(f"row 2, column {name}: ")
    assert said in str(caught.value)
    assert f"{DTYPES[name]} takes " in str(caught.value)


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_an_infinite_number_is_neither_read_nor_written_and_may_be_judged(value):
    column = np.array([1.0, value], dtype=np.float32)
    with pytest.raises(RowError, match="row 1, column f: an infinite number"):
        read_rows([ROW, {**ROW, "f": value}], DTYPES)
    with pytest.raises(RowError, match="row 1, column f: an infinite number"):
        write_rows({"f": column}, {"f": "float32"})
    assert typed("f", column, "float32") is column


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "row 1 has no column f and 3 more; a missing value is null"),
        ({**ROW, "F": 1}, "row 1 has a column 'F', which the model does not take"),
        ([1.5, 3, True, "x"], "row 1 is no object with a value for each column"),
        (None, "row 1 is no object"),
    ],
)
def test_a_row_has_exactly_the_columns_of_the_signature(row, said):
    with pytest.raises(RowError) as caught:
        read_rows([ROW, row], DTYPES)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("i", np.array([1.0, 2.5]), "row 1, column i: 2.5 is no whole number"),
        ("i", np.array([1.0, np.nan]), "row 1, column i: nan is no whole number"),
        ("i", np.array([1, 2**63], dtype=np.uint64), "row 1, column i: 9223372036854775808 is beyond int64"),
        ("i", np.array([True, False]), "row 0, column i: found true"),
        ("b", np.array([0, 1]), "row 0, column b: found 0"),
        ("f", np.array([1.0, 1e39]), "row 1, column f: 1e+39 is too large"),
        ("f", np.array(["1"], dtype=object), "row 0, column f: found '1'"),
        ("s", np.array(["a", np.nan], dtype=object), "row 1, column s: found nan"),
        ("s", np.array([1, 2]), "row 0, column s: found 1"),
    ],
)
def test_a_column_of_another_type_never_reaches_a_model_changed(name, values, said):
    signature = Signature((Column(name, DTYPES[name]),), (), ())
    with pytest.raises(ModelError) as caught:
        Inputs.of({name: values}, signature.inputs)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("i", np.array([1.0, -2.0])),
        ("i", np.array([1, 2], dtype=np.uint8)),
        ("f", np.array([np.inf, np.nan])),
        ("f", np.array([1, 2])),
        ("s", np.array(["a", ""])),
    ],
)
def test_a_column_of_another_type_is_taken_where_its_type_holds_every_value(name, values):
    fed = feed({name: values}, {name: DTYPES[name]})[name]
    assert (fed.dtype, fed.shape) == (TYPES[DTYPES[name]].numpy, (2, 1))
    np.testing.assert_array_equal(fed[:, 0], values)


def test_null_is_in_the_schema_where_the_type_has_a_missing_value():
    schema = row_schema(DTYPES)
    assert {name for name, each in schema["properties"].items() if "null" in each["type"]} == {"f", "s"}
    assert {name for name, each in TYPES.items() if each.missing is not None} == {*FLOATS, "string"}
    assert (schema["required"], schema["additionalProperties"]) == (["f", "i", "b", "s"], False)


def test_the_reader_stands_alone(tmp_path):
    """It lies beside a service in an image without Lockgate."""
    (tmp_path / "lockgate_rows.py").write_bytes(Path(rows.__file__).read_bytes())
    code = "import lockgate_rows, sys; print(*sorted({n.partition('.')[0] for n in sys.modules} & {'lockgate'}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    assert "import lockgate" not in (tmp_path / "lockgate_rows.py").read_text()


def test_a_request_is_read_as_it_is_sent():
    found = read_request(b'{"rows": [{"x": 1.5, "y": NaN, "t": "K\xc3\xb6ln"}]}')
    assert found["rows"][0]["x"] == 1.5
    assert math.isnan(found["rows"][0]["y"])
    assert found["rows"][0]["t"] == "Köln"
    assert read_request(b"[]") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"rows": [], "threshold": 0.3}', "the key 'threshold' beside rows, and takes rows alone"),
        (b'{"row": []}', "the key 'row' beside rows"),
        (b'{"rows": [], "rows": []}', "the key 'rows' stands twice in one object"),
        (b'{"rows": [{"x": 1, "x": 2}]}', "the key 'x' stands twice in one object"),
        (b"{", "the request is no JSON: "),
        (b"\xff", "the request is no JSON: "),
        (b"[" * 200_000, "lists in lists without end"),
    ],
)
def test_what_a_request_has_beside_its_rows_is_refused_by_name(content, said):
    with pytest.raises(RowError, match=said):
        read_request(content)
