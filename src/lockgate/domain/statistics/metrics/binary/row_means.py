"""Metrics that are means over rows, and skills: the part of a mean loss that is saved."""

from functools import partial

import numpy as np

from lockgate.domain.statistics.blocks import by_block
from lockgate.domain.statistics.bounds.means import RowMean, contributions, mean_interval, paired_mean_interval
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.metric import Metric, OfWeights
from lockgate.domain.statistics.sample import Floats, Sample


def of_rows(
    name: str, mean: RowMean, *, higher_is_better: bool = True, least: float | None = 0.0, most: float | None = 1.0
) -> Metric:
    """A metric that is a mean of what each row gives."""

    def paired(ours: Sample, theirs: Sample, level: float) -> Interval:
        return paired_mean_interval(mean, *((ours, theirs) if higher_is_better else (theirs, ours)), level)

    return Metric(
        name,
        lambda sample: float(mean.of(mean.of_rows(sample).mean(), sample.labels.mean())),
        higher_is_better=higher_is_better,
        least=least,
        most=most,
        interval=lambda sample, _, level: mean_interval(mean, sample, level),
        paired=paired,
        contributions=lambda sample: by_block(contributions(mean, sample)[0], sample.blocks),
        of_weights=partial(_of_weights, mean),
    )


def _of_weights(mean: RowMean, sample: Sample) -> OfWeights:
    rows, labels = mean.of_rows(sample), sample.labels.astype(np.float64)

    def weighted(weights: Floats) -> Floats:
        total = weights.sum(axis=-1)
        return mean.of(weights @ rows / total, weights @ labels / total)

    return weighted
