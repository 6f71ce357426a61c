"""A metric with the interval that suits it."""

import math

import numpy as np

from lockgate.domain.statistics.bootstrap import cell_draws, paired_resamples
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.means import mean_interval, unseen
from lockgate.domain.statistics.metrics.registry import METRICS, value
from lockgate.domain.statistics.proportions import clopper_pearson, quantile
from lockgate.domain.statistics.ranks import delong, expit
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
    elif known.of_rows is not None:
        interval = mean_interval(known, sample, level)
    elif known.kind == "auc":
        return delong(sample.labels, sample.scores, level)
    else:
        interval = _average_precision(sample, found, level)
    return Estimate(found, interval, sample.rows)


def _average_precision(sample: Sample, found: float, level: float) -> Interval:
    """At least as wide as positive rows that were not seen ask for: one below all others has next to no precision."""
    drawn = logit_interval("average_precision", sample, found, level)
    return Interval(min(drawn.low, _unseen_below(found, sample, level)), drawn.high, level, drawn.method)


def logit_interval(metric: str, sample: Sample, found: float, level: float) -> Interval:
    """Percentiles of resampled rows, and their spread on the logit scale (Boyd, Eng and Page 2013)."""
    drawn = paired_resamples([metric], sample)[metric]
    middle = percentiles(drawn, level, "resampled rows")
    if not 0 < found < 1:  # no spread to go by
        return Interval(min(middle.low, _unseen_below(found, sample, level)), 1.0, level, middle.method)
    reach, place = quantile(level) * float(drawn.std(ddof=1)) / (found * (1 - found)), math.log(found / (1 - found))
    low, high = expit(place - reach), expit(place + reach)
    return Interval(min(middle.low, low), max(middle.high, high), level, middle.method)


def _unseen_below(found: float, sample: Sample, level: float) -> float:
    return found * (1 - unseen(int(sample.labels.sum()), level))


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
