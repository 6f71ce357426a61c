"""Tensors: named axes, fixed or varying; what is of another shape is named with its row and axis."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import FILES

from lockgate.adapters.onnx.graphs.files import OnnxFiles
from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.judging.gates.data.table_checks import one_value, problems_of, shared_rows
from lockgate.domain.measuring.edge_rows import edge_rows
from lockgate.domain.measuring.probes import due_of, nudged, probes_of
from lockgate.domain.model.inputs import Axis, Input, Inputs, stacked
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.request_rows import RowError, feed, read_rows, row_schema, write_rows
from lockgate.domain.model.signature import Signature
from lockgate.domain.serving.proof_rows import proof_rows
from lockgate.errors import DataError, ModelError

IMAGE = Input("image", "uint8", (Axis("channel", 3), Axis("height", 4), Axis("width", 5)))
WINDOW = Input("window", "float32", (Axis("time"), Axis("sensor", 2)))
IDS = Input("ids", "int64", (Axis("place"),))
AGE = Input("age", "float32")
DECLARED = (IMAGE, WINDOW, IDS, AGE)
SIGNATURE = Signature(DECLARED, (), ())
ROWS = 20


def columns(rows=ROWS, seed=0):
    random = np.random.default_rng(seed)
    return {
        "image": random.integers(0, 256, (rows, 3, 4, 5), dtype=np.uint8),
        "window": random.normal(size=(rows, 7, 2)).astype(np.float32),
        "ids": random.integers(0, 1000, (rows, 6)),
        "age": random.normal(size=rows).astype(np.float32),
    }


def of_example():
    return Inputs.of(columns(), DECLARED)


def test_inputs_hold_tensors_beside_columns_and_feed_them_as_they_are():
    found = of_example()
    assert found.rows == ROWS
    assert {name: values.shape[1:] for name, values in found.fed().items()} == {
        "image": (3, 4, 5),
        "window": (7, 2),
        "ids": (6,),
        "age": (1,),
    }
    for name, values in feed(found, SIGNATURE.dtypes).items():
        np.testing.assert_array_equal(values, found.fed()[name])


def test_they_are_taken_batched_stacked_and_replaced():
    found = of_example()
    assert [part["image"].shape[0] for part in found.batches(8)] == [8, 8, 4]
    np.testing.assert_array_equal(stacked(list(found.batches(8)))["window"], found["window"])
    np.testing.assert_array_equal(found.take(np.array([3, 1]))["ids"], found["ids"][[3, 1]])
    other = found.replaced("image", found["image"][::-1])
    np.testing.assert_array_equal(other["image"][0], found["image"][-1])
    with pytest.raises(ModelError, match="axis width has the size 4"):
        found.replaced("image", found["image"][..., 1:])


def ragged(rows, at, shape):
    made = np.empty(rows, dtype=object)
    for row in range(rows):
        made[row] = np.zeros(shape if row == at else (3, 4, 5), dtype=np.uint8)
    return made


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        (
            "image",
            np.zeros((ROWS, 4, 4, 5), np.uint8),
            "input image: axis channel has the size 4; it takes a tensor of ",
        ),
        (
            "image",
            np.zeros((ROWS, 3, 20), np.uint8),
            r"each row has the shape \(3, 20\); it takes a tensor of uint8 \(",
        ),
        ("image", np.zeros(ROWS, np.uint8), r"each row has the shape \(\) of one value"),
        ("image", ragged(ROWS, 7, (3, 4, 6)), "row 7, input image: axis width has the size 6; it takes a "),
        ("image", ragged(ROWS, 7, (3, 4)), "row 7, input image: found 0, it takes a tensor of uint8"),
        ("image", np.array(["0 0 0"] * ROWS, object), "row 0, input image: found '0 0 0', it takes a tensor of uint8"),
        ("image", np.full((ROWS, 3, 4, 5), 256), r"row 0, input image at \[0, 0, 0\]: 256 is beyond uint8"),
        ("window", np.zeros((ROWS, 0, 2), np.float32), "axis time has the size 0; .*time any, sensor 2"),
        ("window", np.full((ROWS, 7, 2), 1e39), r"row 0, input window at \[0, 0\]: 1e\+39 is too large for float32"),
        ("ids", np.array([[1, 2]] * ROWS, dtype=bool), "input ids: its values are bool; int64 takes a whole number"),
        ("age", np.zeros((ROWS, 1), np.float32), r"column age: the shape \(20, 1\); a column is \(rows,\)"),
    ],
)
def test_what_has_another_shape_is_told_with_row_and_axis(name, values, says):
    with pytest.raises(ModelError, match=says):
        Inputs.of({**columns(), name: values}, DECLARED)


def test_an_axis_that_varies_is_as_long_as_the_rows_of_a_table_are():
    longer = {**columns(), "window": np.zeros((ROWS, 99, 2), np.float32)}
    assert Inputs.of(longer, DECLARED)["window"].shape == (ROWS, 99, 2)


def test_rows_come_back_from_json_bit_by_bit():
    found = of_example()
    sent = json.loads(json.dumps(write_rows(found, SIGNATURE.dtypes), allow_nan=False))
    for name, values in read_rows(sent, SIGNATURE.dtypes).items():
        np.testing.assert_array_equal(values, found[name])
        assert values.dtype == found[name].dtype


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        ([[1, 2], [1]], "row 1, input ids: the shape (1), row 0 has (2): rows of one call are alike"),
        ([[1, 2], []], "row 1, input ids: axis place has the size 0; it takes a tensor of int64 (place any)"),
        ([[1, 2], 3], "row 1, input ids: found 3, it takes a tensor of int64 (place any), as lists in lists"),
        ([[1, 2], None], "row 1, input ids: found null, it takes a tensor of int64 (place any)"),
        ([[1, 2], [3, 0.5]], "row 1, input ids at [1]: 0.5 is no whole number; int64 takes a whole number"),
        ([[1, 2], [3, [4]]], "row 1, input ids: has more than 1 axes"),
        ([[1, 2], [3, None]], "row 1, input ids at [1]: found null"),
        ([[1, 2], [3, "4"]], "row 1, input ids at [1]: found '4'"),
    ],
)
def test_what_a_client_sends_of_another_form_is_told_with_the_row(ids, says):
    with pytest.raises(RowError) as caught:
        read_rows([{"ids": each} for each in ids], {"ids": IDS.type})
    assert str(caught.value).startswith(says)


def test_lists_of_unequal_lengths_within_a_row_are_told():
    with pytest.raises(RowError, match="row 0, input window: lists of 1 and of 2 values side by side"):
        read_rows([{"window": [[1, 2], [1]]}], {"window": WINDOW.type})


@pytest.mark.parametrize(("value", "what"), [(np.inf, "an infinite number"), (np.nan, "a missing number")])
def test_every_cell_is_a_number(value, what):
    values = np.array([[[1.0, value]]], dtype=np.float32)
    says = rf"row 0, input window at \[0, 1\]: {what}; every cell of a tensor is a number"
    with pytest.raises(RowError, match=says):
        write_rows({"window": values}, {"window": WINDOW.type})
    with pytest.raises(RowError, match=says):
        read_rows([{"window": [[1.0, value]]}], {"window": WINDOW.type})
    with pytest.raises(ModelError, match=says):
        Inputs.of({"window": values}, (WINDOW,))


def test_the_schema_of_a_row_names_the_axes_and_their_sizes():
    schema = row_schema(SIGNATURE.dtypes)["properties"]
    image = schema["image"]
    assert [image["title"], image["items"]["title"], image["items"]["items"]["title"]] == ["channel", "height", "width"]
    assert (image["minItems"], image["maxItems"], image["items"]["items"]["items"]["maximum"]) == (3, 3, 255)
    assert "maxItems" not in schema["ids"]


def test_a_profile_tells_of_all_cells_and_of_no_single_row():
    found = profile_of(columns(), SIGNATURE, 5)
    image, window, ids, age = found.numbers
    assert image.axes == IMAGE.axes
    assert window.axes == (Axis("time", 7), Axis("sensor", 2))
    assert (image.rows, image.missing, ids.rows) == (ROWS, 0, ROWS)
    bright = {**columns(), "image": np.where(np.arange(ROWS).reshape(-1, 1, 1, 1) < 4, 255, 0).astype(np.uint8)}
    # The cells of four rows that are white: fewer than five rows share it.
    assert profile_of(bright, SIGNATURE, 5).numbers[0].quantiles[-1] < 255
    assert profile_of(bright, SIGNATURE, 4).numbers[0].quantiles[-1] == 255
    assert len(age.quantiles) == len(image.quantiles) == 9


def test_the_typical_row_and_those_of_the_proof_are_of_the_shape_of_the_training_rows():
    profile = profile_of(columns(), SIGNATURE, 5)
    rows = proof_rows(SIGNATURE, profile)
    for row in rows.values():
        found = read_rows([json.loads(json.dumps(row, allow_nan=False))], SIGNATURE.dtypes)
        assert {name: values.shape for name, values in found.items()} == {
            "image": (1, 3, 4, 5),
            "window": (1, 7, 2),
            "ids": (1, 6),
            "age": (1,),
        }
    assert rows["missing"]["window"] == rows["typical"]["window"]
    few = profile_of(columns(3), SIGNATURE, 5).typical_row(SIGNATURE)
    assert read_rows([few], SIGNATURE.dtypes)["window"].tolist() == [[[0.0] * 2] * 7]


def test_edges_are_in_all_cells_at_once():
    edges = edge_rows(SIGNATURE, profile_of(columns(), SIGNATURE, 5))
    assert edges.inputs["image"].shape == (len(edges.names), 3, 4, 5)
    zero = edges.names.index("image=0")
    assert not edges.inputs["image"][zero].any()
    assert np.isfinite(edges.inputs["window"]).all()
    assert (edges.inputs["window"][edges.names.index("window=1e+30")] == np.float32(1e30)).all()


def test_probes_change_all_cells_and_those_of_whole_numbers_stay_in_the_training_range():
    inputs, profile = of_example(), profile_of(columns(), SIGNATURE, 5)
    probed = list(probes_of(SIGNATURE, profile, inputs))
    asked = {(each.column, each.kind): each.values for each in probed}
    assert {kind for name, kind in asked if name == "ids"} == {"low", "high"}
    assert {kind for name, kind in asked if name == "window"} == {"nudge", "low", "high"}
    assert asked["image", "high"].max() <= 255
    moved = asked["window", "nudge"]
    assert moved.shape == (ROWS, 7, 2)
    assert (moved != inputs["window"]).all()
    assert np.abs(moved - inputs["window"]).max() < 1e-5
    for declared in DECLARED:
        assert {(declared.name, due.kind) for due in due_of(declared, asked, 99)} <= set(asked)
    assert nudged(np.array([1.0, np.nan])).dtype == np.float64


def test_tables_compare_tensors_by_their_cells():
    one, other = columns(), columns(seed=1)
    other["image"][3] = one["image"][5]
    assert shared_rows(one, other, ["image"]) == 1
    assert shared_rows(one, one, ["image", "window"], near=True) == ROWS
    np.testing.assert_allclose(one_value(one["image"]), one["image"].reshape(ROWS, -1).mean(axis=1))
    wrong = {**one, "image": one["image"][:, :2], "y": np.array(["a"] * ROWS, object)}
    assert problems_of(wrong, DECLARED, "y", frozenset({"a"})) == (
        "column image: input image: axis channel has the size 2; it takes a tensor of uint8 (channel 3, height 4, "
        "width 5)",
    )


TABLES = ParquetTables(FILES)


def test_a_table_holds_a_tensor_as_arrows_own_type(tmp_path):
    TABLES.write(tmp_path / "rows.parquet", columns())
    kinds = {field.name: field.type for field in pq.read_schema(tmp_path / "rows.parquet")}
    assert kinds["image"] == pa.fixed_shape_tensor(pa.uint8(), (3, 4, 5))
    for name, values in TABLES.read(tmp_path / "rows.parquet").items():
        np.testing.assert_array_equal(values, columns()[name])


@pytest.mark.parametrize(
    "kind",
    [pa.list_(pa.list_(pa.float32())), pa.list_(pa.list_(pa.float32(), 2)), pa.large_list(pa.list_(pa.float32()))],
)
def test_lists_of_one_length_that_others_wrote_are_a_tensor(tmp_path, kind):
    values = columns()["window"]
    pq.write_table(
        pa.table({"window": pa.array(values.tolist(), type=kind)}), tmp_path / "rows.parquet", row_group_size=3
    )
    found = TABLES.read(tmp_path / "rows.parquet")["window"]
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([[1, 2], [1, 2], [1]], "column x: row 2 has a list of 1 values, row 0 one of 2"),
        ([[[1], [2]], [[1], [2, 3]]], "column x: row 1 has a list of 2 values, row 0 one of 1"),
        ([[1, 2], None], "1 nulls in a column of list"),
        ([["a"], ["b"]], "lists of string"),
        ([[1, None], [1, 2]], "column x: 1 nulls in a column of int64"),
    ],
)
def test_lists_that_are_no_tensor_are_told_with_the_row(tmp_path, values, says):
    pq.write_table(pa.table({"x": values}), tmp_path / "rows.parquet")
    with pytest.raises(DataError, match=says):
        TABLES.read(tmp_path / "rows.parquet")


def test_two_columns_of_one_name_are_no_table(tmp_path):
    path = tmp_path / "twice.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], names=["a", "a"]), path)
    with pytest.raises(DataError, match="two columns are called 'a'"):
        TABLES.read(path)
    pq.write_table(pa.table({"a.b": [1.0], "a": [2.0]}), path)
    assert {name: values.tolist() for name, values in TABLES.read(path).items()} == {"a.b": [1.0], "a": [2.0]}


def test_a_column_that_is_ignored_need_not_be_read(tmp_path):
    path = tmp_path / "others.parquet"
    pq.write_table(pa.table({"a": [1.0, 2.0], "null": pa.nulls(2), "parts": [{"k": 1}, {"k": 2}]}), path)
    found = ParquetTables(FILES, of_others=True, ignored=("null", "parts")).read(path)
    assert {name: values.shape for name, values in found.items()} == {"a": (2,), "null": (2, 0), "parts": (2, 0)}
    with pytest.raises(DataError, match="column null: has no value at all") as raised:
        ParquetTables(FILES, of_others=True, ignored=("parts",)).read(path)
    assert raised.value.hint == "leave it out: --ignore null"
    with pytest.raises(DataError, match="column parts: holds struct<k: int64>"):
        ParquetTables(FILES, of_others=True, ignored=("null",)).read(path)


def test_a_pointer_of_git_lfs_is_told_in_place_of_a_table_or_a_model(tmp_path):
    path = tmp_path / "others.parquet"
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n")
    for read, error in ((TABLES.read, DataError), (OnnxFiles().read, ModelError)):
        with pytest.raises(error, match="a pointer of Git LFS stands in its place") as raised:
            read(path)
        assert raised.value.hint.endswith("git lfs pull")


def test_nulls_of_others_are_missing_numbers_and_texts(tmp_path):
    path, others = tmp_path / "others.parquet", ParquetTables(FILES, of_others=True)
    pq.write_table(pa.table({"n": [1, None], "t": ["a", None], "x": [0.5, None]}), path)
    found = others.read(path)
    assert (found["n"].dtype, found["n"][0], found["t"].tolist()) == (np.float64, 1.0, ["a", ""])
    assert np.isnan([found["n"][1], found["x"][1]]).all()
    with pytest.raises(DataError, match="column n: 1 nulls in a column of int64"):
        TABLES.read(path)
    for odd, told in {"no value at all": [None, None], "1 nulls in a column of bool": [True, None]}.items():
        pq.write_table(pa.table({"n": told}), path)
        with pytest.raises(DataError, match=odd):
            others.read(path)
    pq.write_table(pa.table({"n": [2**53 + 1, None]}), path)
    with pytest.raises(DataError, match="column n: 1 nulls in a column of int64"):
        others.read(path)


def test_a_wrong_cell_is_not_told_that_it_may_be_null():
    """In a tensor none may; in a column it may."""
    tensor = {"w": ("float32", (("time", 2),))}
    for cell in ("1", 1e39):
        with pytest.raises(RowError, match=r"float32 takes a number$"):
            read_rows([{"w": [1.0, cell]}], tensor)
    with pytest.raises(RowError, match=r"float32 takes a number, or null for a missing one$"):
        read_rows([{"w": "1"}], {"w": "float32"})
