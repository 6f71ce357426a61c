"""The paired difference of two models on the same rows, with the interval that suits the metric."""

import numpy as np

from lockgate.domain.statistics.bootstrap import resampled_difference
from lockgate.domain.statistics.interval import Estimate
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import metric_of, value
from lockgate.domain.statistics.sample import Sample


def difference(metric: str | Metric, ours: Sample, theirs: Sample, level: float) -> Estimate:
    """How much better ours is on the same rows: positive is better, whatever the metric's direction.

    Raises ``ValueError`` where the two are not of the same rows.
    """
    if ours.rows != theirs.rows or not np.array_equal(ours.labels, theirs.labels):
        raise ValueError("a paired difference needs the same rows with the same labels")
    known = metric_of(metric)
    mine, others = value(known, ours), value(known, theirs)
    if mine is None or others is None:
        return Estimate(None, None, ours.rows)
    of = known.paired
    found = resampled_difference(known, ours, theirs, level) if of is None else of(ours, theirs, level)
    return Estimate(known.sign * (mine - others), found, ours.rows)


def nearest_twin(sample: Sample) -> Sample:
    """Another model that answers as this one does, but for the last bit of one score: no model could be more alike."""
    scores = sample.scores.copy()
    scores[:1] = np.nextafter(scores[:1], 0.5)
    return Sample(sample.labels, sample.predicted, scores)
