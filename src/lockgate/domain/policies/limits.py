"""What every policy demands of its limits."""

import math
from typing import Literal

Mode = Literal["enforce", "warn", "off"]
"""``warn`` lets a gate's findings pass with a mark, outside production; ``off`` does not ask, and says so."""

SMALLEST_ALPHA = 1e-9
"""Below it, the level of an interval comes too near to 1 to be told from it."""


def demand_finite(**values: float) -> None:
    """Raise ``ValueError`` for a limit that is no number."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} must be finite: an infinite limit or NaN would turn the gate into a rubber stamp")


def demand_limit(**values: float) -> None:
    """Raise ``ValueError`` for a limit that is no number or below 0."""
    demand_finite(**values)
    for name, value in values.items():
        if value < 0:
            raise ValueError(f"{name} is too small")


def demand_alpha(alpha: float) -> None:
    """Raise ``ValueError`` for a chance of error that is none, or that no interval can be drawn for."""
    if not SMALLEST_ALPHA <= alpha < 0.5:  # noqa: PLR2004 - a bound that is wrong half the time bounds nothing
        raise ValueError(f"alpha must be at least {SMALLEST_ALPHA:g} and below 0.5: the chance that a bound is wrong")
