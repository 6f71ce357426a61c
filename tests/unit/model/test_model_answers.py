"""Answers: what a model's outputs say, by class, label or target, whatever its task is."""

from dataclasses import replace

import numpy as np
import pytest

from lockgate.domain.model.answers import Answers
from lockgate.domain.model.signature import Column, Output, Signature
from lockgate.domain.model.task import Binary, Multiclass, Regression
from lockgate.errors import ModelError

TASK = Binary(("yes", "no"), "yes")
SIGNATURE = Signature(
    (Column("age", "float32"),),
    (Output("label", "string"), Output("probabilities", "float32", (2,))),
    TASK.classes,
    task=TASK,
)
OUTPUTS = {
    "label": np.array(["yes", "no", "no"], dtype=object),
    "probabilities": np.array([[0.75, 0.25], [0.25, 0.75], [0.5, np.nan]], dtype=np.float32),
}


def with_task(task):
    return replace(SIGNATURE, task=task, classes=task.columns if task.labelled else ())


def test_the_positive_class_is_found_by_its_name_and_not_by_its_place():
    answers = Answers.of(SIGNATURE, OUTPUTS)
    np.testing.assert_array_equal(answers.positive(), [0.75, 0.25, np.nan])
    np.testing.assert_array_equal(answers.positive_as_given(), [0.75, 0.25, 0.5])
    np.testing.assert_array_equal(answers.of_class("no"), [0.25, 0.75, np.nan])
    other = replace(answers, task=replace(TASK, positive="no"))
    np.testing.assert_array_equal(other.positive(), [0.25, 0.75, np.nan])
    assert (answers.rows, answers.scores.dtype) == (3, np.float64)


def test_a_sample_is_truth_answer_and_score():
    sample = Answers.of(SIGNATURE, OUTPUTS).sample(np.array(["no", "no", "yes"], dtype=object))
    assert sample.labels.tolist() == [False, False, True]
    assert sample.predicted.tolist() == [True, False, False]
    assert sample.scores[:2].tolist() == [0.75, 0.25]


def test_some_rows_are_taken_with_their_labels():
    taken = Answers.of(SIGNATURE, OUTPUTS).take(np.array([1, 0]))
    assert taken.labels.tolist() == ["no", "yes"]
    assert taken.positive().tolist() == [0.25, 0.75]


def test_labels_that_are_whole_numbers_mean_the_classes_of_that_name():
    task = Binary(("0", "1"), "1")
    answers = Answers.of(with_task(task), {**OUTPUTS, "label": np.array([0, 1, 2])})
    assert answers.labels.tolist() == ["0", "1", "2"]
    assert answers.unknown_labels() == 1


def test_a_value_is_found_by_its_target():
    outputs = {"probabilities": np.array([[1.0, 2.0], [3.0, 4.0]])}
    answers = Answers.of(with_task(Regression(("price", "rent"))), outputs)
    assert answers.value("rent").tolist() == [2.0, 4.0]
    assert answers.labels is None
    assert answers.unknown_labels() == 0
    with pytest.raises(KeyError, match="size"):
        answers.value("size")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"probabilities": None}, "no output probabilities"),
        ({"label": None}, "no output label"),
        ({"probabilities": np.zeros((3, 3))}, r"answers \(3, 3\) to 3 rows, not \(3, 2\)"),
        ({"probabilities": np.zeros((2, 2))}, r"answers \(2, 2\) to 3 rows"),
        ({"probabilities": np.full((3, 2), "x", dtype=object)}, "are object, no numbers"),
        ({"label": np.array([0.5, 1.0, 2.0])}, "labels: row 0"),
    ],
)
def test_outputs_of_another_form_are_no_answers(changes, says):
    outputs = {name: values for name, values in {**OUTPUTS, **changes}.items() if values is not None}
    with pytest.raises(ModelError, match=says):
        Answers.of(SIGNATURE, outputs)


def test_a_model_is_not_read_as_what_it_is_not():
    answers = Answers.of(with_task(Multiclass(TASK.classes)), OUTPUTS)
    with pytest.raises(TypeError, match="a multiclass task has no positive class"):
        answers.positive()
    with pytest.raises(ModelError, match=r"tables.positive is 'maybe'"):
        Answers.of(with_task(replace(TASK, positive="maybe")), OUTPUTS)
