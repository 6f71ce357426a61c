"""Any name works for a column: Lockgate's own columns and outputs make room for it."""

import numpy as np
import pytest

from lockgate.domain.model.score_table import OWN, RESERVED, SCORE, ScoreTable, score_table
from lockgate.domain.model.signature import Column, answer_names
from lockgate.domain.model.slices import Slice
from lockgate.domain.model.task import Binary

LABELS = np.array(["no", "yes", "yes"], dtype=object)
SCORES = np.array([0.1, 0.8, 0.3])
ODD = [
    *RESERVED,
    *(OWN + name for name in RESERVED),
    OWN + OWN + "score",
    *(SCORE, SCORE + "yes", OWN + SCORE + "yes", SCORE + "no"),
    *(OWN, OWN + "age", "column 1", "contribution of age"),
    *("a b", "a.b", "größe", 'say "x"', "it's", "probabilities", "features", "\u2603"),
]


def table_of(names):
    columns = {name: np.array([at, at + 1, at + 1]) for at, name in enumerate(names)}
    return columns, score_table(LABELS, LABELS, {"yes": SCORES}, columns)


def test_a_table_of_scores_keeps_columns_of_any_name_beside_its_own():
    columns, table = table_of(ODD)
    assert len(table) == len(RESERVED) + len(ODD)
    found = ScoreTable.of(table, Binary((), "yes"))
    assert list(found.columns) == ODD
    for name, values in columns.items():
        np.testing.assert_array_equal(found.columns[name], values)
    np.testing.assert_array_equal(found.sample.scores, SCORES)
    assert found.classes == ("no", "yes")


def test_a_table_of_before_is_read_as_it_was():
    own = {"row": np.arange(3), "label": LABELS, "predicted": LABELS, "score": SCORES}
    found = ScoreTable.of(
        {**own, "age": np.arange(3), "column 1": np.arange(3), "score of yes": np.arange(3)}, Binary((), "yes")
    )
    assert list(found.columns) == ["age", "column 1", "score of yes"]
    np.testing.assert_array_equal(found.sample.scores, SCORES)


@pytest.mark.parametrize("name", [name for name in ODD if name.strip() == name])
def test_rows_are_sliced_by_a_column_of_any_name(name):
    found = ScoreTable.of(table_of(ODD)[1], Binary((), "yes")).columns
    parsed = Slice.parse(name)
    assert str(parsed) == name
    assert [len(rows) for _, rows in parsed.parts(found)] == [1, 2]
    number = found[name][1]
    ((_, rows),) = Slice.parse(f"{name} = {number}").parts(found)
    assert rows.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a & b", "`a & b`"),
        ("R&D", "`R&D`"),
        ("x<=1", "`x<=1`"),
        ("loss and grain", "`loss and grain`"),
        ("`a`", "```a```"),
        ("a`b", "a`b"),
        (" a", "` a`"),
        ("a = `b` & c!", "`a = ``b`` & c!`"),
    ],
)
def test_a_name_in_backticks_may_hold_what_slices_are_written_with(name, text):
    parsed = Slice.parse(text)
    assert (parsed, str(parsed)) == (Slice(columns=(name,)), text)
    assert Slice.parse(f"age & {text}").columns == ("age", name)
    (condition,) = Slice.parse(f"`{name.replace('`', '``')}` >= 2").conditions
    assert (condition.column, condition.operator, condition.value) == (name, ">=", "2")
    ((found, rows),) = Slice.parse(f"`{name.replace('`', '``')}` = {text}").parts(
        {name: np.array([name, "other"], object)}
    )
    assert (Slice.parse(found).conditions[0].value, rows.tolist()) == (name, [0])


def test_an_ampersand_within_a_word_of_a_condition_needs_no_backticks():
    assert str(Slice.parse("unit = R&D and age < 25")) == "unit = R&D and age < 25"


@pytest.mark.parametrize("text", ["`a & b", "a & ` `x", "`` < 3", "`a` `b` = 1 <"])
def test_backticks_that_are_never_closed_quote_nothing(text):
    with pytest.raises(ValueError, match="not a"):
        Slice.parse(text + " <")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["age"], ("label", "probabilities")),
        (["label"], ("label_", "probabilities")),
        (["label", "label_", "probabilities"], ("label__", "probabilities_")),
    ],
)
def test_the_graphs_outputs_make_room_for_inputs_of_their_name(names, expected):
    assert answer_names([Column(name, "float32") for name in names]) == expected
