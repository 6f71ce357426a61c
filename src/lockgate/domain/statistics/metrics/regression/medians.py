"""The median absolute error: outliers move it little."""

import math
from typing import Final

import numpy as np

from lockgate.domain.statistics.blocks import by_block, effective_blocks
from lockgate.domain.statistics.bounds.contributions import contributed
from lockgate.domain.statistics.bounds.medians import median
from lockgate.domain.statistics.bounds.proportions import quantile
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.metric import Metric, OfWeights
from lockgate.domain.statistics.metrics.regression.losses import REGRESSION, absolute
from lockgate.domain.statistics.sample import Floats, ValueSample

SURE: Final = 0.99
"""The level of the interval by which the density at the median is told."""


def _value(sample: ValueSample) -> float:
    return float(np.median(absolute(sample), axis=0).mean())


def _interval(sample: ValueSample, found: float, level: float) -> Interval | None:
    """Of each target between order statistics; of their mean at most as far as the mean of these."""
    each = [median(errors.tolist(), level).interval for errors in absolute(sample).T]
    known = [interval for interval in each if interval is not None]
    if len(known) < len(each):
        return None
    low, high = (float(np.mean([getattr(interval, end) for interval in known])) for end in ("low", "high"))
    return Interval(min(low, found), max(high, found), level, "order statistics")


def _paired(ours: ValueSample, theirs: ValueSample, level: float) -> Interval | None:
    """By what rows contribute; where many errors are equal, as far as each median's own interval reaches."""
    mine, others = _value(ours), _value(theirs)
    found = contributed(others - mine, _contributions(theirs) - _contributions(ours), level)
    if found is None or not (_tied(ours) or _tied(theirs)):
        return found
    own, other = _interval(ours, mine, level), _interval(theirs, others, level)
    if own is None or other is None:
        return None
    return Interval(min(found.low, other.low - own.high), max(found.high, other.high - own.low), level, own.method)


def _tied(sample: ValueSample) -> bool:
    """Whether a median may jump from one value of many rows to the next."""
    errors = absolute(sample)
    return any(2 * len(np.unique(each)) < sample.rows for each in errors.T)


def _contributions(sample: ValueSample) -> Floats:
    """To first order: rows above the median pull it up, those below down, the more the fewer rows lie about it.

    How many do is told by two order statistics, the ends of a 99 % interval (McKean and Schrader 1984), so that the
    difference of two medians on the same rows has their covariance, too (Price and Bonett 2002).
    """
    errors = absolute(sample)
    count = sample.rows if sample.blocks is None else effective_blocks(sample.blocks)
    about = min(quantile(SURE) / (2 * math.sqrt(count)), (1 - 1 / sample.rows) / 2)
    low, middle, high = np.quantile(errors, [0.5 - about, 0.5, 0.5 + about], axis=0)
    pull = (high - low) / (4 * about) if about else np.zeros(errors.shape[1])
    return by_block(np.asarray((middle + np.sign(errors - middle) * pull).mean(axis=1)), sample.blocks)


def _of_weights(sample: ValueSample) -> OfWeights:
    """Sorted once: the median of a draw is where half of its weight lies below."""
    errors = absolute(sample)
    orders = np.argsort(errors, axis=0, kind="stable")

    def weighted(weights: Floats) -> Floats:
        total, found = weights.sum(axis=1), np.zeros(len(weights))
        for target, order in enumerate(orders.T):
            below, ranked = np.cumsum(weights[:, order], axis=1), errors[order, target]
            half = total[:, None] / 2
            low, high = (below < half).sum(axis=1), (below <= half).sum(axis=1)
            found += (ranked[low] + ranked[np.minimum(high, len(ranked) - 1)]) / 2
        return np.asarray(found / errors.shape[1])

    return weighted


MEDIAN: Final = Metric(
    "median_absolute_error",
    _value,
    higher_is_better=False,
    most=None,
    tasks=(REGRESSION,),
    interval=_interval,
    paired=_paired,
    contributions=_contributions,
    of_weights=_of_weights,
)
"""The entry."""
