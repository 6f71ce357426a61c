"""An estimate and its interval."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A two-sided interval, in the unit of what was measured; each bound holds with ``(1 + level) / 2``.

    ``method`` names how it was made, such as ``delong`` or ``clopper-pearson``.
    """

    low: float
    high: float
    level: float
    method: str


@dataclass(frozen=True)
class Estimate:
    """What was measured on how many rows; ``None`` where the rows give no finite number or no interval.

    ``why`` says then, where more is known of it, what these rows lack. ``blocks`` is how many blocks of rows that
    depend on each other they are of; 0 where each row counts for itself.
    """

    value: float | None
    interval: Interval | None
    rows: int
    why: str = ""
    blocks: int = 0
