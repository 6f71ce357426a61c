"""Every type of input through every station that a value passes: JSON, tables, profile, edges, probes, the graph."""

import datetime as dt
import json

import numpy as np
import onnx
import pytest
from builders import FILES
from onnx import TensorProto, helper

from lockgate.adapters.onnxruntime import isolated_runtime
from lockgate.adapters.onnxruntime.isolated_runtime import IsolatedRuntime, joined
from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.making.identifiers import identifiers_of
from lockgate.domain.measuring.edge_rows import edge_rows
from lockgate.domain.measuring.probes import due_of, probes_of
from lockgate.domain.model.column_values import column_of
from lockgate.domain.model.inputs import Input, Inputs, dtype_name, losses
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.request_rows import (
    FLOATS,
    TIMES,
    TYPES,
    RowError,
    as_text,
    limits,
    read_rows,
    row_schema,
    typed,
    write_rows,
)
from lockgate.domain.model.signature import Output, Signature
from lockgate.domain.model.slices import Slice
from lockgate.domain.serving.proof_rows import proof_rows

ROWS = 40
UTC_TIMES = [dt.datetime(2026, 1, 1, 1, row, tzinfo=dt.UTC) for row in range(ROWS)]


def handed_over(dtype):
    """Twenty values twice each, as a plug-in gives them."""
    places = np.arange(ROWS) // 2
    if dtype in TIMES:
        return np.datetime64("2026-01-31", TIMES[dtype]) + places
    if dtype == "string":
        return np.array([f"t{place}" for place in places], dtype=object)
    return (places % 2 == 0) if dtype == "bool" else places.astype(TYPES[dtype].numpy)


@pytest.fixture(scope="module")
def signature():
    return Signature(tuple(Input(f"of {name}", name) for name in TYPES), (), ())


@pytest.fixture(scope="module")
def inputs(signature, tmp_path_factory):
    """Every type, handed over, written and read again."""
    path = tmp_path_factory.mktemp("types") / "rows.parquet"
    given = {each.name: column_of(handed_over(each.dtype)) for each in signature.inputs}
    ParquetTables(FILES).write(path, given)
    found = ParquetTables(FILES).read(path)
    assert {each.name: dtype_name(found[each.name]) for each in signature.inputs} == {
        each.name: each.dtype for each in signature.inputs
    }
    return Inputs.of(found, signature.inputs)


def test_a_table_holds_each_type_and_inputs_have_it_as_the_graph_takes_it(signature, inputs):
    for each in signature.inputs:
        assert inputs[each.name].dtype == TYPES[each.dtype].numpy, each
        assert inputs.fed()[each.name].shape == (ROWS, 1)
    assert inputs["of date"][0] == (dt.date(2026, 1, 31) - dt.date(1970, 1, 1)).days
    assert inputs["of datetime"][2] - inputs["of datetime"][0] == 1


def test_each_type_comes_back_from_json_bit_by_bit(signature, inputs):
    sent = json.loads(json.dumps(write_rows(inputs, signature.dtypes), allow_nan=False))
    found = read_rows(sent, signature.dtypes)
    for name, values in inputs.items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].dtype == values.dtype
    assert sent[2]["of date"] == "2026-02-01"
    assert sent[2]["of datetime"] == "2026-01-31T00:00:00.000001Z"


def test_the_typical_row_and_those_of_the_proof_are_rows_that_a_client_may_send(signature, inputs):
    profile = profile_of(inputs, signature, 2)
    rows = [profile.typical_row(signature), *proof_rows(signature, profile).values()]
    read_rows(json.loads(json.dumps(rows, allow_nan=False)), signature.dtypes)
    assert rows[0]["of uint8"] == 9
    assert rows[0]["of date"] == "2026-02-09"


def test_each_type_has_edges_and_probes_that_it_can_hold(signature, inputs):
    profile = profile_of(inputs, signature, 2)
    edges = edge_rows(signature, profile)
    probed = list(probes_of(signature, profile, inputs))
    for each in signature.inputs:
        assert edges.inputs[each.name].dtype == TYPES[each.dtype].numpy
        assert [name for name in edges.names if name.startswith(f"{each.name}=")]
        mine = [probe for probe in probed if probe.column == each.name]
        assert {probe.values.dtype for probe in mine} == {np.dtype(TYPES[each.dtype].numpy)}
        asked = {(probe.column, probe.kind) for probe in mine}
        assert {(each.name, due.kind) for due in due_of(each, asked, 99)} <= asked
    assert len(stack := {(probe.column, probe.kind) for probe in probed}) == len(probed), stack


