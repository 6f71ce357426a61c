"""Resampling of paired rows: every metric and both models on the same draws, in memory that does not grow.

Of two classes, rows are drawn in two steps that together are drawing with replacement: how many rows of each cell
(label x our answer x their answer), then which of its rows. Metrics of counts need the first step alone; for the others
all is sorted once. For other tasks, and for blocks, see ``weights``.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lockgate.domain.statistics.blocks import block_places, degrees_of
from lockgate.domain.statistics.bounds.means import student
from lockgate.domain.statistics.bounds.proportions import quantile, unseen
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.metric import Metric, OfCells, OfWeights
from lockgate.domain.statistics.sample import AnySample, ClassSample, Floats, LabelSample, Places, Sample
from lockgate.domain.statistics.weights import BLOCK, of_weights, weighted_resamples

RESAMPLED = "resampled rows"
RESAMPLES = 2000
SEED = 20_261
SMOOTHING = 0.5
"""What each cell of counts gets on top (Jeffreys): a cell without a row is no proof that there are none."""
Whole = npt.NDArray[np.int64]


def paired_resamples(
    metrics: Sequence[Metric],
    ours: AnySample,
    theirs: AnySample | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> dict[str, Floats]:
    """Each metric, by name, over ``(resamples,)`` draws of rows; with ``theirs`` ours - theirs, on the same draws.

    The same seed gives the same draws whatever the metrics. Blocks of rows are drawn whole.
    """
    if isinstance(ours, Sample) and ours.blocks is None and (theirs is None or isinstance(theirs, Sample)):
        return _binary_resamples(metrics, ours, theirs, resamples, seed)
    return weighted_resamples(metrics, ours, theirs, resamples, seed)


def _binary_resamples(
    metrics: Sequence[Metric], ours: Sample, theirs: Sample | None, resamples: int, seed: int
) -> dict[str, Floats]:
    random = np.random.Generator(np.random.SFC64(seed))
    code = 4 * ours.labels + 2 * ours.predicted + (ours if theirs is None else theirs).predicted
    counts, order = np.bincount(code, minlength=8), np.argsort(code, kind="stable")
    drawn = random.multinomial(ours.rows, counts / ours.rows, resamples)
    found = {metric.name: np.empty(resamples) for metric in metrics}
    of_rows = {}
    for metric in metrics:
        if metric.of_cells is None:
            both = ours.where(order), None if theirs is None else theirs.where(order)
            of_rows[metric.name] = _difference(metric, *both)
        else:
            cells = drawn.reshape(-1, 2, 2, 2).astype(np.float64)
            found[metric.name] = _of_cells(metric.of_cells, cells, paired=theirs is not None)
    together = max(1, BLOCK // ours.rows)
    for first in range(0, resamples if of_rows else 0, together):
        block = slice(first, first + together)
        weights = _row_weights(counts, drawn[block], random)
        for name, measure in of_rows.items():
            found[name][block] = measure(weights)
    return found


def _of_cells(of_cells: OfCells, drawn: Floats, *, paired: bool) -> Floats:
    """From counts ``(resamples, label, ours, theirs)``."""
    mine, others = (
        of_cells(own[:, 1, 1], own[:, 0, 1], own[:, 1, 0], own[:, 0, 0]) for own in (drawn.sum(3), drawn.sum(2))
    )
    return mine - others if paired else mine


def _row_weights(counts: Whole, drawn: Whole, random: np.random.Generator) -> Floats:
    """How often each row is drawn, ``(draws, rows)``; rows lie cell by cell, ``drawn`` of ``counts`` from each."""
    draws = np.arange(len(drawn))
    parts = [
        np.bincount(
            np.repeat(draws * size, times) + random.integers(0, size, times.sum()), minlength=len(draws) * size
        ).reshape(-1, size)
        for size, times in zip(counts.tolist(), drawn.T, strict=True)
        if size
    ]
    return np.concatenate(parts, axis=1, dtype=np.float64)


def _difference(metric: Metric, ours: Sample, theirs: Sample | None) -> OfWeights:
    mine = of_weights(metric, ours)
    if theirs is None:
        return mine
    others = of_weights(metric, theirs)
    return lambda weights: mine(weights) - others(weights)


def around(found: float, interval: Interval) -> Interval:
    """The interval, reaching to what was found: smoothed draws of a rate without a row lie all about one half."""
    return Interval(min(interval.low, found), max(interval.high, found), interval.level, interval.method)


def percentiles(drawn: Floats, level: float, method: str) -> Interval:
    """The interval that holds the middle of the draws."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, method)


