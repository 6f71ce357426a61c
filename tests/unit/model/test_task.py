"""Tasks: what each kind of answer is made of, and what contradicts it."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from lockgate.domain.choices import Choice
from lockgate.domain.model.task import TASKS, Binary, Multiclass, Multilabel, Regression, TaskKind, task_of
from lockgate.domain.project.settings import TablesSettings
from lockgate.domain.project.truth_columns import in_form
from lockgate.domain.statistics.metrics.registry import METRIC_NAMES, SHORT

BINARY = Binary(("no", "yes"), "yes")
SETTINGS = TablesSettings("b.parquet", "c.parquet", "outcome", "yes", training="a.parquet")


@pytest.mark.parametrize(
    ("task", "width", "labelled"),
    [
        (BINARY, 2, True),
        (Multiclass(("a", "b", "c")), 3, True),
        (Multilabel(("a", "b")), 2, False),
        (Regression(("price",)), 1, False),
    ],
)
def test_a_task_says_how_many_numbers_there_are_to_a_row_and_whether_a_label(task, width, labelled):
    assert (task.width, task.labelled) == (width, labelled)
    assert len(task.columns) == width
    assert task.problem() == ""
    assert task_of(task.kind, task.columns, "yes") == task
    assert type(task) is TASKS[task.kind]


def test_there_is_a_task_for_each_kind():
    assert set(TASKS) == set(get_args(TaskKind))


@pytest.mark.parametrize(
    ("task", "labels", "truth"),
    [
        (BINARY, np.array(["yes", "no"], dtype=object), [True, False]),
        (Multiclass(("a", "b", "c")), np.array(["c", "a"], dtype=object), [2, 0]),
        (Multilabel(("a", "b")), np.array([[1, 0], [1, 1]]), [[True, False], [True, True]]),
        (Regression(("price",)), np.array([[2], [3]]), [[2.0], [3.0]]),
    ],
)
def test_truth_is_told_in_the_form_of_the_task(task, labels, truth):
    assert task.truth_of(labels).tolist() == truth


@pytest.mark.parametrize(
    ("task", "says"),
    [
        (Binary(("no", "yes", "perhaps"), "yes"), "a binary task"),
        (Binary(("no", "yes"), "maybe"), "tables.positive is 'maybe'"),
        (Multiclass(("a",)), "at least two classes"),
        (Multiclass(("a", "b", "a")), "none twice"),
        (Multilabel(()), "at least one label"),
        (Regression(("price", "price")), "at least one target, none twice"),
    ],
)
def test_what_a_task_cannot_have_is_told(task, says):
    assert says in task.problem()


@pytest.mark.parametrize("task", [BINARY, Multiclass(("a", "b", "c")), Regression(("price",))])
def test_a_model_of_another_shape_contradicts_the_task(task):
    assert task.problem_of_model((task.width,)) == ""
    assert str([task.width + 1]) in task.problem_of_model((task.width + 1,))


def test_tables_without_the_rows_that_a_task_needs_are_told():
    one = {"training": {"no": 3, "yes": 2}, "test": {"no": 1}}
    assert "rows of both classes" in BINARY.problem_of_tables(one)
    assert "at least two classes" in Multiclass(()).problem_of_tables({"test": {"a": 3}})
    assert Multiclass(()).problem_of_tables({"test": {"a": 3, "b": 1, "c": 1}}) == ""


def test_rows_of_other_classes_are_told():
    assert "rows are of 'perhaps'" in BINARY.problem_of_rows(["no", "perhaps"])
    assert BINARY.problem_of_rows(["no"]) == ""


def test_the_settings_say_the_task():
    assert SETTINGS.task_of(("no", "yes")) == BINARY
    many = replace(SETTINGS, task="multiclass", positive="")
    assert many.task_of(("a", "b", "c")) == Multiclass(("a", "b", "c"))
    several = replace(SETTINGS, task="multilabel", label="", labels=("a", "b"), positive="")
    assert several.task_of() == Multilabel(("a", "b"))
    price = replace(SETTINGS, task="regression", label="price", positive="", quantiles=(0.1, 0.5, 0.9))
    assert price.task_of() == Regression(("price",), (0.1, 0.5, 0.9))
    assert price.task_of().columns == ("price 0.1", "price 0.5", "price 0.9")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"positive": ""}, "positive: missing; a binary task names its positive class; or write task: multiclass"),
        ({"task": "multiclass"}, "positive: a multiclass task has no positive class"),
        ({"task": "multilabel", "positive": ""}, "label: a multilabel task has a column for each of its labels"),
        ({"labels": ("a", "b")}, "label names the column that says what is true, labels several of them: both"),
        ({"label": ""}, "neither stands there"),
        ({"label": "", "labels": ("a", "b")}, "labels: a binary task has one label a row"),
        ({"task": "regression", "positive": "", "label": "", "labels": ("a", "a")}, "none stands there twice"),
        ({"quantiles": (0.5,)}, "quantiles: a binary task has none"),
        ({"task": "regression", "positive": "", "quantiles": (0.1, 0.9)}, "quantiles: 0.5 is among the quantiles"),
        ({"task": "regression", "positive": "", "quantiles": (0.5, 0.1)}, "in their order"),
        ({"task": "regression", "positive": "", "quantiles": (0.5, 1.0)}, "lie between 0 and 1"),
        (
            {"task": "regression", "positive": "", "label": "", "labels": ("a", "b"), "quantiles": (0.5,)},
            "quantiles are of one target; found a, b",
        ),
    ],
)
def test_keys_that_contradict_the_task_are_told(keys, says):
    with pytest.raises(ValueError, match=says):
        replace(SETTINGS, **keys)


@pytest.mark.parametrize(
    ("task", "values", "says"),
    [
        ("regression", np.array([1.0, np.nan, np.nan]), "row 1: the number is missing, as it is in 2 of 3 rows"),
        ("regression", np.array([1.0, 2.0, np.inf]), "row 2: the number is infinite, as it is in 1 of 3 rows"),
        (
            "regression",
            np.array(["1", "2"], dtype=object),
            r"row 0: '1' \(str\) is no number, as a regression needs one",
        ),
        ("multilabel", np.array([0, 2]), r"row 1: 2 \(int\); a label of several is true or false, or 1 or 0"),
        ("multilabel", np.array([0.0, np.nan]), "row 1: nan"),
        ("multiclass", np.array([[1], [2]]), r"the shape \[2, 1\]; what is true is one value a row"),
        ("multiclass", np.array([1.5]), r"row 0: 1.5 \(float\) is no label"),
    ],
)
def test_what_cannot_be_true_of_a_row_is_told_with_the_row(task, values, says):
    with pytest.raises(ValueError, match=says):
        in_form(task, values)


def test_truth_is_brought_into_the_form_of_the_task():
    assert in_form("regression", np.array([1, 2], dtype=np.int32)).dtype == np.float64
    assert in_form("multilabel", np.array([0.0, 1.0])).tolist() == [False, True]
    assert in_form("multiclass", np.array([3, 1])).tolist() == ["3", "1"]


def test_a_class_that_training_never_saw_is_told():
    counts = {"training": {"a": 3, "b": 2}, "test": {"a": 1, "c": 1}}
    assert "'c' in the test table, and training never saw it" in Multiclass(()).problem_of_tables(counts)


@pytest.mark.parametrize(("short", "name"), SHORT)
def test_a_short_name_of_a_metric_is_answered_with_the_one_meant(short, name):
    assert name in METRIC_NAMES
    assert f"did you mean {name!r}?" in Choice(METRIC_NAMES, SHORT).problem(short.upper())
