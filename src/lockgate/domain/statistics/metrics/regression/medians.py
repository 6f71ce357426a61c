"""The median absolute error: outliers move it little."""

from typing import Final

import numpy as np

from lockgate.domain.statistics.bounds.medians import median
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.metric import Metric, OfWeights
from lockgate.domain.statistics.metrics.regression.losses import REGRESSION, absolute
from lockgate.domain.statistics.sample import Floats, ValueSample


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
    of_weights=_of_weights,
    costly=True,
)
"""Its differences are resampled."""