def resampled_interval(metric: Metric, sample: AnySample, found: float, level: float) -> Interval | None:
    """For a metric that has none of its own: the middle of the draws, and what unseen rows may ask for.

    ``None`` where a draw gives no finite number, or where all give the same and the metric has no end to go by.
    """
    drawn = paired_resamples([metric], sample)[metric.name]
    if not np.isfinite(drawn).all():
        return None
    middle, ends = _middle(found, drawn, level, sample), (metric.least, metric.most)
    if np.ptp(drawn) == 0 and None in ends:
        return None
    share = unseen(_rarest(sample), level)
    low, high = (found if end is None else found + share * (end - found) for end in ends)
    return Interval(min(middle.low, low), max(middle.high, high), level, middle.method)


def resampled_difference(metric: Metric, ours: AnySample, theirs: AnySample, level: float) -> Interval | None:
    """The same for how much better ours is. Models that answer every row alike differ by nothing."""
    drawn = metric.sign * paired_resamples([metric], ours, theirs)[metric.name]
    if not np.isfinite(drawn).all():
        return None
    gain = metric.sign * (metric.value(ours) - metric.value(theirs))
    middle = _middle(gain, drawn, level, ours)
    if ours.same_answers(theirs):
        return middle
    if metric.least is None or metric.most is None:
        return None if np.ptp(drawn) == 0 else middle
    reach = unseen(_rarest(ours), level) * (metric.most - metric.least)
    return Interval(min(middle.low, gain - reach), max(middle.high, gain + reach), level, middle.method)


def _middle(found: float, drawn: Floats, level: float, sample: AnySample) -> Interval:
    """The middle of the draws about what was found; of few blocks as much wider as Student's quantile is."""
    middle = around(found, percentiles(drawn, level, RESAMPLED))
    if sample.blocks is None:
        return middle
    further = wider(sample.blocks, level)
    low, high = (found + further * (end - found) for end in (middle.low, middle.high))
    return Interval(low, high, level, "resampled blocks")


def wider(blocks: Places, level: float) -> float:
    """How many times as far as resampled blocks a bound reaches: by Student's quantile, and as a spread of few is."""
    count = block_places(blocks)[1]
    return student(level, degrees_of(blocks)) / quantile(level) * math.sqrt(count / max(count - 1, 1))


def _rarest(sample: AnySample) -> int:
    """How many rows the rarest class has, or the rarest answer to a label; of blocks, how many there are at most."""
    if isinstance(sample, Sample):
        rows = int(min(sample.labels.sum(), (~sample.labels).sum()))
    elif isinstance(sample, ClassSample):
        counts = np.bincount(sample.truth)
        rows = int(counts[counts > 0].min())
    elif isinstance(sample, LabelSample):
        counts = sample.truth.sum(axis=0)
        rows = max(int(np.minimum(counts, sample.rows - counts).min()), 1)
    else:
        rows = sample.rows
    return rows if sample.blocks is None else min(rows, block_places(sample.blocks)[1])


def cell_draws(counts: Floats, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """Shares of cells, ``(resamples, *counts.shape)``, drawn from what the counts leave open.

    A metric that depends on counts alone needs no rows: a draw of the counts is a draw of the rows. The draws are of
    Dirichlet's distribution with ``SMOOTHING`` on top of each count, the smoothed (Bayesian) bootstrap (Rubin 1981).
    """
    drawn = np.random.default_rng(seed).gamma(counts + SMOOTHING, size=(resamples, *counts.shape))
    axes = tuple(range(1, drawn.ndim))
    return np.asarray(drawn / drawn.sum(axis=axes, keepdims=True))
