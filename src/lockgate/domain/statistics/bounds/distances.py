"""How far two distributions are apart, judged from two samples of them: a distance that noise keeps from 0.

Kolmogorov-Smirnov and total variation are both the largest difference of the two shares of any set of a kind: of
half-lines, or of any values. What follows holds for both.
"""

import math

import numpy as np
import numpy.typing as npt

from lockgate.domain.statistics.bounds.means import FEWEST, student
from lockgate.domain.statistics.bounds.proportions import quantile
from lockgate.domain.statistics.interval import Estimate, Interval

SUPREMUM = math.sqrt(math.pi / 2) * math.log(2)
"""The mean of Kolmogorov's distribution: how far two samples of one continuous distribution are apart, in units."""


def unit(first: float, second: float) -> float:
    """The standard error of the difference of two shares, at most, is half of this."""
    return math.sqrt(1 / first + 1 / second)


def chance_of_numbers(first: float, second: float) -> float:
    """The mean Kolmogorov-Smirnov distance of two samples of one distribution; ties make it less."""
    return min(SUPREMUM * unit(first, second), 1.0)


def chance_of_values(counts: npt.NDArray[np.int64], first: int) -> float:
    """The mean total variation when the rows of both samples are dealt out anew, ``first`` of them to the first.

    ``counts`` are the rows of each value in both. A value's part is the mean absolute deviation of a binomial (De
    Moivre 1730), less what drawing without replacement takes from it.
    """
    rows = int(counts.sum())
    second, share = rows - first, first / rows
    sizes, times = np.unique(counts, return_counts=True)
    total = math.fsum(
        repeated * _mean_deviation(size, share) * math.sqrt((rows - size) / max(rows - 1, 1))
        for size, repeated in zip(sizes.tolist(), times.tolist(), strict=True)
    )
    return min(total * rows / (2 * first * second), 1.0)


def _mean_deviation(trials: int, share: float) -> float:
    """The mean of ``|X - trials * share|`` for a binomial X."""
    least = math.floor(trials * share) + 1
    if least > trials:
        return 0.0
    chosen = math.lgamma(trials + 1) - math.lgamma(least + 1) - math.lgamma(trials - least + 1)
    return 2 * least * math.exp(chosen + least * math.log(share) + (trials - least + 1) * math.log1p(-share))


def distance_estimate(
    distance: float,
    chance: float,
    rows: tuple[float, float],
    level: float,
    *,
    ranked: bool,
    degrees: float = math.inf,
) -> Estimate:
    """The distance of the populations, from that of their samples and what ``chance`` alone makes.

    ``value`` has what chance makes taken off, as independent errors add up: in squares. The set that tells the
    populations apart most tells the samples apart by as much, but for one share's error, so the upper bound is a normal
    one. The lower has the largest error of any set taken off: for numbers (``ranked``) by the inequality of Dvoretzky,
    Kiefer and Wolfowitz with Massart's constant, for values by the mean of that error and Borell's inequality.
    ``rows`` in blocks are as many as would tell as much one by one, and leave so many ``degrees`` of freedom.
    """
    wider = student(level, max(degrees, FEWEST)) / quantile(level)
    error, size = wider * quantile(level) / 2, unit(*rows)
    largest = wider * math.sqrt(math.log(4 / (1 - level)) / 2) * size if ranked else chance + error * size
    low, high = max(distance - largest, 0.0), min(distance + error * size, 1.0)
    value = math.sqrt(max(distance**2 - chance**2, 0.0))
    return Estimate(value, Interval(low, high, level, "massart" if ranked else "borell"), int(rows[1]))
