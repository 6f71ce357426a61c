"""What a plug-in hands over: nonsense is told in words, with table, column and row, before anything is made of it."""

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import builders
import numpy as np
import pandas as pd
import pytest

from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import Axis
from lockgate.domain.model.signature import Column
from lockgate.errors import DataError, ModelError, SettingsError
from lockgate.testing import FakeMetrics, FakePlugin, FakeTracker
from lockgate.testing.fakes.making.plugin import INPUTS
from lockgate.usecases.making.hand_over import data_of, inputs_of, opened_by
from lockgate.usecases.making.prepare import prepare
from lockgate.usecases.making.train import train

TABLES = ParquetTables(builders.FILES)
SOUND = FakePlugin().data()


def giving(**methods):
    """A plug-in that is sound but for what these methods give."""
    sound = FakePlugin()
    parts = {name: getattr(sound, name) for name in ("data", "inputs", "train", "open")}
    return SimpleNamespace(**parts | {name: lambda *_, given=given: given for name, given in methods.items()})


def with_column(name, values, split="test"):
    return giving(data={**SOUND, split: {**SOUND[split], name: values}})


def objects_of(*rows):
    made = np.empty(len(rows), dtype=object)
    for place, row in enumerate(rows):
        made[place] = row
    return made


def objects(*values):
    made = np.array(["a"] * len(SOUND["test"]["age"]), dtype=object)
    made[3 : 3 + len(values)] = values
    return made


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, r"data\(\) gives nothing"),
        ([1], r"data\(\) gives a list"),
        ({"training": {}}, "no validation, test table"),
        ({"validation": {}, "test": {}}, "no training table"),
        ({**SOUND, "test": pd.DataFrame(SOUND["test"])}, "the test table is a DataFrame"),
        ({**SOUND, "test": {1: np.zeros(3)}}, "a column called 1"),
    ],
)
def test_data_that_are_no_three_tables_are_told(data, says):
    with pytest.raises(DataError, match=says):
        data_of(giving(data=data))


def test_training_rows_are_there_where_params_yaml_says_so_and_nowhere_else():
    two = {split: SOUND[split] for split in ("validation", "test")}
    assert data_of(giving(data=two), tuple(two)).keys() == two.keys()
    with pytest.raises(DataError) as caught:
        data_of(giving(data=two))
    assert "leave tables.training out of params.yaml" in caught.value.hint
    with pytest.raises(DataError, match="names no place for it") as caught:
        data_of(giving(data=SOUND), tuple(two))
    assert caught.value.hint.startswith("write tables.training")
    with pytest.raises(DataError) as caught:
        data_of(giving(data={"validation": {}}), tuple(two))
    assert caught.value.hint == "return validation, test"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (objects(np.nan), 'row 3 is nan; a text column holds texts only, and a missing text is ""'),
        (objects(None), "row 3 is None; a text column"),
        (objects(pd.NA), "row 3 is <NA>; a text column"),
        (objects("b", b"c"), r"row 4 is b'c' \(bytes\); a text column"),
        (objects(1), r"row 3 is 1 \(int\); a text column"),
        (objects(dt.date(2026, 1, 2)), r"row 3 is datetime.date\(2026, 1, 2\) \(date\)"),
        (objects("\ud800"), "row 3 is .*, which is no Unicode text"),
        (np.array([b"a"] * 40), r"holds \|S1; a column holds numbers, truth values, texts, dates or times"),
        (np.array(["2026-01-01", "NaT"], dtype="datetime64[D]"), "row 1 is NaT; a date has no missing value"),
        (
            np.array([0, 1], dtype="datetime64[ns]"),
            "row 1 is 1970-01-01T00:00:00.000000001; a time is told",
        ),
        (np.array([dt.date(2026, 1, 1), dt.datetime(2026, 1, 1)]), "holds dates and times side by side"),  # noqa: DTZ001
        ([np.zeros((2, 3)), np.zeros((2, 4))], "is no column: "),
        (objects_of(np.zeros((2, 3)), np.zeros((2, 4))), r"row 1 has the shape \(2, 4\), row 0 has \(2, 3\)"),
        (objects_of([[1, 2], [3, 4]], [[1, 2], [3]]), "is no column: "),
        (np.array([["a", "b"]] * 40), r"has the shape \(40, 2\), of <U1"),
        (np.zeros((40, 0)), r"has the shape \(40, 0\)"),
        (np.where(np.arange(6).reshape(3, 2) == 3, np.inf, 0), "row 1 is inf"),
        (np.ma.array(np.zeros(40), mask=np.arange(40) == 7), "row 7 is masked"),
        ([[1], [1, 2]], "is no column: "),
        (np.where(np.arange(40) == 5, np.inf, 0), "row 5 is inf; numbers are finite, and a missing number is NaN"),
        (np.where(np.arange(40) == 5, -np.inf, 0), "row 5 is -inf"),
        (np.zeros(40, dtype=np.complex64), "holds complex64"),
        (np.zeros(40, dtype=np.longdouble), "holds float128"),
        (3, r"is 3 \(int\), no array"),
        ("text", r"is 'text' \(str\), no array"),
        (np.array([2**70] * 40, dtype=object), "holds a whole number beyond 64 bits"),
    ],
)
def test_a_column_that_no_table_can_hold_is_told_with_its_row(values, says):
    with pytest.raises(DataError, match=f"the test table: column job: {says}"):
        data_of(with_column("job", values))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([np.str_("a"), "b"], dtype=object), ["a", "b"]),
        (np.array(["a", "b"]), ["a", "b"]),
        (pd.Series(["a", "b"]), ["a", "b"]),
        (pd.Categorical(["a", "b"]), ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        (np.array([1, 2], dtype=object), [1, 2]),
        (np.ma.array([1, 2]), [1, 2]),
        (np.array([np.nan, 1.0]), [np.nan, 1.0]),
        (np.array([dt.date(2026, 1, 2)]), [dt.date(2026, 1, 2)]),
        (np.array(["2026-01"], dtype="datetime64[M]"), [dt.date(2026, 1, 1)]),
        (pd.Series(pd.to_datetime(["2026-01-02 03:04:05"])), [dt.datetime(2026, 1, 2, 3, 4, 5)]),  # noqa: DTZ001
        (pd.Series(pd.to_datetime(["2026-01-02 03:04+01:00"])), [dt.datetime(2026, 1, 2, 2, 4)]),  # noqa: DTZ001
    ],
)
def test_what_means_a_plain_column_is_taken_as_one(values, expected):
    found = data_of(with_column("job", values))["test"]["job"]
    np.testing.assert_array_equal(found, expected)
    assert {type(value) for value in found.tolist()} == {type(expected[-1])}


