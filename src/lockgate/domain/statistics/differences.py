"""The paired difference of two models on the same rows, with the interval that suits the metric."""

from dataclasses import replace
from typing import TypeVar

import numpy as np

from lockgate.domain.statistics.absence import why_no_interval, why_no_value
from lockgate.domain.statistics.blocks import blocks_of, too_few_blocks
from lockgate.domain.statistics.bootstrap import resampled_difference
from lockgate.domain.statistics.bounds.contributions import contributed
from lockgate.domain.statistics.estimates import within
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.metrics.metric import BINARY, Metric
from lockgate.domain.statistics.metrics.registry import metric_of, value
from lockgate.domain.statistics.sample import AnySample, ValueSample

OfTask = TypeVar("OfTask", bound=AnySample)


def difference(metric: str | Metric, ours: OfTask, theirs: OfTask, level: float) -> Estimate:
    """How much better ours is on the same rows: positive is better, whatever the metric's direction.

    Which rows depend on each other is taken from ours. Raises ``ValueError`` where the two are not of the same rows.
    """
    if ours.rows != theirs.rows or not ours.same_truth(theirs):
        raise ValueError("a paired difference needs the same rows with the same labels")
    known = metric_of(metric, ours.task)
    mine, others = value(known, ours), value(known, theirs)
    if mine is None or others is None:
        return Estimate(None, None, ours.rows, why_no_value(known, ours if mine is None else theirs))
    gain = known.sign * (mine - others)
    alike = theirs if theirs.blocks is ours.blocks else replace(theirs, blocks=ours.blocks)
    interval = _interval(known, ours, alike, gain, level)
    why = "" if interval is not None else why_no_interval(ours)
    return Estimate(gain, interval, ours.rows, why, blocks_of(ours))


def _interval(metric: Metric, ours: AnySample, theirs: AnySample, gain: float, level: float) -> Interval | None:
    if too_few_blocks(ours):
        return None
    alone = ours.blocks is None
    if (not alone or ours.task != BINARY) and ours.same_answers(theirs):
        return Interval(0.0, 0.0, level, "the same answers")
    if metric.paired is not None and alone:
        return metric.paired(ours, theirs, level)
    if metric.contributions is None:
        return resampled_difference(metric, ours, theirs, level)
    gains = metric.sign * (metric.contributions(ours) - metric.contributions(theirs))
    span = metric.extremes(ours, theirs) if metric.extremes is not None and alone else None
    if span is not None and metric.sign < 0:
        span = -span[1], -span[0]
    interval = contributed(gain, gains, level, span, ours.blocks)
    return None if interval is None else within(interval, *metric.ends_of_difference)


def nearest_twin(sample: OfTask) -> OfTask:
    """Another model that answers as this one does, but for the last bit of one number: none could be more alike."""
    field = "values" if isinstance(sample, ValueSample) else "scores"
    answers = getattr(sample, field).copy()
    answers[:1] = np.nextafter(answers[:1], 0.5)
    return replace(sample, **{field: answers})
