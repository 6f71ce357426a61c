"""A metric, or the paired difference of two models, with the interval that suits it."""

import math

import numpy as np

from lockgate.domain.statistics.bootstrap import cell_draws, paired_resamples
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.means import mean_interval, paired_mean_interval, span, with_unseen
from lockgate.domain.statistics.metrics import METRICS, Metric, of_mean, value
from lockgate.domain.statistics.proportions import clopper_pearson, quantile, tango
from lockgate.domain.statistics.ranks import apart, delong, delong_difference, expit
from lockgate.domain.statistics.sample import Floats, Sample

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
        interval = around(found, percentiles(drawn, level, "resampled counts"))
    elif known.kind == "mean" and known.of_rows is not None:
        interval = mean_interval(known.of_rows, sample, level)
    elif known.kind == "auc":
        return delong(sample.labels, sample.scores, level)
    else:
        interval = _resampled(known, sample, found, level)
    return Estimate(found, interval, sample.rows)


def _resampled(metric: Metric, sample: Sample, found: float, level: float) -> Interval:
    """Percentiles of resampled rows, and what they cannot show: draws of few rows vary less than samples do."""
    drawn = paired_resamples([metric.name], sample)[metric.name]
    middle = percentiles(drawn, level, "resampled rows")
    if metric.of_rows is None:
        low, high = _ranked(found, float(drawn.std(ddof=1)), int(sample.labels.sum()), level)
    else:
        losses, share = metric.of_rows(sample), float(sample.labels.mean())
        ends = with_unseen(float(losses.mean()), sample.rows, level, span(metric.of_rows, sample))
        high, low = of_mean(metric, np.array(ends), np.array(share)).tolist()
    return Interval(min(middle.low, low), max(middle.high, high), level, middle.method)


def _ranked(found: float, error: float, positives: int, level: float) -> tuple[float, float]:
    """An average precision on the logit scale (Boyd, Eng and Page 2013); one of 1 as so many successes in a row."""
    if not 0 < found < 1:
        return ((1 - level) / 2) ** (1 / positives), 1.0
    reach, middle = quantile(level) * error / (found * (1 - found)), math.log(found / (1 - found))
    return expit(middle - reach), expit(middle + reach)


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
        return around(_gain(metric, ours, theirs, sign), percentiles(gain, level, "resampled counts"))
    if known.kind == "mean" and known.of_rows is not None:
        return paired_mean_interval(known.of_rows, ours, theirs, level, sign)
    return _paired_resamples(metric, ours, theirs, level, sign)


def _paired_resamples(metric: str, ours: Sample, theirs: Sample, level: float, sign: float) -> Interval:
    """Percentiles, at least as wide as their spread makes a normal interval; without a spread, of each model's own."""
    drawn = sign * paired_resamples([metric], ours, theirs)[metric]
    middle, error = percentiles(drawn, level, "resampled rows"), float(drawn.std(ddof=1))
    if error == 0 and not np.array_equal(ours.scores, theirs.scores):
        return _unrelated(estimate(metric, ours, level), estimate(metric, theirs, level), sign) or middle
    gain = _gain(metric, ours, theirs, sign)
    reach = quantile(level) * error
    return Interval(min(middle.low, gain - reach), max(middle.high, gain + reach), level, middle.method)


def _gain(metric: str, ours: Sample, theirs: Sample, sign: float) -> float:
    """``sign`` times ours - theirs, of two that have the metric."""
    return sign * ((value(metric, ours) or 0.0) - (value(metric, theirs) or 0.0))


def _unrelated(ours: Estimate, theirs: Estimate, sign: float) -> Interval | None:
    """Of ``sign`` times ours - theirs, from an interval of each (Zou 2007)."""
    if ours.value is None or ours.interval is None or theirs.value is None or theirs.interval is None:
        return None
    gap = ours.value - theirs.value
    low = gap - apart(ours.value - ours.interval.low, theirs.interval.high - theirs.value, 0.0)
    high = gap + apart(ours.interval.high - ours.value, theirs.value - theirs.interval.low, 0.0)
    return Interval(min(sign * low, sign * high), max(sign * low, sign * high), ours.interval.level, "mover")


def _paired_cells(ours: Sample, theirs: Sample) -> Floats:
    """Draws of shares ``(resamples, label, ours, theirs)``."""
    code = 4 * ours.labels + 2 * ours.predicted + theirs.predicted
    return cell_draws(np.bincount(code, minlength=8).astype(np.float64).reshape(2, 2, 2))


def _confusion(shares: Floats, axis: int) -> tuple[Floats, Floats, Floats, Floats]:
    """The four cells of one model; ``axis`` (after the draws) is the other model's, which is summed over."""
    own = shares.sum(axis=axis + 1)
    return own[:, 1, 1], own[:, 0, 1], own[:, 1, 0], own[:, 0, 0]


def around(found: float, interval: Interval) -> Interval:
    """The interval, reaching to what was found: smoothed draws of a rate without a row lie all about one half."""
    return Interval(min(interval.low, found), max(interval.high, found), interval.level, interval.method)


def percentiles(drawn: Floats, level: float, method: str) -> Interval:
    """The interval that holds the middle of the draws."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, method)


def rows_that_would_decide(found: Estimate, limit: float, claims: int = 1) -> int | None:
    """About how many such rows would move the limit out of the interval; ``None`` where no number would.

    With ``claims``, how many would make the claim that the limit is broken outlive a correction for so many.
    """
    if found.value is None or found.interval is None or found.value == limit:
        return None
    reach = found.value - found.interval.low if found.value > limit else found.interval.high - found.value
    wider = quantile(1 - (1 - found.interval.level) / claims) / quantile(found.interval.level)
    return math.ceil(found.rows * (reach * wider / abs(found.value - limit)) ** 2)
