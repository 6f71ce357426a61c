"""A metric with the interval that suits it."""

import math

from lockgate.domain.statistics.bootstrap import resampled_interval
from lockgate.domain.statistics.bounds.proportions import quantile
from lockgate.domain.statistics.interval import Estimate
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import metric_of, value
from lockgate.domain.statistics.sample import Sample


def estimate(metric: str | Metric, sample: Sample, level: float) -> Estimate:
    """The metric with a two-sided interval of that level. Raises ``KeyError`` for a name that is no metric."""
    known = metric_of(metric)
    found = value(known, sample)
    if found is None:
        return Estimate(None, None, sample.rows)
    of = known.interval
    interval = resampled_interval(known, sample, found, level) if of is None else of(sample, found, level)
    return Estimate(found, interval, sample.rows)


def rows_that_would_decide(found: Estimate, limit: float, claims: int = 1) -> int | None:
    """About how many such rows would move the limit out of the interval; ``None`` where no number would.

    With ``claims``, how many would make the claim that the limit is broken outlive a correction for so many.
    """
    if found.value is None or found.interval is None or found.value == limit:
        return None
    reach = found.value - found.interval.low if found.value > limit else found.interval.high - found.value
    wider = quantile(1 - (1 - found.interval.level) / claims) / quantile(found.interval.level)
    return math.ceil(found.rows * (reach * wider / abs(found.value - limit)) ** 2)
