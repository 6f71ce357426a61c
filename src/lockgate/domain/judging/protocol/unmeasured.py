"""What every gate says where there is nothing sound to judge."""

import math
from collections.abc import Container, Iterable

from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.names import listed

RECHECK = "run `lockgate run`, which collects the evidence again"


def unmeasured(gate: str, message: str, reason: str, remedy: str = RECHECK) -> Finding:
    """Undecided: the evidence is absent, of something else, or unsound; no waiver stands in for it."""
    return Finding(gate, "measured", Outcome.UNDECIDED, message, remedy=remedy, reason=reason)


def measured_otherwise(gate: str, whose: str, measured: str, here: str, remedy: str = RECHECK) -> Finding:
    """Undecided: by the libraries or the Lockgate of here it might have come out differently."""
    message = f"{whose} measured with `{measured}`; in this environment it would be with `{here}`"
    return unmeasured(gate, message, Reason.MEASURED_OTHERWISE, remedy)


BY_THE_POINT = "; judged by the point, as evidence of before has no bounds: `lockgate run` measures them"
"""Said of evidence that an older version made: it is judged as that version did."""


def bootstrap(gate: str) -> str:
    """What lets a first release pass where there is no champion yet."""
    return f"a first release needs a waiver for {gate} with `scope: no-champion-yet` in deploy/waivers.yaml"


def absent(wanted: Iterable[str], found: Container[str]) -> str:
    """The names that are wanted and not found, in words; empty where all are there."""
    return listed((name for name in dict.fromkeys(wanted) if name not in found), " and ")


def sizes(groups: Iterable[tuple[str, int]], least: int) -> str:
    """Groups with their rows. Those of fewer than ``least`` are counted: such a name is a value of somebody's row."""
    every = list(groups)
    named = listed(f"{name} ({rows} rows)" for name, rows in every if rows >= least)
    if not (unnamed := [rows for _, rows in every if rows < least]):
        return named
    counted = f"{len(unnamed)} of fewer than {least} rows each ({sum(unnamed)} rows)"
    return f"{named}, and {counted}" if named else counted


def size(value: float | None) -> float | None:
    """A measured size, finite and 0 or above; ``None`` where it is no such number."""
    return value if value is not None and math.isfinite(value) and value >= 0 else None
