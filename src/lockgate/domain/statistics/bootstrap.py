"""Resampling of paired rows: every metric and both models on the same draws, in memory that does not grow.

Rows are drawn in two steps that together are drawing with replacement: how many rows of each cell (label x our answer x
their answer), then which of its rows. Metrics of counts need the first step alone; for the others all is sorted once.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lockgate.domain.statistics.metrics.registry import METRICS, Metric, OfCells, OfWeights, of_mean, ranked
from lockgate.domain.statistics.sample import Floats, Sample

RESAMPLES = 2000
SEED = 20_261
BLOCK = 2**17
"""How many weights, draws x rows, are computed at once."""
SMOOTHING = 0.5
"""What each cell of counts gets on top (Jeffreys): a cell without a row is no proof that there are none."""
Whole = npt.NDArray[np.int64]


def paired_resamples(
    metrics: Sequence[str], ours: Sample, theirs: Sample | None = None, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Floats]:
    """Each metric over ``(resamples,)`` draws of rows; with ``theirs`` the difference ours - theirs, on the same draws.

    The same seed gives the same draws whatever the metrics.
    """
    random = np.random.Generator(np.random.SFC64(seed))
    code = 4 * ours.labels + 2 * ours.predicted + (ours if theirs is None else theirs).predicted
    counts, order = np.bincount(code, minlength=8), np.argsort(code, kind="stable")
    drawn = random.multinomial(ours.rows, counts / ours.rows, resamples)
    found = {name: np.empty(resamples) for name in metrics}
    of_rows = {}
    for name in metrics:
        of_cells = METRICS[name].of_cells
        if of_cells is None:
            of_rows[name] = _difference(name, _taken(ours, order), None if theirs is None else _taken(theirs, order))
        else:
            found[name] = _of_cells(of_cells, drawn.reshape(-1, 2, 2, 2).astype(np.float64), paired=theirs is not None)
    together = max(1, BLOCK // ours.rows)
    for first in range(0, resamples if of_rows else 0, together):
        block = slice(first, first + together)
        weights = _row_weights(counts, drawn[block], random)
        for name, measure in of_rows.items():
            found[name][block] = measure(weights)
    return found


def _taken(sample: Sample, at: Whole) -> Sample:
    return Sample(sample.labels[at], sample.predicted[at], sample.scores[at])


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


def _difference(name: str, ours: Sample, theirs: Sample | None) -> OfWeights:
    mine = _prepared(name, ours)
    if theirs is None:
        return mine
    others = _prepared(name, theirs)
    return lambda weights: mine(weights) - others(weights)


def _prepared(name: str, sample: Sample) -> OfWeights:
    """The metric as a function of weights, with all that does not depend on them done before."""
    metric = METRICS[name]
    if metric.of_rows is not None:
        return _mean(metric, metric.of_rows(sample), sample.labels.astype(np.float64))
    if metric.kind == "auc":
        return _area(sample)
    return ranked(sample)


def _mean(metric: Metric, rows: Floats, labels: Floats) -> OfWeights:
    def mean(weights: Floats) -> Floats:
        total = weights.sum(axis=-1)
        return of_mean(metric, weights @ rows / total, weights @ labels / total)

    return mean


def _area(sample: Sample) -> OfWeights:
    """The rarer class is summed up in its order, and each row of the other looks up its place there; ties half."""
    rare = bool(sample.labels.sum() * 2 <= sample.rows)
    few, many = np.flatnonzero(sample.labels == rare), np.flatnonzero(sample.labels != rare)
    few = few[np.argsort(sample.scores[few], kind="stable")]
    low, high = (np.searchsorted(sample.scores[few], sample.scores[many], side) for side in ("left", "right"))
    # Rows of the other class that lie between or on the same rows of the rarer one look up one number.
    ends, place = np.unique(low * (len(few) + 1) + high, return_inverse=True)
    low, high = ends // (len(few) + 1), ends % (len(few) + 1)
    first, last = int(many[0]), int(many[-1]) + 1  # rows lie cell by cell, so that a class is one piece

    def area(weights: Floats) -> Floats:
        total = np.zeros((len(weights), len(few) + 1))
        np.cumsum(weights.take(few, axis=1), axis=1, out=total[:, 1:])
        below = ((total.take(low, axis=1) + total.take(high, axis=1)) / 2).take(place, axis=1)
        others = weights[:, first:last]
        won = np.vecdot(others, below) / np.maximum(total[:, -1] * others.sum(axis=1), 1.0)
        return np.asarray(1 - won if rare else won)

    return area


def cell_draws(counts: Floats, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """Shares of cells, ``(resamples, *counts.shape)``, drawn from what the counts leave open.

    A metric that depends on counts alone needs no rows: a draw of the counts is a draw of the rows. The draws are of
    Dirichlet's distribution with ``SMOOTHING`` on top of each count, the smoothed (Bayesian) bootstrap (Rubin 1981).
    """
    drawn = np.random.default_rng(seed).gamma(counts + SMOOTHING, size=(resamples, *counts.shape))
    axes = tuple(range(1, drawn.ndim))
    return np.asarray(drawn / drawn.sum(axis=axes, keepdims=True))
