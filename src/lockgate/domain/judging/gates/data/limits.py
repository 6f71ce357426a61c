"""A measurement of the tables against its limit, by the point, and the worst of several."""

import math
from collections.abc import Mapping
from typing import Final

from lockgate.domain.judging.gates.data.contradictions import GATE
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import RECHECK
from lockgate.domain.numbers import shown, size


def sizes(measured: Mapping[str, float | None]) -> Mapping[str, float | None]:
    """The same with ``None`` in place of what is no size: a count, a share or a distance below 0 says nothing."""
    return {name: size(value) for name, value in measured.items()}


def worst_of(measured: Mapping[str, float | None]) -> tuple[str, float | None]:
    """The largest and its name; one that is no number is the worst of all, and so is having none."""
    if not measured:
        return "", None
    name = max(measured, key=lambda key: _badness(measured[key]))
    return name, measured[name]


def _badness(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else math.inf


def at_most(rule: str, told: str, measured: float | None, limit: float, rows: int, why: tuple[str, str]) -> Finding:
    """Passed up to the limit; ``why`` are the code and the remedy of a refusal."""
    if measured is None or not math.isfinite(measured):
        return no_number(rule, told, limit, rows)
    refused = measured > limit
    reason, remedy = why if refused else ("", "")
    message = f"{told}: {shown(measured)}, at most {limit:g}"
    outcome = Outcome.REFUSED if refused else Outcome.PASSED
    return Finding(GATE, rule, outcome, message, measured, limit, rows, remedy, reason=reason)


OF_CLASSES: Final = "with rows of both classes"
OF_NUMBERS: Final = "with targets that differ from row to row"


def no_number(rule: str, told: str, limit: float | None, rows: int, lacks: str = OF_CLASSES) -> Finding:
    """Undecided: what ``told`` names was measured, and is no number. ``lacks`` is what the tables may be without."""
    return Finding(
        GATE,
        rule,
        Outcome.UNDECIDED,
        f"{told.strip().rstrip(',')}: is no number",
        limit=limit,
        rows=max(rows, 0),
        remedy=f"give every table its inputs and labels, {lacks}; then {RECHECK}",
        reason=Reason.NOT_A_NUMBER,
    )