def test_a_tensor_is_one_array_of_all_rows():
    rows = [np.arange(6, dtype=np.uint8).reshape(2, 3), np.ones((2, 3), dtype=np.uint8)]
    for values in (np.stack(rows), rows, objects_of(*rows)):
        found = data_of(with_column("image", values))["test"]["image"]
        assert (found.shape, found.dtype) == ((2, 2, 3), np.uint8)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (None, "found nothing"),
        ("age", "found a str"),
        ([], "there is none"),
        (["age"], "a str is no Column"),
        ([Column("age", "complex64")], "'age' is 'complex64'"),
        ([Column(3, "float32")], "a column is called 3"),
        ([Column("image", "float32", ("x",))], "input image: 'x' is no Axis"),
        ([Column("image", "float32", (Axis("x", 8), Axis("x", 8)))], "the axes 'x', 'x'; each has a name of its own"),
        ([Column("image", "float32", (Axis("x", 0),))], "an axis of the size 0"),
        ([Column("image", "float32", (Axis("x", 8.0),))], "an axis of the size 8.0"),
        ([Column("words", "string", (Axis("x", 8),))], "a tensor of string; a tensor holds numbers"),
        ([INPUTS[0], INPUTS[0]], "'age' stands there twice"),
    ],
)
def test_inputs_that_are_no_signature_are_told(inputs, says):
    with pytest.raises(ModelError, match=says):
        inputs_of(giving(inputs=inputs))


def test_the_label_cannot_be_an_input(project):
    plugin = giving(inputs=[*INPUTS, Column("outcome", "string")])
    with pytest.raises(SettingsError, match="'outcome' is the label and an input"):
        prepare(builders.opened(project), plugin, TABLES)


@pytest.fixture
def trained(project):
    """Train with a plug-in whose train() gives that."""
    opened = builders.opened(project)
    prepare(opened, FakePlugin(), TABLES)

    def run(given, sound=giving):
        repository = builders.GitRepository(project)
        plugin = sound(train=given)
        return train(opened, "fake", plugin, TABLES, FakeMetrics(), FakeTracker(), repository, lambda *_: None)

    yield run
    assert not (project / "build/candidates/fake/trained/trained.json").exists()


HANDED = Trained("fake", "model.fake", INPUTS, ("no", "yes"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, r"train\(\) gives nothing, no Trained"),
        ([1], r"train\(\) gives a list, no Trained"),
        (replace(HANDED, inputs=INPUTS[:1]), r"other columns than the plug-in's inputs\(\): no job"),
        (replace(HANDED, inputs=INPUTS[::-1]), "they are the same in another order"),
        (replace(HANDED, inputs=(INPUTS[0], Column("job", "bool"))), r"job \(bool\)"),
        (replace(HANDED, inputs=None), "found nothing"),
        (replace(HANDED, framework=None), r"Trained\.framework is None"),
        (HANDED, r"names model\.fake, and run\.folder has no such file"),
        (replace(HANDED, model="../../validation.json"), r"is not in run\.folder"),
    ],
)
def test_a_training_that_hands_over_no_model_of_its_inputs_is_told(trained, given, says):
    with pytest.raises(ModelError, match=says):
        trained(given)


@pytest.mark.parametrize("opened", [None, [], object()])
def test_a_plugin_that_opens_nothing_is_told(opened, tmp_path):
    with pytest.raises(ModelError, match=r"open\(\) gives .*, which has no outputs, to_onnx, predict"):
        opened_by(giving(open=opened), HANDED, tmp_path)
