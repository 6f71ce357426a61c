"""Means over rows, with intervals that reach to what no row shows."""

import math
from collections.abc import Callable

import numpy as np

from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.proportions import quantile
from lockgate.domain.statistics.sample import Floats, Sample

OfRows = Callable[[Sample], Floats]
SYMMETRIC = 1e-9


def unseen(rows: int, level: float) -> float:
    """The largest share of the population of a kind that not one of so many rows is: the rule of three, exactly."""
    return float(1 - ((1 - level) / 2) ** (1 / rows))


def with_unseen(mean: float, rows: int, level: float, span: tuple[float, float]) -> tuple[float, float]:
    """The means that unseen rows at an end of the span, ``(least, most)``, would make."""
    share = unseen(rows, level)
    return mean - share * (mean - span[0]), mean + share * (span[1] - mean)


def mean_interval(of_rows: OfRows, sample: Sample, level: float) -> Interval:
    """With Hall's (1992) transformation for skewness, and at least as wide as unseen rows ask for.

    Answers that are sure and right on every row show no spread: an unseen row may be as sure, and wrong.
    """
    rows = of_rows(sample)
    mean, error, skewness = _moments(rows)
    z = quantile(level)
    low, high = (mean - error * _hall(x, skewness, len(rows)) for x in (z, -z))
    few = with_unseen(mean, len(rows), level, span(of_rows, sample))
    return Interval(min(low, few[0]), max(high, few[1]), level, "hall")


def paired_mean_interval(of_rows: OfRows, ours: Sample, theirs: Sample, level: float, sign: float) -> Interval:
    """Of the mean of ``sign`` times ours - theirs. Normal: differences of the rows are skewed by few of them, or not.

    Models that answer every row alike differ by nothing.
    """

    def gain(one: Sample, other: Sample) -> Floats:
        return sign * (of_rows(one) - of_rows(other))

    rows = gain(ours, theirs)
    both = np.concatenate([rows, gain(_turned(ours), _turned(theirs))])
    mean, error, _ = _moments(rows)
    reach = quantile(level) * error
    few = with_unseen(mean, len(rows), level, (float(both.min()), float(both.max())))
    return Interval(min(mean - reach, few[0]), max(mean + reach, few[1]), level, "normal")


def span(of_rows: OfRows, sample: Sample) -> tuple[float, float]:
    """The least and the most that a row with one of these scores can give, whatever its label."""
    both = np.concatenate([of_rows(sample), of_rows(_turned(sample))])
    return float(both.min()), float(both.max())


def _turned(sample: Sample) -> Sample:
    """The same answers to rows of the other class each."""
    return Sample(~sample.labels, sample.predicted, sample.scores)


def _moments(rows: Floats) -> tuple[float, float, float]:
    """The mean, its standard error, and the rows' skewness."""
    mean, spread = float(rows.mean()), float(rows.std(ddof=1)) if len(rows) > 1 else 0.0
    skewness = float(np.mean(((rows - mean) / spread) ** 3)) if spread else 0.0
    return mean, spread / math.sqrt(len(rows)), skewness


def _hall(x: float, skewness: float, count: int) -> float:
    """The inverse of Hall's transformation of a studentised mean."""
    g = skewness / math.sqrt(count)
    if abs(g) < SYMMETRIC:
        return x
    inner = 1 + g * (x - g / 6)
    return 3 / g * (math.copysign(abs(inner) ** (1 / 3), inner) - 1)
