"""A metric, or the paired difference of two models, with the interval that suits it."""

import math
from statistics import NormalDist

import numpy as np

from lockgate.domain.statistics.bootstrap import cell_draws, paired_resamples
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.metrics import METRICS, value
from lockgate.domain.statistics.proportions import clopper_pearson, mcnemar, quantile, tango
from lockgate.domain.statistics.ranks import delong, delong_difference
from lockgate.domain.statistics.sample import Floats, Sample

SYMMETRIC = 1e-9
PROPORTIONS = frozenset({"accuracy", "precision", "recall", "specificity"})


def estimate(metric: str, sample: Sample, level: float) -> Estimate:
    """The metric with a two-sided interval of that level. Raises ``KeyError`` for a name that is no metric."""
    found, known = value(metric, sample), METRICS[metric]
    if found is None:
        return Estimate(None, None, sample.rows)
    if metric in PROPORTIONS:
        interval = clopper_pearson(*_proportion(metric, sample), level)
    elif known.of_cells is not None:
        drawn = known.of_cells(*np.moveaxis(cell_draws(sample.cells()), -1, 0))
        interval = percentiles(drawn, level, "resampled counts")
    elif known.kind == "mean" and known.of_rows is not None:
        interval = mean_interval(known.of_rows(sample), level)
    elif known.kind == "auc":
        return delong(sample.labels, sample.scores, level)
    else:
        interval = percentiles(paired_resamples([metric], sample)[metric], level, "resampled rows")
    return Estimate(found, interval, sample.rows)


def _proportion(metric: str, sample: Sample) -> tuple[int, int]:
    """Successes and trials; precision's trials are the rows answered positive, given which it is binomial."""
    tp, fp, fn, tn = map(int, sample.cells())
    found = {
        "accuracy": (tp + tn, tp + fp + fn + tn),
        "precision": (tp, tp + fp),
        "recall": (tp, tp + fn),
        "specificity": (tn, tn + fp),
    }
    return found[metric]


def difference(metric: str, ours: Sample, theirs: Sample, level: float) -> Estimate:
    """How much better ours is on the same rows: positive is better, whatever the metric's direction.

    Raises ``ValueError`` where the two are not of the same rows.
    """
    if ours.rows != theirs.rows or not np.array_equal(ours.labels, theirs.labels):
        raise ValueError("a paired difference needs the same rows with the same labels")
    mine, others, known = value(metric, ours), value(metric, theirs), METRICS[metric]
    if mine is None or others is None:
        return Estimate(None, None, ours.rows)
    sign = 1.0 if known.higher_is_better else -1.0
    if known.kind == "auc":
        return delong_difference(ours.labels, ours.scores, theirs.scores, level)
    return Estimate(sign * (mine - others), _paired(metric, ours, theirs, level, sign), ours.rows)


def _paired(metric: str, ours: Sample, theirs: Sample, level: float, sign: float) -> Interval:
    known = METRICS[metric]
    if metric == "accuracy":
        right, their_right = ours.labels == ours.predicted, theirs.labels == theirs.predicted
        return tango(int((right & ~their_right).sum()), int((~right & their_right).sum()), ours.rows, level)
    if known.of_cells is not None:
        drawn = _paired_cells(ours, theirs)
        gain = sign * (known.of_cells(*_confusion(drawn, axis=2)) - known.of_cells(*_confusion(drawn, axis=1)))
        return percentiles(gain, level, "resampled counts")
    if known.kind == "mean" and known.of_rows is not None:
        return mean_interval(sign * (known.of_rows(ours) - known.of_rows(theirs)), level)
    return percentiles(sign * paired_resamples([metric], ours, theirs)[metric], level, "resampled rows")


def _paired_cells(ours: Sample, theirs: Sample) -> Floats:
    """Draws of shares ``(resamples, label, ours, theirs)``."""
    code = 4 * ours.labels + 2 * ours.predicted + theirs.predicted
    return cell_draws(np.bincount(code, minlength=8).astype(np.float64).reshape(2, 2, 2))


def _confusion(shares: Floats, axis: int) -> tuple[Floats, Floats, Floats, Floats]:
    """The four cells of one model; ``axis`` (after the draws) is the other model's, which is summed over."""
    own = shares.sum(axis=axis + 1)
    return own[:, 1, 1], own[:, 0, 1], own[:, 1, 0], own[:, 0, 0]


def percentiles(drawn: Floats, level: float, method: str) -> Interval:
    """The interval that holds the middle of the draws."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, method)


def mean_interval(rows: Floats, level: float) -> Interval:
    """The interval of a mean over rows, with Hall's (1992) transformation for their skewness."""
    count, mean, spread = len(rows), float(rows.mean()), float(rows.std(ddof=1)) if len(rows) > 1 else 0.0
    if spread == 0:
        return Interval(mean, mean, level, "hall")
    skewness = float(np.mean(((rows - mean) / spread) ** 3))
    z, error = quantile(level), spread / math.sqrt(count)
    return Interval(mean - error * _hall(z, skewness, count), mean - error * _hall(-z, skewness, count), level, "hall")


def _hall(x: float, skewness: float, count: int) -> float:
    """The inverse of Hall's transformation of a studentised mean."""
    g = skewness / math.sqrt(count)
    if abs(g) < SYMMETRIC:
        return x
    inner = 1 + g * (x - g / 6)
    return 3 / g * (math.copysign(abs(inner) ** (1 / 3), inner) - 1)


def worse_p_value(metric: str, ours: Sample, theirs: Sample, estimate: Estimate) -> float:
    """The one-sided chance of such a difference, were ours not worse; 1 where nothing was measured.

    Exact (McNemar) for the accuracy, else normal, from the side of the interval that faces 0. ``estimate`` is the
    ``difference`` of the two.
    """
    if metric == "accuracy":
        right, their_right = ours.labels == ours.predicted, theirs.labels == theirs.predicted
        return mcnemar(int((right & ~their_right).sum()), int((~right & their_right).sum()))
    if estimate.value is None or estimate.interval is None:
        return 1.0
    worse = estimate.value < 0
    half = estimate.interval.high - estimate.value if worse else estimate.value - estimate.interval.low
    if half <= 0:
        return 0.0 if worse else 1.0
    return NormalDist().cdf(estimate.value / half * quantile(estimate.interval.level))


def rows_that_would_decide(found: Estimate, limit: float) -> int | None:
    """About how many such rows would move the limit out of the interval; ``None`` where no number would."""
    if found.value is None or found.interval is None or found.value == limit:
        return None
    half = (found.interval.high - found.interval.low) / 2
    return math.ceil(found.rows * (half / abs(found.value - limit)) ** 2)
