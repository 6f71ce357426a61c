"""Average precision, as scikit-learn defines it; equal scores are one step."""

import math

import numpy as np

from lockgate.domain.statistics.blocks import by_block
from lockgate.domain.statistics.bootstrap import paired_resamples, percentiles
from lockgate.domain.statistics.bounds.proportions import quantile, unseen
from lockgate.domain.statistics.bounds.ranks import WRONG, apart, common, expit
from lockgate.domain.statistics.bounds.ratios import ratio
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.metric import Metric, OfWeights
from lockgate.domain.statistics.sample import Floats, Sample


def precision_of_ranks(name: str) -> Metric:
    """The metric under its name."""
    return Metric(
        name,
        average_precision,
        interval=_interval,
        paired=_paired,
        contributions=lambda sample: by_block(precision_contributions(sample), sample.blocks),
        of_weights=ranked,
        costly=True,
    )


def average_precision(sample: Sample) -> float:
    """The mean precision over the steps of recall."""
    return float(ranked(sample)(np.ones((1, sample.rows)))[0])


def ranked(sample: Sample) -> OfWeights:
    """The average precision as a function of weights; the rows are sorted once."""
    order = np.argsort(-sample.scores, kind="stable")
    labels, scores = sample.labels[order].astype(np.float64), sample.scores[order]
    last = np.append(np.flatnonzero(np.diff(scores)), sample.rows - 1)

    def precision(weights: Floats) -> Floats:
        weight = weights[:, order]
        hits, every = np.cumsum(weight * labels, axis=1)[:, last], np.cumsum(weight, axis=1)[:, last]
        steps = np.diff(hits, axis=1, prepend=0.0) * ratio(hits, every)
        return ratio(steps.sum(axis=1), hits[:, -1])

    return precision


def precision_contributions(sample: Sample) -> Floats:
    """What each of ``(rows,)`` adds to the average precision, to first order: along its gradient by weights of rows."""
    places, counts = np.unique(-sample.scores, return_inverse=True, return_counts=True)[1:]
    hits = np.bincount(places, sample.labels, minlength=len(counts))
    every, positives = np.cumsum(counts), hits.sum()
    precise = np.cumsum(hits) / every
    found = float(hits @ precise / positives)
    later = np.stack([hits / every, hits * precise / every])[:, ::-1].cumsum(axis=1)[:, ::-1]
    own, others = later[:, places]
    moved = sample.labels * (precise[places] - found + own) - others
    return np.asarray(found + sample.rows / positives * moved)


def _interval(sample: Sample, found: float, level: float) -> Interval:
    """At least as wide as positive rows that were not seen ask for: one below all others has next to no precision."""
    drawn = _logit_interval(sample, found, level)
    return Interval(min(drawn.low, _unseen_below(found, sample, level)), drawn.high, level, drawn.method)


def _logit_interval(sample: Sample, found: float, level: float) -> Interval:
    """Percentiles of resampled rows, and their spread on the logit scale (Boyd, Eng and Page 2013)."""
    drawn = _resamples(sample)
    middle = percentiles(drawn, level, "resampled rows")
    if not 0 < found < 1:  # no spread to go by
        return Interval(min(middle.low, _unseen_below(found, sample, level)), 1.0, level, middle.method)
    reach, place = quantile(level) * float(drawn.std(ddof=1)) / (found * (1 - found)), math.log(found / (1 - found))
    low, high = expit(place - reach), expit(place + reach)
    return Interval(min(middle.low, low), max(middle.high, high), level, middle.method)


def _unseen_below(found: float, sample: Sample, level: float) -> float:
    return found * (1 - unseen(int(sample.labels.sum()), level))


def _resamples(ours: Sample, theirs: Sample | None = None) -> Floats:
    metric = precision_of_ranks("")
    return paired_resamples([metric], ours, theirs)[metric.name]


def _paired(ours: Sample, theirs: Sample, level: float) -> Interval:
    """Percentiles, at least as wide as their spread makes a normal interval; near 1 as each model's own makes it."""
    drawn = _resamples(ours, theirs)
    middle, error = percentiles(drawn, level, "resampled rows"), float(drawn.std(ddof=1))
    found = [average_precision(each) for each in (ours, theirs)]
    gain, reach = found[0] - found[1], quantile(level) * error
    low, high = min(middle.low, gain - reach), max(middle.high, gain + reach)
    wrong = min(ours.labels.sum(), (~ours.labels).sum()) * (1 - max(found))
    if np.array_equal(ours.scores, theirs.scores) or not (error == 0 or wrong < WRONG):
        return Interval(low, high, level, middle.method)
    parts = [_logit_interval(*each, level) for each in zip((ours, theirs), found, strict=True)]
    mine, others = (float(_resamples(each).var(ddof=1)) for each in (ours, theirs))
    shared = common(mine, others, error * error)
    down = apart(found[0] - parts[0].low, parts[1].high - found[1], shared)
    up = apart(parts[0].high - found[0], found[1] - parts[1].low, shared)
    return Interval(min(low, gain - down), max(high, gain + up), level, "resampled rows and mover")
