"""The worst errors of each task, as people look at them."""

import numpy as np
import pytest

from lockgate.domain.judging.gates.explanation.evidence import LocalExplanation
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.task import Binary, Multiclass, Multilabel, Regression
from lockgate.domain.reviewing.worst_errors import worst_errors
from lockgate.domain.statistics.sample import ValueSample

MOVED = {"age": 0.5, "job": -0.1}


@pytest.mark.parametrize(
    ("task", "label", "column", "truth"),
    [
        (Binary(("no", "yes"), "yes"), True, "", "yes"),
        (Binary(("no", "yes"), "yes"), False, "", "no"),
        (Multiclass(("a", "b", "c")), "b", "b", "b"),
        (Multilabel(("sport", "war")), True, "war", "war: true"),
        (Regression(("price",)), 12.5, "price", "12.5000"),
        (Regression(("x", "y")), 12.5, "y", "y: 12.5000"),
    ],
)
def test_the_truth_is_told_in_the_form_of_the_task(task, label, column, truth):
    (error,) = worst_errors([LocalExplanation(3, label, 0.25, MOVED, column)], None, task, "yes")
    assert (error.row, error.truth, error.score, error.columns[0]) == (3, truth, 0.25, ("age", 0.5))
    assert error.task == task.kind


def test_the_glassbox_says_the_same_target():
    sample = ValueSample(np.zeros((4, 2)), np.array([[0.0, 1.0]] * 4), ("x", "y"))
    found = LocalExplanation(3, 12.5, 9.0, MOVED, "y")
    (error,) = worst_errors([found], ScoreTable(sample, {}), Regression(("x", "y")), "")
    assert error.reference_score == 1.0
