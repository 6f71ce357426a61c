"""How well ranks go together, with an interval."""

import math

from lockgate.domain.statistics.bounds.means import FEWEST, student
from lockgate.domain.statistics.interval import Interval


def rank_error(correlation: float, rows: int) -> float:
    """The standard error of the inverse hyperbolic tangent of Spearman's correlation (Bonett and Wright 2000)."""
    return math.sqrt((1 + correlation**2 / 2) / (rows - 3))


def correlated(
    correlation: float | None, error: float | None, level: float, degrees: float = math.inf
) -> tuple[float | None, Interval | None]:
    """A correlation without its sign, 0 to 1, and its interval from that error; ``None`` for what is none."""
    if correlation is None or error is None or correlation > 1:
        return None, None
    reach, middle = student(level, max(degrees, FEWEST)) * error, math.atanh(min(correlation, 1 - 1e-15))
    low, high = max(math.tanh(middle - reach), 0.0), min(math.tanh(middle + reach), 1.0)
    return correlation, Interval(min(low, correlation), max(high, correlation), level, "bonett-wright")
