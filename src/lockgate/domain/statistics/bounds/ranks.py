"""The area under the ROC curve and its paired difference, after DeLong, DeLong and Clarke-Pearson (1988)."""

import math
from collections.abc import Callable

import numpy as np

from lockgate.domain.statistics.bounds.means import FEWEST, student
from lockgate.domain.statistics.bounds.proportions import quantile
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.sample import Floats, Sample, Truths

FEW = 60
"""Below so many rows of the rarer class, the variance that DeLong estimates is not trusted alone."""
FEW_PAIRED = 300
"""The same for the difference of two areas, whose errors are fewer rows still."""
WRONG = 30
"""The same where rows of the rarer class times ``1 - area`` are fewer: what is wrong then lies in a few rows."""


def placements(labels: Truths, scores: Floats) -> tuple[Floats, Floats]:
    """For each positive row the share of negatives below it, for each negative that of positives above; ties half.

    Sun and Xu (2014): O(rows log rows).
    """
    positives, negatives = scores[labels], scores[~labels]
    return _share(np.sort(negatives), positives), 1 - _share(np.sort(positives), negatives)


def _share(ordered: Floats, values: Floats) -> Floats:
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return below / (2 * len(ordered))


def area_under(labels: Truths, scores: Floats) -> float:
    """The area under the ROC curve: the mean placement of positive rows."""
    return float(_share(np.sort(scores[~labels]), scores[labels]).mean())


def pairs_in_order(sample: Sample) -> float:
    """The same number as the share of pairs, which may differ in its last digit."""
    negatives, positives = np.sort(sample.scores[~sample.labels]), sample.scores[sample.labels]
    below = np.searchsorted(negatives, positives, "left") + np.searchsorted(negatives, positives, "right")
    return float(below.sum()) / (2 * len(positives) * len(negatives))


def delong(labels: Truths, scores: Floats, level: float) -> Estimate:
    """One area with its interval on the logit scale; where a class is rare or no row is wrong, Newcombe's as well."""
    above, below = placements(labels, scores)
    area = float(above.mean())
    error = math.sqrt(_variance(above) + _variance(below))
    return Estimate(area, area_interval(area, error, len(above), len(below), level), len(labels))


def area_interval(
    area: float, error: float, positives: int, negatives: int, level: float, degrees: float = math.inf
) -> Interval:
    """The same interval from the area, its standard error, the degrees of freedom of that and the rows of each class.

    Of rows in blocks, so many of a class count as there are degrees of freedom, and one more.
    """
    positives, negatives = (int(min(each, max(degrees, FEWEST) + 1)) for each in (positives, negatives))
    safe = newcombe(area, positives, negatives, level)
    if not 0 < area < 1 or error == 0:
        return safe
    reach = student(level, max(degrees, FEWEST)) * error / (area * (1 - area))
    middle = math.log(area / (1 - area))
    found = Interval(expit(middle - reach), expit(middle + reach), level, "delong-logit")
    if not _few(positives, negatives, FEW, area):
        return found
    low, high = min(found.low, safe.low), max(found.high, safe.high)
    return Interval(low, high, level, "delong-logit and newcombe")


def newcombe(area: float, positives: int, negatives: int, level: float) -> Interval:
    """Newcombe (2006), method 5: the areas that the observed one is within ``z`` standard errors of."""
    z, typical = quantile(level), (positives + negatives) / 2 - 1

    def outside(theta: float) -> bool:
        spread = 1 + typical * (1 - theta) / (2 - theta) + typical * theta / (1 + theta)
        return abs(area - theta) > z * math.sqrt(max(theta * (1 - theta) * spread, 0.0) / (positives * negatives))

    low = _edge(0.0, area, outside) if area > 0 else 0.0
    high = 1 - _edge(0.0, 1 - area, lambda theta: outside(1 - theta)) if area < 1 else 1.0
    return Interval(low, high, level, "newcombe")


def _edge(outer: float, inner: float, outside: Callable[[float], bool]) -> float:
    for _ in range(60):
        middle = (outer + inner) / 2
        outer, inner = (middle, inner) if outside(middle) else (outer, middle)
    return outer


def delong_difference(labels: Truths, ours: Floats, theirs: Floats, level: float) -> Estimate:
    """The paired difference, ours minus theirs, on the same rows; exact copies differ by nothing, for certain."""
    (our_above, our_below), (their_above, their_below) = placements(labels, ours), placements(labels, theirs)
    difference = float(our_above.mean() - their_above.mean())
    error = math.sqrt(_variance(our_above - their_above) + _variance(our_below - their_below))
    reach = quantile(level) * error
    found = Interval(difference - reach, difference + reach, level, "delong")
    few = _few(len(our_above), len(our_below), FEW_PAIRED, float(our_above.mean()), float(their_above.mean()))
    if (few or error == 0) and not np.array_equal(ours, theirs):
        own, other = delong(labels, ours, level).interval, delong(labels, theirs, level).interval
        alone = _variance(our_above) + _variance(our_below), _variance(their_above) + _variance(their_below)
        shared = common(*alone, error * error)
        mean = float(our_above.mean()), float(their_above.mean())
        if own is not None and other is not None:
            down = apart(mean[0] - own.low, other.high - mean[1], shared)
            up = apart(own.high - mean[0], mean[1] - other.low, shared)
            low, high = min(difference - down, found.low), max(difference + up, found.high)
            found = Interval(low, high, level, "delong and mover")
    return Estimate(difference, found, len(labels))


def _few(positives: int, negatives: int, enough: int, *areas: float) -> bool:
    rarer = min(positives, negatives)
    return rarer < enough or any(rarer * min(area, 1 - area) < WRONG for area in areas)


def apart(first: float, second: float, shared: float) -> float:
    """How far a difference reaches when its parts reach so far and have this correlation (Zou 2007)."""
    return math.sqrt(max(first * first - 2 * shared * first * second + second * second, 0.0))


def common(ours: float, theirs: float, difference: float) -> float:
    """The correlation of two estimates, from their variances and their difference's."""
    product = math.sqrt(ours * theirs)
    return min(max((ours + theirs - difference) / (2 * product), -1.0), 1.0) if product else 0.0


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.25


def expit(value: float) -> float:
    """The inverse of the logit."""
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0  # noqa: PLR2004 - where exp ends
