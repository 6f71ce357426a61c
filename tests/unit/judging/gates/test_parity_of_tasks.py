"""Flips and ties of several classes and labels, sizes of numbers, and quantiles that cross."""

from dataclasses import replace

import numpy as np
import pytest

from lockgate.domain.judging.gates.parity.comparator import compare
from lockgate.domain.judging.gates.parity.flips import without_ties
from lockgate.domain.judging.gates.parity.gate import judge_parity
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.measuring.changes import crossed
from lockgate.domain.model.signature import Output, Signature
from lockgate.domain.model.task import Multiclass, Multilabel, Regression
from lockgate.testing.examples import evidence_of_parity

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


SCORES = np.array([(1e4, 1e-7), (2e4, 3.0), (3e4, 4.0)])


@pytest.mark.parametrize(("off", "outcome"), [(1e-6, Outcome.PASSED), (1e-3, Outcome.REFUSED)])
def test_raw_scores_beside_probabilities_are_apart_in_relation_to_their_size(off, outcome):
    plain = signature_of(CLASSES)
    signature = replace(plain, outputs=(*plain.outputs, Output("scores", "float32", (2,))))
    given = answers(CLASSES, [(0.5, 0.25, 0.25)] * 3, ["a"] * 3)
    moved = (SCORES * (1 + off) + 1e-6).astype(np.float32)
    outputs = compare(signature, {**given, "scores": SCORES}, {**given, "scores": moved}).outputs
    assert [output.sizes for output in outputs] == [(), (), pytest.approx((2e4, 3.0))]
    evidence = replace(evidence_of_parity(), rows=3, outputs=outputs)
    findings = judge_parity(ParityPolicy(1e-5, 1e-5), evidence, evidence.subject, signature)
    found = {each.rule: each.outcome for each in findings}
    assert {found["scores: absolute"], found["scores: relative"]} == {outcome}


def test_quantiles_cross_beyond_rounding():
    assert crossed(np.array([[1.0, 2.0, 3.0], [1.0, 0.9, 3.0], [1.0, 1.0 - 1e-8, 1.0]])) == 1
