"""The rows that a model answers worst, by the loss that its task has, and the number that each error is of."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.answers import Answers
from lockgate.domain.model.signature import Array
from lockgate.domain.model.task import POINT, Multiclass, Multilabel, Regression, positive_of
from lockgate.domain.statistics.sample import Floats, Truths

SMALLEST = 1e-15
"""Where the log loss stops to grow, so that it is finite."""


@dataclass(frozen=True)
class Worst:
    """A held-out row, the place and the name of the number that its error is of, and what is true of it."""

    row: int
    place: int
    column: str
    truth: bool | str | float


def worst_rows(answers: Answers, truth: Array, spreads: Floats, most: int) -> list[Worst]:
    """At most so many rows, worst first; one with a score that is no number is worst of all.

    ``truth`` is what ``Task.truth_of`` takes. A row of classes has the log loss of its own one; one of labels or
    targets has its worst, by log loss, or by the error in ``spreads`` ``(width,)``.
    """
    task = answers.task
    if isinstance(task, Multiclass):
        return _of_classes(task, answers, truth, most)
    if isinstance(task, Multilabel):
        true = task.truth_of(truth)
        rows, places = _worst(_log_losses(true, answers.scores), most)
        return [Worst(r, p, task.labels[p], bool(true[r, p])) for r, p in zip(rows, places, strict=True)]
    if isinstance(task, Regression):
        return _of_numbers(task, answers, truth, spreads, most)
    positive = positive_of(task)
    true, scores = np.asarray(truth == positive, dtype=np.bool_), answers.positive()
    rows, _ = _worst(_log_losses(true[:, None], scores[:, None]), most)
    return [Worst(row, answers.place(positive), positive, bool(true[row])) for row in rows]


def _of_classes(task: Multiclass, answers: Answers, truth: Array, most: int) -> list[Worst]:
    scores, true = answers.scores, task.truth_of(truth)
    own = scores[np.arange(len(scores)), true]
    told = np.where(np.isfinite(scores).all(axis=1), own, np.nan)
    rows, _ = _worst(_log_losses(np.ones((len(own), 1), dtype=np.bool_), told[:, None]), most)
    return [Worst(row, int(true[row]), task.classes[true[row]], task.classes[true[row]]) for row in rows]


def _of_numbers(task: Regression, answers: Answers, truth: Array, spreads: Floats, most: int) -> list[Worst]:
    true, middle = task.truth_of(truth), [task.quantiles.index(POINT)] if task.quantiles else range(task.width)
    with np.errstate(invalid="ignore", over="ignore"):
        errors = np.abs(answers.scores[:, middle] - true) / spreads[middle]
    rows, places = _worst(errors, most)
    return [Worst(r, middle[p], task.columns[middle[p]], float(true[r, p])) for r, p in zip(rows, places, strict=True)]


def _log_losses(truth: Truths, scores: Floats) -> Floats:
    """Of each cell; NaN where a score is no number."""
    of_truth = np.where(truth, scores, 1 - scores)
    losses = -np.log(np.clip(np.where(np.isfinite(of_truth), of_truth, 0.0), SMALLEST, 1.0))
    return np.where(np.isfinite(of_truth), losses, np.nan)


def _worst(losses: Floats, most: int) -> tuple[list[int], list[int]]:
    """The rows of ``(rows, cells)`` losses with the largest, and which cell of each that is."""
    known: Floats = np.where(np.isfinite(losses), losses, np.inf)
    places: npt.NDArray[np.intp] = known.argmax(axis=1)
    rows = np.argsort(-known.max(axis=1), kind="stable")[:most]
    return rows.tolist(), places[rows].tolist()
