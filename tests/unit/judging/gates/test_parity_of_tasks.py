"""Flips and ties of several classes and labels, sizes of numbers, and quantiles that cross."""

import numpy as np
import pytest

from lockgate.domain.judging.gates.parity.comparator import compare
from lockgate.domain.judging.gates.parity.flips import without_ties
from lockgate.domain.measuring.changes import crossed
from lockgate.domain.model.signature import Output, Signature
from lockgate.domain.model.task import Multiclass, Multilabel, Regression

CLASSES = Multiclass(("a", "b", "c"))
LABELS = Multilabel(("x", "y"))


def signature_of(task):
    numbers = Output(task.output, "float32", (task.width,))
    outputs = (Output("label", "string"), numbers) if task.labelled else (numbers,)
    return Signature((), outputs, task.columns if task.labelled else (), probabilities=task.output, task=task)


def answers(task, rows, labels=()):
    told = {"label": np.array(labels, dtype=object)} if task.labelled else {}
    return told | {task.output: np.array(rows, dtype=np.float32)}


@pytest.mark.parametrize(("row", "found"), [((0.4, 0.4, 0.2), (0, 1)), ((0.5, 0.3, 0.2), (1, 0))])
def test_a_flip_between_equal_classes_is_a_tie(row, found):
    sides = [answers(CLASSES, [row], [name]) for name in "ab"]
    compared = compare(signature_of(CLASSES), *sides)
    assert without_ties(CLASSES, compared.flips, compared.worst_flips, 1e-6) == found


def test_a_label_that_is_not_among_the_best_is_no_tie():
    sides = [answers(CLASSES, [(0.4, 0.4, 0.2)], [name]) for name in ("a", "c")]
    compared = compare(signature_of(CLASSES), *sides)
    assert without_ties(CLASSES, compared.flips, compared.worst_flips, 1e-6) == (1, 0)


def test_each_label_of_several_flips_by_itself():
    sides = [answers(LABELS, rows) for rows in ([(0.5, 0.9), (0.1, 0.2)], [(0.4999999, 0.1), (0.1, 0.2)])]
    compared = compare(signature_of(LABELS), *sides)
    assert [(f.row, f.expected, f.actual) for f in compared.worst_flips] == [(0, "y", "not y"), (0, "x", "not x")]
    assert without_ties(LABELS, compared.flips, compared.worst_flips, 1e-6) == (1, 1)


def test_numbers_are_apart_in_relation_to_their_size():
    task = Regression(("price", "share"))
    expected = answers(task, [(1000.0, 0.1), (2000.0, 0.0), (3000.0, 0.2)])
    actual = answers(task, [(1000.1, 0.1), (2000.0, 0.00001), (3000.0, 0.2)])
    (found,) = compare(signature_of(task), expected, actual).outputs
    assert found.sizes == pytest.approx((2000.0, 0.1))
    assert found.apart == pytest.approx(1e-4, rel=1e-3)
    assert found.max_absolute == pytest.approx(0.1, rel=1e-3)


def test_quantiles_cross_beyond_rounding():
    assert crossed(np.array([[1.0, 2.0, 3.0], [1.0, 0.9, 3.0], [1.0, 1.0 - 1e-8, 1.0]])) == 1
