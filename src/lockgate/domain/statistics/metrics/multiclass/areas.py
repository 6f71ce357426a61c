"""Areas under the ROC curve of several classes: each against the rest, or each against each (Hand and Till 2001)."""

from collections import deque
from dataclasses import dataclass
from typing import Final
from weakref import ref

import numpy as np

from lockgate.domain.statistics.blocks import by_block
from lockgate.domain.statistics.metrics.metric import Metric, Span
from lockgate.domain.statistics.metrics.multiclass.counts import MULTICLASS
from lockgate.domain.statistics.sample import ClassSample, Floats, Places, Truths


@dataclass(frozen=True)
class Areas:
    """The mean of the areas of each class against the others.

    With ``pairs`` the rows of every other class count alike, otherwise every row does; ``by_rows`` weighs classes, or
    pairs of them, by their rows.
    """

    pairs: bool
    by_rows: bool

    def value(self, sample: ClassSample) -> float:
        """NaN where a class has no row."""
        return self._told(sample).value if _rows(sample).all() else float("nan")

    def contributions(self, sample: ClassSample) -> Floats:
        """Placements (DeLong 1988), as much farther out as few rows of a class make their spread too small."""
        return by_block(self._told(sample).rows, sample.blocks)

    def _told(self, sample: ClassSample) -> "_Told":
        """Value and bounds are asked for one after the other: both are kept while the sample is there."""
        for known in tuple(_LAST):
            if known.of is self and known.sample() is sample:
                return known
        found = _Told(self, ref(sample, _forget), *self._ranked(sample))
        _LAST.append(found)
        return found

    def _ranked(self, sample: ClassSample) -> tuple[float, Floats]:
        """The value, and what each of ``(rows,)`` adds to it."""
        counts = _rows(sample)
        weights, shares = self._weights(counts), self._shares(counts)
        found, moved, pair = 0.0, np.zeros(sample.rows), np.zeros((len(counts),) * 2)
        for place, weight in enumerate(weights):
            area, placed, pair[place] = self._of_class(sample, place, shares)
            found += weight * area
            moved += weight * placed
        few = np.sqrt(counts / np.maximum(counts - 1, 0.5))
        values = found + sample.rows * moved * few[sample.truth]
        return float(found), np.asarray(values + self._by_shares(pair, counts)[sample.truth])

    def _weights(self, counts: Floats) -> Floats:
        if not self.by_rows:
            return np.full(len(counts), 1 / len(counts))
        return np.ones(len(counts)) if self.pairs else np.asarray(counts / counts.sum())

    def _shares(self, counts: Floats) -> Floats:
        """How much a row of the second class counts against the first, ``(classes, classes)``."""
        width = len(counts)
        others = 1 - np.eye(width)
        if not self.pairs:
            return np.asarray(others / (counts.sum() - counts)[:, None])
        if not self.by_rows:
            return np.asarray(others / ((width - 1) * counts))
        both = (counts[:, None] + counts) / (2 * (width - 1) * counts.sum())
        return np.asarray(others * both / counts)

    def _of_class(self, sample: ClassSample, place: int, shares: Floats) -> tuple[float, Floats, Floats]:
        """The area of a class, how its rows' placements deviate, ``(rows,)``, and its part against each class."""
        ranked = _Ranked.of(sample.scores[:, place])
        truth = sample.truth[ranked.order]  # all in the order of the scores, and only what is told is put back
        own, weights = truth == place, shares[place][truth]
        count = int(own.sum())
        won = weights * (1 - ranked.below(own) / count)
        part = np.bincount(truth, won, minlength=len(shares)).astype(np.float64)
        area = float(part.sum())
        means = part / np.maximum(np.bincount(truth, minlength=len(shares)), 1)
        placed = won - (means[truth] if self.pairs else weights * area)
        placed[own] = (ranked.below(weights)[own] - area) / count
        moved = np.empty(len(placed))
        moved[ranked.order] = placed
        return area, moved, part

    def _by_shares(self, pair: Floats, counts: Floats) -> Floats:
        """What a row adds, by its class, as it makes its class weigh more: ``(classes,)``."""
        if not self.by_rows:
            return np.zeros(len(counts))
        areas = pair.sum(axis=1)
        if not self.pairs:
            return np.asarray(areas - counts @ areas / counts.sum())
        both = (counts[:, None] + counts) / (2 * (len(counts) - 1) * counts.sum())
        every = np.divide(pair, both, out=np.zeros_like(pair), where=both > 0)
        own = (every + every.T).sum(axis=1) / (2 * (len(counts) - 1))
        return np.asarray(own - areas.sum())

    def extremes(self, ours: ClassSample, theirs: ClassSample | None) -> Span:
        """A row of any class below all others, or above."""
        counts = _rows(ours)
        weights = self._weights(counts) if not (self.pairs and self.by_rows) else 2 / len(counts)
        reach = float((weights * ours.rows / counts).max())
        return (-reach, 1 + reach) if theirs is None else (-reach, reach)

    def metric(self, name: str) -> Metric:
        """The entry of that name."""
        return Metric(name, self.value, tasks=(MULTICLASS,), contributions=self.contributions, extremes=self.extremes)


@dataclass(frozen=True, eq=False)
class _Told:
    """What areas are of a sample, and what each of its rows adds to them; nothing is kept of a sample that is gone."""

    of: Areas
    sample: "ref[ClassSample]"
    value: float
    rows: Floats


_LAST: Final[deque[_Told]] = deque(maxlen=2)
"""Of ours and theirs, as a difference is asked for."""


def _forget(_: "ref[ClassSample]") -> None:
    for each in tuple(_LAST):
        if each.sample() is None and each in _LAST:
            _LAST.remove(each)


@dataclass(frozen=True)
class _Ranked:
    """The order of scores, ``(rows,)``, and in it where the equal ones of each start and end; ``None`` without any."""

    order: Places
    ends: tuple[Places, Places] | None

    @classmethod
    def of(cls, scores: Floats) -> "_Ranked":
        order = np.argsort(scores)
        steps = np.flatnonzero(np.diff(scores[order])) + 1
        if len(steps) == len(scores) - 1:
            return cls(order, None)
        starts, ends = np.concatenate([[0], steps]), np.concatenate([steps, [len(scores)]])
        return cls(order, (np.repeat(starts, ends - starts), np.repeat(ends, ends - starts)))

    def below(self, weights: Floats | Truths) -> Floats:
        """The weight of the rows below each row, ``(rows,)`` in their order; equal ones count half."""
        total = np.concatenate([[0.0], np.cumsum(weights, dtype=np.float64)])
        if self.ends is None:
            return np.asarray((total[:-1] + total[1:]) / 2)
        first, last = self.ends
        return np.asarray((total[first] + total[last]) / 2)


def _rows(sample: ClassSample) -> Floats:
    """How many rows each class has."""
    return np.bincount(sample.truth, minlength=len(sample.names)).astype(np.float64)


AREAS: Final[tuple[Metric, ...]] = tuple(
    Areas(pairs, by_rows).metric(f"roc_auc_{called}{'_weighted' if by_rows else ''}")
    for called, pairs in (("ovr", False), ("ovo", True))
    for by_rows in (False, True)
)
"""One against the rest, and one against one."""
