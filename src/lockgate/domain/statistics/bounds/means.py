"""Means over rows, with intervals that reach to what no row shows."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lockgate.domain.statistics.blocks import by_block, degrees_of, too_few
from lockgate.domain.statistics.bounds.proportions import quantile, unseen
from lockgate.domain.statistics.bounds.ratios import ratio
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.sample import Floats, Places, Sample

STEP = 1e-3
SYMMETRIC = 1e-9
NORMAL = 3.0
"""The kurtosis of a normal distribution."""
TAIL = 15.0
"""Where the kurtosis of so many rows, over this, is beyond a normal's, rows that nobody saw count on top."""
TELLING = 20
"""Of fewer rows of a tail, its index says nothing."""
FINITE, HEAVIEST = 1 / 2, 2 / 3
"""Indices of tails: up to the first there is a variance, and beyond the second none is heavier."""
FEWEST = 3.0
"""Degrees of freedom, below which the series for Student's quantile is none."""


@dataclass(frozen=True)
class Spread:
    """How rows lie about their mean: the standard error of the mean, the rows' skewness and kurtosis (a normal's is 3).

    All that the bounds of the mean need at any level, so that evidence carries it in place of the rows. Of rows that
    depend on each other it is the spread of ``blocks`` blocks, with the degrees of freedom that these leave; 0 of rows.
    """

    error: float
    skewness: float
    kurtosis: float
    blocks: int = 0
    degrees: float = 0.0


def spread_of(rows: Floats, blocks: Places | None = None) -> Spread | None:
    """The spread of ``(rows,)`` numbers, or of their blocks; ``None`` where there is no row, or one is not finite."""
    if not len(rows) or not np.isfinite(rows).all():
        return None
    units = by_block(rows, blocks)
    _, error, skewness = _moments(units)
    if blocks is None:
        return Spread(error, skewness, _kurtosis(units))
    return Spread(error, skewness, _kurtosis(units), len(units), degrees_of(blocks))


def mean_estimate(mean: float | None, spread: Spread | None, rows: int, level: float) -> Estimate:
    """A mean of rows from 0 to 1 with its bounds: Student's, Hall's (1992), and what unseen rows ask for.

    No interval without a spread, with one that rows cannot have, or of too few blocks.
    """
    if mean is None or spread is None or rows < 1 or not _possible(spread):
        return Estimate(mean, None, rows)
    if few := too_few(spread.blocks):
        return Estimate(mean, None, rows, few, spread.blocks)
    units = spread.blocks or rows
    most = max(spread.degrees, FEWEST) if spread.blocks else math.inf
    reach = student(level, min(_freedom(units, spread.kurtosis), most))
    even = mean - reach * spread.error, mean + reach * spread.error
    hall = _hall_bounds(mean, spread.error, spread.skewness, units, reach)
    lows, highs = zip(even, hall, with_unseen(mean, rows, level, (0.0, 1.0)), strict=True)
    low, high = min(max(min(lows), 0.0), mean), max(min(max(highs), 1.0), mean)
    return Estimate(mean, Interval(low, high, level, "student and hall"), rows, "", spread.blocks)


def _possible(spread: Spread) -> bool:
    finite = all(map(math.isfinite, (spread.error, spread.skewness, spread.kurtosis, spread.degrees)))
    return finite and spread.error >= 0 and spread.blocks >= 0 and spread.kurtosis >= 1 - SYMMETRIC


@dataclass(frozen=True)
class RowMean:
    """The mean of what ``of_rows`` gives to each row, ``(rows,)``.

    With ``of_share`` it is a skill: the part of that mean loss that is saved against answering each row with the share
    of positive ones, whose loss ``of_share`` gives.
    """

    of_rows: Callable[[Sample], Floats]
    of_share: Callable[[Floats], Floats] | None = None

    def of(self, mean: Floats, share: Floats) -> Floats:
        """From the mean over rows and the share of positives; no skill where all are of one class."""
        if self.of_share is None:
            return mean
        loss = self.of_share(share)
        return np.where(loss > 0, 1 - ratio(mean, loss), 0.0)


def with_unseen(mean: float, rows: int, level: float, span: tuple[float, float]) -> tuple[float, float]:
    """The means that unseen rows at an end of the span, ``(least, most)``, would make."""
    share = unseen(rows, level)
    return mean - share * (mean - span[0]), mean + share * (span[1] - mean)


def mean_interval(mean: RowMean, sample: Sample, level: float) -> Interval:
    """With Hall's (1992) transformation for skewness, and at least as wide as unseen rows ask for.

    Answers that are sure and right on every row show no spread: an unseen row may be as sure, and wrong.
    """
    rows, turned = contributions(mean, sample)
    return _covering(rows, turned, level, [_hall_interval(rows, quantile(level))], "hall")


