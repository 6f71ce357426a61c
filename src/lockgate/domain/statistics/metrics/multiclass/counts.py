"""Metrics of the confusion matrix of several classes."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lockgate.domain.statistics.blocks import block_places
from lockgate.domain.statistics.bounds.ratios import ratio
from lockgate.domain.statistics.metrics.class_counts import CELLS, ClassCounts, Counts, Units, averages
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.sample import ClassSample, Floats, Places

MULTICLASS: Final = "multiclass"
RAREST: Final = 300
FEW: Final = 8
"""Up to so many cells for each row, all of them are counted; beyond, those that are there are looked for."""


class OneOfClasses:
    """Every row is of one class and is answered one, or none that is known."""

    task = MULTICLASS

    def units(self, sample: ClassSample) -> tuple[Units, Places]:
        """Rows of the same class with the same answer are one unit; with blocks each block is."""
        if sample.blocks is not None:
            places, count = block_places(sample.blocks)
            return _by_place(sample, places, count), np.arange(count)
        width = len(sample.names) + 1
        alike = self.alike(sample)
        if width * width > FEW * sample.rows:
            code, places = np.unique(alike, return_inverse=True)
        else:
            there = np.bincount(alike, minlength=width * width) > 0
            code, places = np.flatnonzero(there), (np.cumsum(there) - 1)[alike]
        return Cells(code // width, code % width - 1, width - 1), places.reshape(-1)

    def weighted_units(self, sample: ClassSample) -> Units:
        """Every row a unit."""
        return Cells(sample.truth, sample.predicted, len(sample.names))

    def unseen(self, sample: ClassSample) -> Counts:
        """For each class a row that is answered so, one that is answered as none, and one of the commonest so answered.

        Of the commonest class itself, the last is one that is right. Of many classes the rarest are taken: a row of
        these moves an average most.
        """
        counts = np.bincount(sample.truth, minlength=len(sample.names))
        classes = np.argsort(counts, kind="stable")[:RAREST]
        common = np.full(len(classes), counts.argmax())
        truth = np.concatenate([classes, classes, common])
        predicted = np.concatenate([classes, np.full(len(classes), -1), classes])
        return _counts(truth, predicted, len(counts))

    def alike(self, sample: ClassSample) -> Places:
        """The class and the answer as one number."""
        return np.asarray(sample.truth * (len(sample.names) + 1) + sample.predicted + 1, dtype=np.intp)


@dataclass(frozen=True)
class Cells:
    """Units of one class and one answer each, ``(units,)``; their counts are made where they are asked for."""

    truth: Places
    predicted: Places
    width: int

    @property
    def rows(self) -> Floats:
        """One each."""
        return np.ones(len(self.truth))

    def __getitem__(self, units: slice) -> Counts:
        """The counts of some."""
        return _counts(self.truth[units], self.predicted[units], self.width)

    def drawn(self, weights: Floats) -> Counts:
        """The sums with weights ``(draws, units)``, part by part."""
        together = max(1, CELLS // self.width)
        parts = [slice(first, first + together) for first in range(0, len(self.truth), together)]
        total = self[parts[0]].drawn(weights[:, parts[0]])
        for part in parts[1:]:
            total = total.less(self[part].drawn(weights[:, part]), 1.0)
        return total


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
