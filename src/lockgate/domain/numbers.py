"""How numbers stand in messages: in so many digits, and never as a 0 that they are not."""

import math


def shown(value: float, digits: int = 4, *, signed: bool = False) -> str:
    """A measured number in so many digits after the point; one too small for them in two digits of its own.

    0 has no sign: neither ``-0.0000`` nor ``+0.0000`` says anything.
    """
    if value == 0:
        return f"{0:.{digits}f}"
    sign = "+" if signed else ""
    text = f"{value:{sign}.{digits}f}"
    return f"{value:{sign}.1e}" if float(text) == 0 else text


def shown_limit(value: float, digits: int = 4, *, signed: bool = False) -> str:
    """A limit, as ``shown``; with all of its digits where rounding would make another limit of it."""
    text = shown(value, digits, signed=signed)
    return text if float(text) == value else f"{value:{'+' if signed else ''}.12g}"


def rounded_up(value: float, digits: int = 2) -> float:
    """The next number above 0 with so many significant digits that is ``value`` at least; 0 for what is not above 0."""
    if not (math.isfinite(value) and value > 0):
        return 0.0
    power = digits - 1 - math.floor(math.log10(value))
    return float(f"{math.ceil(value * 10.0**power) / 10.0**power:.{digits}g}")


def size(value: float | None) -> float | None:
    """A measured size, finite and 0 or above; ``None`` where it is no such number."""
    return value if value is not None and math.isfinite(value) and value >= 0 else None
