"""Another order of the classes, or labels, in which answers fit what is true: what a wrong hand-over looks like."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lockgate.domain.statistics.sample import AnySample, ClassSample, Floats, LabelSample, Places, Sample

FEWEST_ROWS: Final = 30
"""Of fewer rows an order tells nothing."""
FEWEST_ANSWERS: Final = 5
"""A class that was answered less often fits by chance."""


@dataclass(frozen=True)
class OtherOrder:
    """``names`` in the order that the answers fit, empty for the two of a binary task; ``sample`` as it then were."""

    names: tuple[str, ...]
    sample: AnySample


def other_order(sample: AnySample) -> OtherOrder | None:
    """The order in which each answered class has most of one true class of its own; ``None`` where there is none.

    That each answers for another class than its own, one for one, is no error of a model but of an order.
    """
    if sample.rows < FEWEST_ROWS or not sample.whole:
        return None
    if isinstance(sample, ClassSample):
        return _of_classes(sample)
    if isinstance(sample, LabelSample):
        return _of_labels(sample)
    return _of_two(sample) if isinstance(sample, Sample) else None


def _of_two(sample: Sample) -> OtherOrder | None:
    if _fits(_table(sample.labels.astype(np.intp), sample.predicted.astype(np.intp), 2)) is None:
        return None
    return OtherOrder((), replace(sample, predicted=~sample.predicted, scores=1 - sample.scores))


def _of_classes(sample: ClassSample) -> OtherOrder | None:
    known = sample.predicted >= 0
    truly = _fits(_table(sample.truth[known], sample.predicted[known], len(sample.names)))
    if truly is None:
        return None
    scores = sample.scores[:, np.argsort(truly)]
    predicted = np.where(known, truly[sample.predicted], -1)
    return OtherOrder(_named(sample.names, truly), replace(sample, predicted=predicted, scores=scores))


def _of_labels(sample: LabelSample) -> OtherOrder | None:
    count = len(sample.names)
    varies = [part.std(axis=0).min() > 0 for part in (sample.scores, sample.truth)]
    if count < 2 or not all(varies):  # noqa: PLR2004 - one label has one order
        return None
    truly = _fits(np.corrcoef(sample.scores.T, sample.truth.T)[:count, count:])
    if truly is None:
        return None
    places = np.argsort(truly)
    moved = replace(sample, predicted=sample.predicted[:, places], scores=sample.scores[:, places])
    return OtherOrder(_named(sample.names, truly), moved)


def _table(truth: Places, predicted: Places, count: int) -> Floats:
    """Which share of each true class was answered so, ``(answered, true)``; NaN where too few were to tell."""
    cells = np.bincount(predicted * count + truth, minlength=count * count).reshape(count, count).astype(np.float64)
    cells[cells.sum(axis=1) < FEWEST_ANSWERS] = np.nan
    return np.asarray(cells / np.maximum(np.nansum(cells, axis=0), 1))


def _fits(table: Floats) -> Places | None:
    """Which column each row is largest in, ``(rows,)``, where that is one for each and not its own for all."""
    if not np.isfinite(table).all():
        return None
    best = table.argmax(axis=1)
    each = np.arange(len(table))
    return best if np.array_equal(np.sort(best), each) and not np.array_equal(best, each) else None


def _named(names: tuple[str, ...], truly: Places) -> tuple[str, ...]:
    return tuple(names[place] for place in truly)
