"""Metrics of the confusion matrix of several classes."""

from typing import Final

import numpy as np

from lockgate.domain.statistics.blocks import block_places
from lockgate.domain.statistics.bounds.ratios import ratio
from lockgate.domain.statistics.metrics.class_counts import ClassCounts, Counts, averages
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.sample import ClassSample, Floats, Places

MULTICLASS: Final = "multiclass"


class OneOfClasses:
    """Every row is of one class and is answered one, or none that is known."""

    task = MULTICLASS

    def units(self, sample: ClassSample) -> tuple[Counts, Places]:
        """Rows of the same class with the same answer are one unit; with blocks each block is."""
        if sample.blocks is not None:
            places, count = block_places(sample.blocks)
            return _by_place(sample, places, count), np.arange(count)
        width = len(sample.names) + 1
        alike = self.alike(sample)
        there = np.bincount(alike, minlength=width * width) > 0
        code, places = np.flatnonzero(there), (np.cumsum(there) - 1)[alike]
        return _counts(code // width, code % width - 1, width - 1), places

    def weighted_units(self, sample: ClassSample) -> Counts:
        """Every row a unit."""
        return _counts(sample.truth, sample.predicted, len(sample.names))

    def unseen(self, sample: ClassSample) -> Counts:
        """For each class a row that is answered so, one that is answered as none, and one of the commonest so answered.

        Of the commonest class itself, the last is one that is right.
        """
        classes = np.arange(len(sample.names))
        common = np.full(len(classes), np.bincount(sample.truth).argmax())
        truth = np.concatenate([classes, classes, common])
        predicted = np.concatenate([classes, np.full(len(classes), -1), classes])
        return _counts(truth, predicted, len(classes))

    def alike(self, sample: ClassSample) -> Places:
        """The class and the answer as one number."""
        return np.asarray(sample.truth * (len(sample.names) + 1) + sample.predicted + 1, dtype=np.intp)


def _counts(truth: Places, predicted: Places, width: int) -> Counts:
    rows = np.arange(len(truth))
    hits, answered, true = np.zeros((3, len(truth), width))
    true[rows, truth] = 1
    known = predicted >= 0
    answered[rows[known], predicted[known]] = 1
    hits[:] = true * answered
    return Counts(hits, answered, true, np.ones(len(truth)))


def _by_place(sample: ClassSample, places: Places, count: int) -> Counts:
    width = len(sample.names)

    def counted(rows: Places, classes: Places) -> Floats:
        flat = np.bincount(places[rows] * width + classes[rows], minlength=count * width)
        return flat.reshape(count, width).astype(np.float64)

    every, known = np.arange(sample.rows), np.flatnonzero(sample.predicted >= 0)
    right = np.flatnonzero(sample.predicted == sample.truth)
    rows = np.bincount(places, minlength=count).astype(np.float64)
    return Counts(counted(right, sample.truth), counted(known, sample.predicted), counted(every, sample.truth), rows)


def _balanced(counts: Counts) -> Floats:
    return np.asarray(ratio(counts.hits, counts.true).mean(axis=1))


def _none(counts: Counts) -> Floats:
    """How many answers are none of the classes."""
    return np.asarray(counts.rows - counts.answered.sum(axis=1))


def _matthews(counts: Counts) -> Floats:
    """Gorodkin's (2004) correlation of truth and answer."""
    rows, hits = counts.rows, counts.hits.sum(axis=1)
    both = (counts.answered * counts.true).sum(axis=1)
    answered = rows**2 - (counts.answered**2).sum(axis=1) - _none(counts) ** 2
    true = rows**2 - (counts.true**2).sum(axis=1)
    return ratio(hits * rows - both, np.sqrt(np.maximum(answered * true, 0.0)))


def _kappa(counts: Counts) -> Floats:
    """Cohen's (1960) agreement beyond chance."""
    hits = counts.hits.sum(axis=1)
    chance = ratio((counts.answered * counts.true).sum(axis=1), counts.rows)
    return np.where(counts.rows > chance, (hits - chance) / np.maximum(counts.rows - chance, 1e-300), np.nan)


COUNTING: Final = OneOfClasses()
COUNTED: Final[tuple[Metric, ...]] = (
    ClassCounts(_balanced, COUNTING, each=True).metric("balanced_accuracy"),
    *averages(COUNTING),
    ClassCounts(_matthews, COUNTING).metric("matthews_corrcoef", least=-1.0),
    ClassCounts(_kappa, COUNTING).metric("cohen_kappa_score", least=-1.0),
)
"""Those of the confusion matrix alone."""
