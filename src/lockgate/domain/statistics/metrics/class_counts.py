"""Metrics of how often each class is answered rightly, is answered, and is true: of several classes, or labels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import numpy as np

from lockgate.domain.statistics.bounds.ratios import ratio
from lockgate.domain.statistics.metrics.metric import Metric, OfWeights, Span
from lockgate.domain.statistics.sample import Floats, Places

CELLS: Final = 2**20
"""How many counts, units x classes, are computed at once."""


@dataclass(frozen=True)
class Counts:
    """How often each class is answered and true, is answered, is true, ``(draws, classes)``; of so many ``rows``."""

    hits: Floats
    answered: Floats
    true: Floats
    rows: Floats

    def __getitem__(self, units: slice) -> "Counts":
        """Some of the draws."""
        return Counts(self.hits[units], self.answered[units], self.true[units], self.rows[units])

    def total(self) -> "Counts":
        """The sum of all, one draw."""
        return Counts(*(part.sum(axis=0, keepdims=True) for part in self._parts()))

    def less(self, other: "Counts", sign: float = -1.0) -> "Counts":
        """These without the other's."""
        pairs = zip(self._parts(), other._parts(), strict=True)  # noqa: SLF001 - its own kind
        return Counts(*(mine + sign * others for mine, others in pairs))

    def drawn(self, weights: Floats) -> "Counts":
        """The sums with weights ``(draws, units)``."""
        return Counts(*(weights @ part for part in self._parts()))

    def _parts(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.hits, self.answered, self.true, self.rows


OfCounts: TypeAlias = Callable[[Counts], Floats]
"""From counts to the metric of each draw ``(draws,)``; NaN where there is none."""
OfClass: TypeAlias = Callable[[Floats, Floats, Floats], Floats]
"""From hits, answered and true to what each class has, of the same shape."""


class Units(Protocol):
    """Counts of many units, which need not all be in memory at once."""

    @property
    def rows(self) -> Floats:
        """How many rows each has."""

    def __getitem__(self, units: slice) -> Counts:
        """Some of them."""

    def drawn(self, weights: Floats) -> Counts:
        """The sums with weights ``(draws, units)``."""


class Counting(Protocol):
    """How the samples of a task are counted."""

    task: str

    def units(self, sample: Any) -> tuple[Units, Places]:
        """Rows that count alike, one unit each, or blocks: the counts of each, and the unit of each row or block."""

    def weighted_units(self, sample: Any) -> Units:
        """Every row a unit."""

    def unseen(self, sample: Any) -> Counts:
        """Rows that nobody saw, for each class three: right, missed, and another taken for it; ``(3 * classes,)``."""

    def alike(self, sample: Any) -> Places:
        """A number for each row: those of the same count alike."""


def f1(hits: Floats, answered: Floats, true: Floats) -> Floats:
    """Twice the hits by all that is answered or true."""
    return ratio(2 * hits, answered + true)


def jaccard(hits: Floats, answered: Floats, true: Floats) -> Floats:
    """The hits by all rows that are answered so or true."""
    return ratio(hits, answered + true - hits)


def precision(hits: Floats, answered: Floats, true: Floats) -> Floats:  # noqa: ARG001 - one form for all
    """The hits by all that is answered; 0 for a class that is never answered."""
    return ratio(hits, answered)


def recall(hits: Floats, answered: Floats, true: Floats) -> Floats:  # noqa: ARG001
    """The hits by all that is true."""
    return ratio(hits, true)


OF_CLASS: Final = {"f1": f1, "precision": precision, "recall": recall, "jaccard": jaccard}


def macro(of: OfClass) -> OfCounts:
    """The mean over classes."""
    return lambda counts: of(counts.hits, counts.answered, counts.true).mean(axis=1)


def micro(of: OfClass) -> OfCounts:
    """Of the sums over classes."""
    return lambda counts: of(counts.hits.sum(axis=1), counts.answered.sum(axis=1), counts.true.sum(axis=1))


def weighted(of: OfClass) -> OfCounts:
    """The mean over classes, weighted by how often each is true."""
    return lambda counts: ratio(
        (counts.true * of(counts.hits, counts.answered, counts.true)).sum(axis=1), counts.true.sum(axis=1)
    )


AVERAGES: Final = {"macro": macro, "micro": micro, "weighted": weighted}


@dataclass(frozen=True)
class ClassCounts:
    """A metric of counts, for samples that are counted so. With ``each`` every class needs a row."""

    of: OfCounts
    counting: Counting
    each: bool = False

    def value(self, sample: Any) -> float:
        """The metric of a sample; NaN where a class that it is of has no row."""
        units, places = self.counting.units(sample)
        total = units.drawn(np.bincount(places, minlength=len(units.rows))[None].astype(np.float64))
        if self.each and not total.true.all():
            return np.nan
        return float(self.of(total)[0])

    def contributions(self, sample: Any) -> Floats:
        """Pseudo-values of the jackknife (Tukey 1958): what each row, or each block, adds when it comes last.

        Blocks lie farther out than these, as in ``by_block``.
        """
        units, places = self.counting.units(sample)
        count = len(places)
        total = units.drawn(np.bincount(places, minlength=len(units.rows))[None].astype(np.float64))
        added = self._pseudo(total, units, count, -1.0)[places]
        if sample.blocks is None:
            return added
        middle = added.mean()
        return np.asarray(middle + (added - middle) * count / max(count - 1, 1))

    def extremes(self, ours: Any, theirs: Any) -> Span:
        """The least and the most that a row which nobody saw would add; in ours less in theirs."""
        least, most = self._unseen(ours)
        if theirs is None:
            return float(least.min()), float(most.max())
        others_least, others_most = self._unseen(theirs)
        return float((least - others_most).min()), float((most - others_least).max())

    def _unseen(self, sample: Any) -> tuple[Floats, Floats]:
        """For each class the least and the most of a row of it."""
        units, places = self.counting.units(sample)
        total = units.drawn(np.bincount(places, minlength=len(units.rows))[None].astype(np.float64))
        added = self._pseudo(total, self.counting.unseen(sample), len(places), 1.0).reshape(3, -1)
        return added.min(axis=0), added.max(axis=0)

    def _pseudo(self, total: Counts, units: Units, count: int, sign: float) -> Floats:
        found = float(self.of(total)[0])
        together = max(1, CELLS // total.hits.shape[1])
        parts = [
            self.of(total.less(units[first : first + together], sign)) for first in range(0, len(units.rows), together)
        ]
        return found - sign * (found - np.concatenate(parts)) * (count + sign)

    def weighted(self, sample: Any) -> OfWeights:
        """The metric of each draw from weights of rows."""
        counts = self.counting.weighted_units(sample)
        return lambda weights: self.of(counts.drawn(weights))

    def metric(self, name: str, *, least: float = 0.0) -> Metric:
        """The entry of that name."""
        return Metric(
            name,
            self.value,
            least=least,
            tasks=(self.counting.task,),
            contributions=self.contributions,
            extremes=self.extremes,
            of_weights=self.weighted,
            alike=self.counting.alike,
        )


def averages(counting: Counting) -> tuple[Metric, ...]:
    """The macro, micro and weighted averages of what each class has."""
    return tuple(
        ClassCounts(average(of), counting, each=called == "macro").metric(f"{name}_{called}")
        for name, of in OF_CLASS.items()
        for called, average in AVERAGES.items()
    )
