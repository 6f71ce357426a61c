"""A metric of somebody else's: what it gives is looked at, and what it raises names it."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.metric import Metric, OfWeights
from lockgate.domain.statistics.sample import Sample
from lockgate.errors import FOREIGN


class MetricFailed(Exception):
    """A metric of somebody else's raised, or gave what is no interval; the message names it and its package."""


def guarded(metric: Metric) -> Metric:
    """The same metric; whatever it raises is a ``MetricFailed``, and what is no number is NaN."""

    def value(sample: Sample) -> float:
        return _number(_asked(metric, metric.value, sample))

    def interval(sample: Sample, found: float, level: float) -> Interval | None:
        return None if metric.interval is None else _interval(metric, metric.interval, sample, found, level)

    def paired(ours: Sample, theirs: Sample, level: float) -> Interval | None:
        return None if metric.paired is None else _interval(metric, metric.paired, ours, theirs, level)

    def of_weights(sample: Sample) -> OfWeights:
        return partial(_asked, metric, _asked(metric, metric.of_weights, sample))

    return replace(
        metric,
        value=value,
        interval=interval if metric.interval else None,
        paired=paired if metric.paired else None,
        of_cells=partial(_asked, metric, metric.of_cells) if metric.of_cells else None,
        of_weights=of_weights if metric.of_weights else None,
        contributions=partial(_asked, metric, metric.contributions) if metric.contributions else None,
        extremes=partial(_asked, metric, metric.extremes) if metric.extremes else None,
        alike=partial(_asked, metric, metric.alike) if metric.alike else None,
        parts=partial(_asked, metric, metric.parts) if metric.parts else None,
        turned=partial(_asked, metric, metric.turned) if metric.turned else None,
    )


def _asked(metric: Metric, function: Callable[..., Any] | None, *given: object) -> Any:
    try:
        return function(*given) if function else None
    except FOREIGN as error:
        raise MetricFailed(f"{metric} failed: {type(error).__name__}: {error}") from error


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _interval(metric: Metric, function: Callable[..., Any], *given: Any) -> Interval:
    """Raises ``MetricFailed`` for what is no interval of that level."""
    found, level = _asked(metric, function, *given), given[-1]
    if not isinstance(found, Interval):
        raise MetricFailed(f"{metric} gave {type(found).__name__} for an interval")
    low, high = _number(found.low), _number(found.high)
    if not (math.isfinite(low) and math.isfinite(high) and low <= high) or found.level != level:
        raise MetricFailed(f"{metric} gave no interval of the level {level:g}: [{found.low}, {found.high}]")
    return Interval(low, high, level, str(found.method))
