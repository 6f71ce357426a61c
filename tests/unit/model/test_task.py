"""Tasks: what each kind of answer is made of, and what contradicts it."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from lockgate.domain.model.task import JUDGED, TASKS, Binary, Multiclass, Multilabel, Regression, TaskKind, task_of
from lockgate.domain.project.settings import TablesSettings

BINARY = Binary(("no", "yes"), "yes")
SETTINGS = TablesSettings("a.parquet", "b.parquet", "c.parquet", "outcome", "yes")


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
        (Binary(("no", "yes", "perhaps"), "yes"), "only binary classifiers"),
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


def test_the_settings_say_the_task_and_only_one_that_is_judged():
    assert SETTINGS.task_of(("no", "yes")) == BINARY
    assert JUDGED == ("binary",)


@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "regression"])
def test_a_task_that_is_not_judged_is_refused_in_words(kind):
    with pytest.raises(ValueError, match=f"task: {kind} is not judged yet; what is: binary"):
        replace(SETTINGS, task=kind)
