"""A finding: one rule applied to one measurement; and what follows from all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lockgate.domain.statistics.interval import Interval

OPENING = frozenset({"passed", "waived", "warned"})


class Outcome(StrEnum):
    """The three values of a finding and of a verdict; `waived` and `warned` for a finding that was let pass."""

    PASSED = "passed"
    WAIVED = "waived"
    WARNED = "warned"
    UNDECIDED = "undecided"
    REFUSED = "refused"


@dataclass(frozen=True)
class Finding:
    """One rule applied to one measurement: what was measured, the limit, and what would make it pass.

    ``reason`` is the documented code of why it did not pass (``docs/gates.md``), such as ``below-floor``.
    """

    gate: str
    rule: str
    outcome: Outcome
    message: str
    measured: float | None = None
    limit: float | None = None
    rows: int | None = None
    remedy: str = ""
    interval: Interval | None = None
    reason: str = ""


def overall(findings: Iterable[Finding]) -> Outcome:
    """Refused when any finding is refused, else undecided when any is or there is none at all, else passed."""
    outcomes = {finding.outcome for finding in findings}
    if Outcome.REFUSED in outcomes:
        return Outcome.REFUSED
    if not outcomes or not outcomes <= OPENING:
        return Outcome.UNDECIDED
    return Outcome.PASSED
