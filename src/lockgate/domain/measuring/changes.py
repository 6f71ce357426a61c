"""How far answers to a row move: in probability, or in the spread of what a regression answers."""

import math

import numpy as np

from lockgate.domain.model.answers import LIKELIER, Answers
from lockgate.domain.model.signature import Array
from lockgate.domain.model.task import Binary, Multiclass, Multilabel, Regression, Task
from lockgate.domain.statistics.sample import Floats

ROUNDING = 1e-6
"""Changes of a row's answer up to this come of the batch that it stood in, and count as none.

A probability may lie as far outside 0 to 1: a few steps of float32.
"""
SUM = 1e-4
"""How far from 1 the sum of a row's probabilities may be."""
STEPS = 4
"""So many steps of float32 at a number are rounding as well."""


def spreads_of(task: Task, truth: Array, scores: Floats) -> Floats:
    """What a change of each number is told in, ``(width,)``: 1 of a probability is 1.

    Of a regression it is the standard deviation of the target's true values, ``(rows, targets)``; of its answers where
    those do not differ, and 1 in the target's own unit where neither do.
    """
    if not isinstance(task, Regression):
        return np.ones(task.width)
    true = task.truth_of(truth)
    every = np.array([_spread(true[:, at]) or _spread(scores[:, at]) or 1.0 for at in range(true.shape[1])])
    return np.repeat(every, task.width) if task.quantiles else every


def named(task: Task, spreads: Floats) -> dict[str, float]:
    """The spread of each target of a regression; none for probabilities."""
    if not isinstance(task, Regression):
        return {}
    return dict(zip(task.targets, spreads.tolist()[: len(task.targets)], strict=True))


def moving(kind: str) -> str:
    """What moves of a task of this kind, in the words of a finding: its unit follows from it."""
    if kind == "regression":
        return "the number, in the spread of its target,"
    return "the probability" if kind == "binary" else "the probability that moves most"


def moved(before: Answers, after: Answers, spreads: Floats, *, rounding: bool = False) -> Floats:
    """How far the answer to each row moves, ``(rows,)``: of several numbers the one that moves most.

    Of a binary task that is the probability of the positive class. A number that moves by its whole spread or more
    counts as 1, as a probability that moves from end to end. With ``rounding``, what rounding does counts as 0. NaN
    where an answer is not finite.
    """
    ours, theirs = (_told(each) for each in (before, after))
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = np.abs(theirs - ours)
        told = sizes / spreads[: ours.shape[1]]
        if rounding:
            told = np.where((told <= ROUNDING) | _steps(before.task, ours, sizes), 0.0, told)
    most = np.asarray(told.max(axis=1))
    return np.minimum(most, 1.0) if isinstance(before.task, Regression) else most


def improbable(answers: Answers) -> int | None:
    """How many rows have a probability outside 0 to 1, or of classes some that do not add up to 1; none of numbers."""
    task, scores = answers.task, answers.scores
    if isinstance(task, Regression):
        return None
    outside = ((scores < -ROUNDING) | (scores > 1 + ROUNDING)).any(axis=1)
    unequal = np.abs(scores.sum(axis=1) - 1) > SUM
    return int((outside | (unequal & task.labelled)).sum())


def crossed(values: Array) -> int:
    """In how many rows of ``(rows, quantiles)`` a higher quantile is below a lower one, by more than rounding."""
    numbers = values.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        below = -np.diff(numbers, axis=1)
        steps = STEPS * np.spacing(np.abs(numbers[:, 1:]).astype(np.float32)).astype(np.float64)
        return int((below > steps).any(axis=1).sum())


def flips(before: Answers, after: Answers) -> int | None:
    """How many rows get another of several classes, or have a label on the other side of 0.5; ``None`` for others."""
    if isinstance(before.task, Multilabel):
        return int(((before.scores >= LIKELIER) != (after.scores >= LIKELIER)).any(axis=1).sum())
    if not isinstance(before.task, Multiclass) or before.labels is None or after.labels is None:
        return None
    return int((before.labels != after.labels).sum())


def _told(answers: Answers) -> Floats:
    return answers.positive_as_given()[:, None] if isinstance(answers.task, Binary) else answers.scores


def _steps(task: Task, values: Floats, sizes: Floats) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    """Whether a number moved by no more than float32 rounds it."""
    if not isinstance(task, Regression):
        return np.zeros(values.shape, dtype=np.bool_)
    return np.asarray(sizes <= STEPS * np.spacing(np.abs(values).astype(np.float32)).astype(np.float64))


def _spread(values: Floats) -> float:
    """0 where they do not differ, or are no numbers."""
    known = values[np.isfinite(values)]
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(known.std()) if len(known) else 0.0
    return found if math.isfinite(found) else 0.0
