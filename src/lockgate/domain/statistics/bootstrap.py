"""Resampling of paired rows: every metric and both models on the same draws, in memory that does not grow."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from lockgate.domain.statistics.metrics import METRICS, average_precision
from lockgate.domain.statistics.sample import Floats, Sample

RESAMPLES = 2000
SEED = 20_261
SMOOTHING = 0.5
"""What each cell of counts gets on top (Jeffreys): a cell without a row is no proof that there are none."""
Weights = npt.NDArray[np.uint8]
_FINE = 2**16


def _poisson_table() -> Weights:
    """The number of times that a row is drawn, by a 16-bit random number: Poisson with mean 1."""
    chances = np.exp(-1.0) / np.cumprod([1.0, *range(1, 12)])
    return np.searchsorted(np.cumsum(chances), (np.arange(_FINE) + 0.5) / _FINE).astype(np.uint8)


_DRAWN = _poisson_table()


def paired_resamples(
    metrics: Sequence[str], ours: Sample, theirs: Sample | None = None, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Floats]:
    """Each metric over ``(resamples,)`` draws of rows; with ``theirs`` the difference ours - theirs, on the same draws.

    Each row is drawn a Poisson number of times (Hanley and MacGibbon 2006; Chamandy and others 2012), which for many
    rows is the bootstrap; sorting is done once, and a draw only weighs anew.
    """
    random = np.random.default_rng(seed)
    prepared = [(name, _prepared(name, ours), None if theirs is None else _prepared(name, theirs)) for name in metrics]
    found = {name: np.empty(resamples) for name in metrics}
    for index in range(resamples):
        weights = _DRAWN[random.integers(0, _FINE, ours.rows, dtype=np.uint16)]
        for name, mine, others in prepared:
            found[name][index] = mine(weights) - (0.0 if others is None else others(weights))
    return found


def _prepared(name: str, sample: Sample) -> Callable[[Weights], float]:
    """The metric as a function of weights ``(rows,)``, with all that does not depend on them done before."""
    metric = METRICS[name]
    if metric.of_cells is not None:
        of_cells, code = metric.of_cells, 2 * ~sample.labels + (sample.labels ^ sample.predicted)
        places = [np.flatnonzero(code == cell) for cell in (0, 3, 1, 2)]
        return lambda weights: float(
            of_cells(*(np.asarray(weights[place].sum(), dtype=np.float64) for place in places))
        )
    if metric.of_rows is not None:
        rows = metric.of_rows(sample)
        return lambda weights: float(weights @ rows) / max(float(weights.sum(dtype=np.int64)), 1.0)
    if metric.kind == "auc":
        return _area(sample)
    return lambda weights: average_precision(sample, weights.astype(np.float64))


def _area(sample: Sample) -> Callable[[Weights], float]:
    positives, negatives = np.flatnonzero(sample.labels), np.flatnonzero(~sample.labels)
    positives = positives[np.argsort(sample.scores[positives], kind="stable")]
    negatives = negatives[np.argsort(sample.scores[negatives], kind="stable")]
    ordered, values = sample.scores[negatives], sample.scores[positives]
    low, high = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    tied = bool((low != high).any())
    below = np.zeros(len(negatives) + 1, dtype=np.int64)

    def area(weights: Weights) -> float:
        np.cumsum(weights[negatives], out=below[1:])
        mine = weights[positives].astype(np.int64)
        twice = below[low] + below[high] if tied else 2 * below[low]
        return float(mine @ twice) / (2.0 * max(int(mine.sum()) * int(below[-1]), 1))

    return area


def cell_draws(counts: Floats, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """Shares of cells, ``(resamples, *counts.shape)``, drawn from what the counts leave open.

    A metric that depends on counts alone needs no rows: a draw of the counts is a draw of the rows. The draws are of
    Dirichlet's distribution with ``SMOOTHING`` on top of each count, the smoothed (Bayesian) bootstrap (Rubin 1981).
    """
    drawn = np.random.default_rng(seed).gamma(counts + SMOOTHING, size=(resamples, *counts.shape))
    axes = tuple(range(1, drawn.ndim))
    return np.asarray(drawn / drawn.sum(axis=axes, keepdims=True))