def test_whole_numbers_with_a_value_for_each_row_look_like_ids(signature):
    columns = {each.name: typed(each.name, np.arange(40), "int8") for each in signature.inputs}
    names = {found.column for found in identifiers_of(columns, signature, 10)}
    assert names == {f"of {name}" for name in TYPES if TYPES[name].taken == (int, float)} | {"of string"}


def test_the_schema_of_a_row_has_every_type(signature):
    for name, schema in row_schema(signature.dtypes)["properties"].items():
        assert schema == dict(TYPES[name.removeprefix("of ")].schema)


@pytest.fixture(scope="module")
def echo(tmp_path_factory, signature):
    """A graph that answers each input with itself."""
    kinds = {each.name: TensorProto.DataType.Value(TYPES[each.dtype].onnx) for each in signature.inputs}
    graph = helper.make_graph(
        [helper.make_node("Identity", [name], [f"{name}/out"]) for name in kinds],
        "echo",
        [helper.make_tensor_value_info(name, kind, [None, 1]) for name, kind in kinds.items()],
        [helper.make_tensor_value_info(f"{name}/out", kind, [None, 1]) for name, kind in kinds.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path = tmp_path_factory.mktemp("echo") / "model.onnx"
    onnx.save(model, path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("cells", [16_000_000, 7 * len(TYPES), 1])
def test_the_runtime_is_fed_every_type_in_a_process_of_its_own(echo, signature, inputs, monkeypatch, cells):
    """All rows at once, in parts of seven, and one by one."""
    monkeypatch.setattr(isolated_runtime, "CELLS", cells)
    outputs = tuple(Output(f"{each.name}/out", each.dtype, (1,)) for each in signature.inputs)
    session = IsolatedRuntime(30, 4 << 30).open(echo, Signature(signature.inputs, outputs, ()))
    found = session.run(inputs)
    for name, values in inputs.items():
        assert found[f"{name}/out"].shape == (ROWS, 1)
        np.testing.assert_array_equal(found[f"{name}/out"].reshape(-1), values)
        assert found[f"{name}/out"].dtype == values.dtype


@pytest.mark.parametrize(
    ("dtype", "value", "says"),
    [
        ("uint8", 256, "256 is beyond uint8; uint8 takes a whole number from 0 to 255"),
        ("int8", -129, "-129 is beyond int8; int8 takes a whole number from -128 to 127"),
        ("int32", 2**31, r"is beyond int32; int32 takes a whole number from -2\*\*31 to 2\*\*31 - 1"),
        ("uint64", -1, r"is beyond uint64; uint64 takes a whole number from 0 to 2\*\*64 - 1"),
        ("int16", None, "found null"),
        ("float16", 7e4, "70000.0 is too large for float16"),
        ("float64", "1", "found '1'"),
        ("float32", dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC), "found 2026-01-31T12:00:00"),
        ("date", "2026-02-29", "'2026-02-29' is no date: day is out of range"),
        ("date", "20260228", "'20260228' is no date"),
        ("date", 20_000, "found 20000; date takes a date such as 2026-01-31"),
        ("date", None, "found null"),
        ("datetime", "2026-01-31T12:00:00", "is no time with an offset; datetime takes a time with its offset"),
        ("datetime", "2026-01-31T25:00Z", "is no time: hour must be in"),
        ("datetime", "2026-01-31T12:00:00.1234567Z", "is no time with an offset"),
    ],
)
def test_a_value_that_its_type_cannot_hold_is_named(dtype, value, says):
    with pytest.raises(RowError, match=f"row 0, column x: .*{says}"):
        read_rows([{"x": value}], {"x": dtype})


@pytest.mark.parametrize(
    ("dtype", "values", "says"),
    [
        ("uint8", np.array([1, -1]), "row 1, column x: -1 is beyond uint8"),
        ("int32", np.array([1.0, 0.5]), "row 1, column x: 0.5 is no whole number"),
        ("int32", np.array([1.0, np.nan]), "row 1, column x: nan is no whole number"),
        ("uint64", np.array([1.0, 2.0**53]), "does not tell whole numbers apart"),
        ("int64", np.array([1, 2**63], dtype=np.uint64), "9223372036854775808 is beyond int64"),
        ("float16", np.array([1.0, 7e4]), "row 1, column x: 70000.0 is too large for float16"),
        ("date", np.array(["2026-01-01T12"], dtype="datetime64[h]"), "is finer than date"),
        ("date", np.array(["NaT"], dtype="datetime64[D]"), "row 0, column x: a missing one; date takes a date"),
        ("date", np.array([1.5]), "found 1.5"),
    ],
)
def test_a_column_that_its_type_cannot_hold_is_named_with_the_row(dtype, values, says):
    with pytest.raises(RowError, match=says):
        typed("x", values, dtype)


@pytest.mark.parametrize("dtype", [name for name in TYPES if TYPES[name].taken == (int, float)])
def test_whole_numbers_of_another_width_are_taken_where_they_fit(dtype):
    least, most = limits(dtype)
    for other in ("int64", "uint64", "float64"):
        values = np.array([max(least, 0), min(most, 100)], dtype=other)
        found = typed("x", values, dtype)
        assert found.dtype == TYPES[dtype].numpy
        np.testing.assert_array_equal(found, values)


def test_times_of_another_zone_are_the_same_moment_in_utc():
    texts = ["2026-01-31T12:00Z", "2026-01-31T13:00:00+01:00", "2026-01-31 07:00:00.000-05:00"]
    found = read_rows([{"x": text} for text in texts], {"x": "datetime"})["x"]
    assert len(set(found.tolist())) == 1
    assert as_text(int(found[0]), "datetime") == "2026-01-31T12:00:00Z"


@pytest.mark.parametrize("value", ["0001-01-01", "9999-12-31"])
def test_dates_that_have_no_text_are_not_written(value):
    beyond = read_rows([{"x": value}], {"x": "date"})["x"] + (1 if value.startswith("9") else -1)
    with pytest.raises(RowError, match="row 0, column x: a date outside the years 1 to 9999"):
        write_rows({"x": beyond}, {"x": "date"})


def test_what_is_rounded_is_told_with_how_many_and_how_far():
    columns = {
        "narrow": np.array([0.1, 0.5, np.nan]),
        "same": np.array([0.1, 0.5], dtype=np.float32),
        "whole": np.array([2**24 + 1, 1]),
        "wide": np.array([0.1, 0.5], dtype=np.float32),
    }
    declared = [Input(name, "float64" if name == "wide" else "float32") for name in columns]
    assert losses(columns, declared) == (
        "narrow: 1 of 3 values are rounded from float64 to float32, by at most 1.5e-09: "
        "0.1 becomes 0.10000000149011612",
        "whole: 1 of 2 values are rounded from int64 to float32, by at most 1: 16777217.0 becomes 16777216.0",
    )


def test_a_missing_number_is_null_in_every_float_type():
    for dtype in FLOATS:
        values = np.array([1.5, np.nan], dtype=dtype)
        assert write_rows({"x": values}, {"x": dtype}) == [{"x": 1.5}, {"x": None}]
        np.testing.assert_array_equal(read_rows([{"x": 1.5}, {"x": None}], {"x": dtype})["x"], values)


DAYS = np.array(["2026-01-19", "2026-01-20", "2026-01-21", "2026-01-20"], dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("seen < 2026-01-20", [0]),
        ("seen >= 2026-01-20", [1, 2, 3]),
        ("seen = 2026-01-20", [1, 3]),
        ("seen > 2026-01-20T01:30:00+01:00", [2]),
    ],
)
@pytest.mark.parametrize("unit", ["D", "us"])
def test_rows_are_sliced_by_dates_and_times(text, rows, unit):
    ((_, found),) = Slice.parse(text).parts({"seen": DAYS.astype(f"datetime64[{unit}]")})
    assert found.tolist() == rows


def test_each_day_is_a_slice_by_its_date():
    assert [name for name, _ in Slice.parse("seen").parts({"seen": DAYS})] == [
        "seen=2026-01-19",
        "seen=2026-01-20",
        "seen=2026-01-21",
    ]


def test_a_date_is_not_compared_with_a_text():
    with pytest.raises(ValueError, match="seen holds dates, such as 2026-01-31"):
        list(Slice.parse("seen = monday").parts({"seen": DAYS}))


def test_an_output_without_a_row_for_each_is_left_as_it_was_in_a_part():
    parts = [(2, {"a": np.zeros((2, 3)), "odd": np.zeros(2)}), (1, {"a": np.ones((1, 3)), "odd": np.zeros(5)})]
    found = joined(parts)
    assert (found["a"].shape, found["odd"].shape) == ((3, 3), (5,))