def paired_mean_interval(of: RowMean, ours: Sample, theirs: Sample, level: float) -> Interval:
    """Of the mean of ours - theirs: Student's, and Hall's too, as few rows may skew the differences.

    Models that answer every row alike differ by nothing.
    """
    (mine, mine_turned), (others, others_turned) = (contributions(of, each) for each in (ours, theirs))
    rows, turned = mine - others, mine_turned - others_turned
    mean, error, _ = _moments(rows)
    reach = student(level, _degrees(rows))
    even = mean - reach * error, mean + reach * error
    return _covering(rows, turned, level, [even, _hall_interval(rows, reach)], "student and hall")


def contributions(of: RowMean, sample: Sample) -> tuple[Floats, Floats]:
    """Two of ``(rows,)``: what the metric is the mean of, and the same had each row been of the other class.

    A skill is no mean of rows; to first order it is that of its influence function (Hampel 1974) around it.
    """
    other = Sample(~sample.labels, sample.predicted, sample.scores)
    own, turned = of.of_rows(sample), of.of_rows(other)
    if of.of_share is None:
        return own, turned
    share, loss = sample.labels.mean(), own.mean()
    near = STEP * share * (1 - share)
    typical = of.of_share(share)
    slope = (of.of_share(share + near) - of.of_share(share - near)) / (2 * near)
    by_share = loss * slope / typical**2
    return (
        1 - own / typical + by_share * (sample.labels - share),
        1 - turned / typical + by_share * (other.labels - share),
    )


def _covering(rows: Floats, turned: Floats, level: float, parts: list[tuple[float, float]], method: str) -> Interval:
    """The interval that covers the parts, and what unseen rows ask for: any score that is there, of either class."""
    span = float(min(rows.min(), turned.min())), float(max(rows.max(), turned.max()))
    lows, highs = zip(*parts, with_unseen(float(rows.mean()), len(rows), level, span), strict=True)
    return Interval(min(lows), max(highs), level, method)


def quick_spread(rows: Floats) -> Spread:
    """As ``spread_of``, of two or more finite ``(rows,)`` in one go: it may differ in a last digit."""
    count, centred = len(rows), rows - rows.mean()
    squares = centred * centred
    square = float(squares.sum()) / count
    if not square:
        return Spread(0.0, 0.0, 1.0)
    spread = math.sqrt(square * count / (count - 1))
    skewness = float(squares @ centred) / count / spread**3
    return Spread(spread / math.sqrt(count), skewness, float(squares @ squares) / count / square**2)


def bounds_about(
    found: float, spread: Spread, rows: int, level: float, most_degrees: float = math.inf
) -> tuple[float, float]:
    """Student's and Hall's bounds at once, about what was found, of what is the mean of so many rows that lie so."""
    reach = student(level, max(min(_freedom(rows, spread.kurtosis), most_degrees), FEWEST))
    hall = _hall_bounds(found, spread.error, spread.skewness, rows, reach)
    return min(found - reach * spread.error, hall[0]), max(found + reach * spread.error, hall[1])


def tail_of(spread: Spread, rows: int) -> float:
    """How much of the kurtosis beyond a normal's a few rows make: 0 where none do, 1 where they make it all."""
    return min(TAIL * max(spread.kurtosis - NORMAL, 0.0) / rows, 1.0)


def heaviness(beyond: Floats) -> float:
    """How heavy the tail of ``(rows,)`` distances beyond the mean is, by the index (Hill 1975) of its farthest rows.

    0 up to an index of a half, to which there is a variance, and for few rows; 1 from two thirds on, where rows beyond
    the farthest that was seen are three times as far on average: squares of Student's t with three degrees have that.
    """
    rows, most = len(beyond), math.isqrt(len(beyond))
    if most < TELLING:
        return 0.0
    tail = np.partition(beyond, rows - most)[rows - most :]
    least = float(tail.min())
    if least <= 0:
        return 0.0
    index = float(np.log(tail / least).sum()) / (most - 1)
    index = min(max(index, FINITE), HEAVIEST)
    return (2 * index - 1) / (1 - index)


def student(level: float, degrees: float) -> float:
    """Student's quantile that a two-sided interval reaches to (Abramowitz and Stegun, 26.7.5)."""
    z = quantile(level)
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def _degrees(rows: Floats) -> float:
    """The degrees of freedom that a spread has which few rows make: from its own variance, by the kurtosis."""
    return _freedom(len(rows), _kurtosis(rows))


def _freedom(rows: int, kurtosis: float) -> float:
    return max(2 * rows / (kurtosis - 1), FEWEST) if kurtosis > 1 else math.inf


def _kurtosis(rows: Floats) -> float:
    """1, the least that there is, where the rows do not differ."""
    centred = rows - rows.mean()
    square = float(np.mean(centred**2))
    return float(np.mean(centred**4)) / square**2 if square else 1.0


def _hall_interval(rows: Floats, z: float) -> tuple[float, float]:
    return _hall_bounds(*_moments(rows), len(rows), z)


def _hall_bounds(mean: float, error: float, skewness: float, count: int, z: float) -> tuple[float, float]:
    return mean - error * _hall(z, skewness, count), mean - error * _hall(-z, skewness, count)


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
