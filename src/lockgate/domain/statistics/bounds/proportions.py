"""Proportions and their paired differences, with intervals that hold for few rows and near 0 and 1."""

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

from lockgate.domain.statistics.interval import Interval

STEPS = 200
CLOSE = 1e-12
"""Secants that move by so small a part of where they are have found it."""


def quantile(level: float) -> float:
    """The standard normal quantile that a two-sided interval of that level reaches to."""
    return NormalDist().inv_cdf((1 + level) / 2)


@lru_cache(maxsize=4096)
def clopper_pearson(successes: int, trials: int, level: float) -> Interval:
    """The exact binomial interval (Clopper and Pearson 1934); ``[0, 1]`` without a trial."""
    if not trials:
        return Interval(0.0, 1.0, level, "clopper-pearson")
    tail, found, z = (1 - level) / 2, successes / trials, quantile(level)
    reach = (z + 2) * math.sqrt(found * (1 - found) / trials) + (z * z + 10) / trials  # farther than both bounds are
    least, most = max(found - reach, 0.0), min(found + reach, 1.0)
    low = 0.0 if successes == 0 else _root(lambda p: 1 - _below(successes, trials, p) - tail, least, found)
    high = 1.0 if successes == trials else _root(lambda p: tail - _below(successes + 1, trials, p), found, most)
    return Interval(low, high, level, "clopper-pearson")


def _below(successes: int, trials: int, p: float) -> float:
    """The chance of fewer successes than that: a regularised incomplete beta function."""
    return 1 - _incomplete_beta(successes, trials - successes + 1, p)


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """``I_x(a, b)`` by Lentz's continued fraction (Numerical Recipes, 6.4)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 / max(1 - (a + b) * x / (a + 1), tiny)
    total = d
    for m in range(1, 100_000):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + factor * d
            c = 1 + factor / c
            d = 1 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            total *= d * c
        if abs(d * c - 1) < 1e-15:  # noqa: PLR2004 - float64 has no more digits
            break
    return total


def _root(rising: Callable[[float], float], low: float = 0.0, high: float = 1.0) -> float:
    """Where a rising function crosses 0: by secants that keep a bracket (Illinois), by halves where it is infinite."""
    below, above, side = rising(low), rising(high), 0
    found = (low + high) / 2
    for _ in range(STEPS):
        before = found
        secant = math.isfinite(below) and math.isfinite(above) and below < 0 < above
        found = (low * above - high * below) / (above - below) if secant else (low + high) / 2
        if (secant and abs(found - before) <= CLOSE * abs(found)) or not low < found < high:
            break
        value = rising(found)
        if value < 0:
            low, below, above, side = found, value, above / 2 if side < 0 else above, -1
        else:
            high, above, below, side = found, value, below / 2 if side > 0 else below, 1
    return found


def tango(ours_only: int, theirs_only: int, rows: int, level: float) -> Interval:
    """The score interval of a paired difference of proportions, ``(ours_only - theirs_only) / rows`` (Tango 1998).

    No rows give ``[-1, 1]``.
    """
    if not rows:
        return Interval(-1.0, 1.0, level, "tango")
    z = quantile(level)
    found = (ours_only - theirs_only) / rows

    def statistic(difference: float) -> float:
        a = 2 * rows
        b = -ours_only - theirs_only + (2 * rows - ours_only + theirs_only) * difference
        c = -theirs_only * difference * (1 - difference)
        nuisance = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
        variance = rows * (2 * nuisance + difference * (1 - difference))
        distance = ours_only - theirs_only - rows * difference
        return distance / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, distance)

    low = -1.0 if found <= -1 else _root(lambda d: z - statistic(d), -1.0, found)
    high = 1.0 if found >= 1 else _root(lambda d: -z - statistic(d), found, 1.0)
    return Interval(low, high, level, "tango")


def unseen(rows: int, level: float) -> float:
    """The largest share of the population of a kind that not one of so many rows is: the rule of three, exactly."""
    return float(1 - ((1 - level) / 2) ** (1 / rows))
