"""Metrics of the four counts of a confusion matrix: a draw of the counts is a draw of the rows."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from lockgate.domain.statistics.blocks import summed
from lockgate.domain.statistics.bootstrap import around, cell_draws, percentiles
from lockgate.domain.statistics.bounds.proportions import clopper_pearson, tango
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.metric import Metric, OfCells
from lockgate.domain.statistics.sample import Floats, Sample, Truths

Share: TypeAlias = Callable[[int, int, int, int], tuple[int, int]]
"""From the four counts to successes and trials."""
Rows: TypeAlias = Callable[[Truths], Truths]
"""Of which rows, by their labels, a metric is the share of right answers."""


def of_counts(
    name: str,
    of_cells: OfCells,
    *,
    least: float | None = 0.0,
    most: float | None = 1.0,
    share: Share | None = None,
    right_of: Rows | None = None,
) -> Metric:
    """A metric of counts. One that is a ``share`` has its exact interval, and Tango's of the difference where it is
    the share of right answers among rows that do not depend on the model: those that ``right_of`` tells.
    """
    return Metric(
        name,
        lambda sample: float(of_cells(*sample.cells())),
        least=least,
        most=most,
        interval=partial(_drawn, of_cells) if share is None else partial(_exact, share),
        paired=partial(_drawn_difference, of_cells) if right_of is None else partial(_tango, right_of),
        contributions=partial(_contributions, of_cells),
        of_cells=of_cells,
    )


def _contributions(of_cells: OfCells, sample: Sample) -> Floats:
    """Pseudo-values of the jackknife (Tukey 1958), of rows or of blocks."""
    told = np.stack([sample.labels, ~sample.labels, sample.labels, ~sample.labels], axis=1)
    cells = (told & (sample.predicted[:, None] == np.array([True, True, False, False]))).astype(np.float64)
    units = summed(cells, sample.blocks)
    found, without = (of_cells(*each.T) for each in (units.sum(axis=0)[None], units.sum(axis=0) - units))
    return np.asarray(found + (len(units) - 1) * (found - without))


def _exact(share: Share, sample: Sample, _: float, level: float) -> Interval:
    return clopper_pearson(*share(*map(int, sample.cells())), level)


def _drawn(of_cells: OfCells, sample: Sample, found: float, level: float) -> Interval:
    drawn = of_cells(*np.moveaxis(cell_draws(sample.cells()), -1, 0))
    return around(found, percentiles(drawn, level, "resampled counts"))


def _tango(right_of: Rows, ours: Sample, theirs: Sample, level: float) -> Interval:
    of = right_of(ours.labels)
    right, their_right = (ours.labels == each.predicted for each in (ours, theirs))
    return tango(int((right & ~their_right & of).sum()), int((~right & their_right & of).sum()), int(of.sum()), level)


def _drawn_difference(of_cells: OfCells, ours: Sample, theirs: Sample, level: float) -> Interval:
    drawn = _paired_cells(ours, theirs)
    gain = of_cells(*_confusion(drawn, axis=2)) - of_cells(*_confusion(drawn, axis=1))
    found = float(of_cells(*ours.cells())) - float(of_cells(*theirs.cells()))
    return around(found, percentiles(gain, level, "resampled counts"))


def _paired_cells(ours: Sample, theirs: Sample) -> Floats:
    """Draws of shares ``(resamples, label, ours, theirs)``."""
    code = 4 * ours.labels + 2 * ours.predicted + theirs.predicted
    return cell_draws(np.bincount(code, minlength=8).astype(np.float64).reshape(2, 2, 2))


def _confusion(shares: Floats, axis: int) -> tuple[Floats, Floats, Floats, Floats]:
    """The four cells of one model; ``axis`` (after the draws) is the other model's, which is summed over."""
    own = shares.sum(axis=axis + 1)
    return own[:, 1, 1], own[:, 0, 1], own[:, 1, 0], own[:, 0, 0]
