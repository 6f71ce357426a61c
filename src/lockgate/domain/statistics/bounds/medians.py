"""The median and its exact interval: nothing is assumed of the distribution, and outliers move it little."""

import math
from collections.abc import Sequence

import numpy as np

from lockgate.domain.statistics.interval import Estimate, Interval


def median(values: Sequence[float], level: float) -> Estimate:
    """The median with the interval between two order statistics, by the binomial distribution of the sign test.

    No interval where there are too few values for that level, or one that is not finite.
    """
    found = np.sort(np.asarray(values, dtype=np.float64))
    if not len(found) or not np.isfinite(found).all():
        return Estimate(None, None, len(found))
    below = _below(len(found), (1 - level) / 2)
    interval = None
    if below is not None:
        interval = Interval(float(found[below]), float(found[-1 - below]), level, "order statistics")
    return Estimate(float(np.median(found)), interval, len(found))


def _below(count: int, tail: float) -> int | None:
    """How many of the smallest values lie outside the interval; ``None`` where not one can be a bound."""
    total, found = 0.0, None
    for successes in range(count // 2 + 1):
        total += math.exp(_log_choose(count, successes) - count * math.log(2))
        if total > tail:
            break
        found = successes
    return found


def _log_choose(count: int, successes: int) -> float:
    return math.lgamma(count + 1) - math.lgamma(successes + 1) - math.lgamma(count - successes + 1)
