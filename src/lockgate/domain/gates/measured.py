"""What every gate says where there is nothing sound to judge."""

import math
from collections.abc import Container, Iterable, Sequence

from lockgate.domain.verdict import Finding, Outcome

NAMED = 20
RECHECK = "run `lockgate run`, which collects the evidence again"


def unmeasured(gate: str, message: str, reason: str, remedy: str = RECHECK) -> Finding:
    """Undecided: the evidence is absent, of something else, or unsound; no waiver stands in for it."""
    return Finding(gate, "measured", Outcome.UNDECIDED, message, remedy=remedy, reason=reason)


def absent(wanted: Iterable[str], found: Container[str]) -> str:
    """The names that are wanted and not found, in words; empty where all are there."""
    return " and ".join(name for name in dict.fromkeys(wanted) if name not in found)


def listed(names: Sequence[str]) -> str:
    """The first of the names, and how many more there are: thousands are a mistake, and no reading."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def size(value: float | None) -> float | None:
    """A measured size, finite and 0 or above; ``None`` where it is no such number."""
    return value if value is not None and math.isfinite(value) and value >= 0 else None
