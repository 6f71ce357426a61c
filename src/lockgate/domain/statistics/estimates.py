"""A metric with the interval that suits it."""

import math

from lockgate.domain.statistics.absence import why_no_interval, why_no_value
from lockgate.domain.statistics.blocks import blocks_of, too_few_blocks
from lockgate.domain.statistics.bootstrap import resampled_interval
from lockgate.domain.statistics.bounds.contributions import contributed
from lockgate.domain.statistics.bounds.proportions import quantile
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import metric_of, value
from lockgate.domain.statistics.sample import AnySample


def estimate(metric: str | Metric, sample: AnySample, level: float) -> Estimate:
    """The metric with a two-sided interval of that level, for a sample of any task.

    Rows that depend on each other count as one block; too few blocks give no interval. Raises ``KeyError`` for
    a name that is no metric of the sample's task.
    """
    known = metric_of(metric, sample.task)
    found = value(known, sample)
    if found is None:
        return Estimate(None, None, sample.rows, why_no_value(known, sample))
    interval = _interval(known, sample, found, level)
    why = "" if interval is not None else why_no_interval(sample)
    return Estimate(found, interval, sample.rows, why, blocks_of(sample))


def _interval(metric: Metric, sample: AnySample, found: float, level: float) -> Interval | None:
    if too_few_blocks(sample):
        return None
    alone = sample.blocks is None
    if metric.interval is not None and alone:
        return metric.interval(sample, found, level)
    if metric.contributions is None:
        return resampled_interval(metric, sample, found, level)
    span = metric.extremes(sample, None) if metric.extremes is not None and alone else None
    interval = contributed(found, metric.contributions(sample), level, span, sample.blocks)
    return None if interval is None or _knows_nothing(interval, metric) else within(interval, metric.least, metric.most)


def _knows_nothing(interval: Interval, metric: Metric) -> bool:
    """Whether no row differs from another, of a metric that has no end to go by."""
    return interval.low == interval.high and None in {metric.least, metric.most}


def within(interval: Interval, least: float | None, most: float | None) -> Interval:
    """As much of an interval as lies where the metric does."""
    low = interval.low if least is None else max(interval.low, least)
    high = interval.high if most is None else min(interval.high, most)
    return Interval(low, high, interval.level, interval.method)


def rows_that_would_decide(found: Estimate, limit: float, claims: int = 1) -> int | None:
    """About how many such rows would move the limit out of the interval; ``None`` where no number would.

    With ``claims``, how many would make the claim that the limit is broken outlive a correction for so many.
    """
    if found.value is None or found.interval is None or found.value == limit:
        return None
    reach = found.value - found.interval.low if found.value > limit else found.interval.high - found.value
    wider = quantile(1 - (1 - found.interval.level) / claims) / quantile(found.interval.level)
    return math.ceil(found.rows * (reach * wider / abs(found.value - limit)) ** 2)
