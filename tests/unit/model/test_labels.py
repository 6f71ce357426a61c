"""Labels: one written form, and what a binary task demands of classes."""

import numpy as np
import pytest

from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.labels import (
    alike,
    number_of,
    problem_of_classes,
    problem_of_order,
    problem_of_rows,
    problem_of_tables,
    written,
    written_labels,
)
from lockgate.errors import ModelError

NUMBERS = [1, 1.0, np.int64(1), np.uint8(1), np.float32(1), "1", np.str_("1")]


def objects(*values):
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


@pytest.mark.parametrize("label", NUMBERS)
def test_a_label_has_one_written_form_whatever_its_type(label):
    assert written(label) == "1"
    assert type(written(label)) is str


def test_truth_values_are_written_as_json_and_yaml_write_them():
    assert [written(label) for label in (True, np.False_, "True")] == ["true", "false", "True"]


@pytest.mark.parametrize(
    "label", ["", None, float("nan"), 1.5, float("inf"), b"yes", ("yes",), np.datetime64("2026-01-01")]
)
def test_what_is_no_label_is_told(label):
    with pytest.raises(ValueError, match="is no label"):
        written(label)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool_, np.float32, np.float64, object])
def test_a_column_of_any_plain_type_is_written(dtype):
    expected = ["false", "true"] if dtype is np.bool_ else ["0", "1"]
    assert written_labels(np.array([0, 1], dtype=dtype)).tolist() == expected


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (objects("no", None, "yes"), "row 1: None is no label"),
        (objects("no", "yes", np.nan), "row 2: nan is no label"),
        (objects("no", "yes", 1), r"row 0 is 'no' \(str\) and row 2 is 1 \(int\): give labels of one kind"),
        (objects(0, np.True_), "give labels of one kind"),
        (objects("no", ["yes"]), "row 1: .* is no label"),
        (np.array([0.0, np.nan]), "row 1: nan is no label"),
        (np.array(["2026-01-01"], dtype="datetime64[ns]"), "row 0: .* write dates as text"),
    ],
)
def test_a_column_tells_the_row_of_what_is_no_label(labels, says):
    with pytest.raises(ValueError, match=says):
        written_labels(labels)


@pytest.mark.parametrize("label", [0, 1, -3, True, False])
def test_the_number_that_a_framework_answers_is_found_again(label):
    assert number_of(written(label)) == int(label)


@pytest.mark.parametrize("name", ["yes", "01", "1.0", " 1", "True"])
def test_a_text_is_no_number(name):
    assert number_of(name) is None


def test_classes_are_handed_over_in_any_plain_type():
    assert Trained("sklearn", "m", (), (0, 1)).classes == ("0", "1")
    assert Trained("sklearn", "m", (), np.array([False, True])).classes == ("false", "true")


@pytest.mark.parametrize("classes", [None, "no", (None, 1), ("no", ""), 2])
def test_a_hand_over_of_no_classes_is_told(classes):
    with pytest.raises(ModelError, match=r"Trained\.classes: "):
        Trained("sklearn", "m", (), classes)


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ((), "no classes; a binary task is of two classes"),
        (("yes",), "one class: 'yes'; a binary task"),
        (("one", "two", "yes"), "3 classes: 'one', 'two', 'yes'; a binary task"),
        (("yes", "yes"), "a binary task"),
        (("no", "no ", "yes"), "'no' and 'no ' differ by a space only"),
        (("no", "perhaps"), "tables.positive is 'yes', the classes are 'no', 'perhaps'"),
        (("No", "Yes"), "'Yes' and 'yes' differ by case only"),
    ],
)
def test_other_than_two_classes_and_another_positive_one_are_told(classes, says):
    assert says in problem_of_classes(classes, "yes")


def test_long_lists_of_classes_are_cut_with_their_number():
    assert "'7' and 206 more; a binary task" in problem_of_classes([str(number) for number in range(214)], "1")


def test_tables_tell_how_many_rows_of_each_class_they_have():
    two = {"no": 3, "yes": 2}
    assert problem_of_tables({"training": two, "test": two}, "yes") == ""
    assert "test: 'no' (1 row), 'perhaps' (2 rows)" in problem_of_tables(
        {"training": two, "test": {"no": 1, "perhaps": 2}}, "yes"
    )
    assert "each table needs rows of both classes; training" in problem_of_tables(
        {"training": two, "test": {"no": 1}}, "yes"
    )
    assert "tables.positive is '1'" in problem_of_tables({"training": two}, "1")


def test_rows_of_a_class_that_the_model_lacks_are_told():
    assert problem_of_rows(["no", "yes"], ("no", "yes")) == ""
    assert problem_of_rows(["Yes", "no"], ("no", "yes")).startswith(
        "rows are of 'Yes', the model's classes are 'no', 'yes'"
    )


def test_another_order_is_told_with_both_orders():
    assert problem_of_order(("no", "yes"), ("no", "yes")) == ""
    told = problem_of_order(("yes", "no"), ("no", "yes"))
    assert "handed over in the order 'yes', 'no'" in told
    assert "the model's probabilities have the order 'no', 'yes'" in told


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("no", "no ", "a space"),
        ("a b", "a\u00a0b", "a space"),
        ("yes", "Yes", "case"),
        ("\u00e9", "e\u0301", "their Unicode form"),
        ("no", "n\u200bo", "an invisible character"),
        ("no", "N\u200bo", "an invisible character and case"),
    ],
)
def test_what_tells_two_classes_apart_that_look_the_same(one, other, how):
    assert list(alike((one, other))) == [f"{one!a} and {other!a} differ by {how} only"]
    assert list(alike((one, "another"))) == []


def test_many_whole_numbers_are_said_to_be_values():
    numbers = {"training": {str(number): 1 for number in range(30)}, "test": {"3": 1}}
    assert "the tables have 30 classes; so many whole numbers are no classes: task: regression is meant" in (
        problem_of_tables(numbers, "1")
    )
    names = {"training": {f"class {number}": 1 for number in range(30)}, "test": {"class 3": 1}}
    assert "a binary task is of two classes" in problem_of_tables(names, "class 1")
