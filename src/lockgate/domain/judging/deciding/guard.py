"""The guard between a gate and the verdict: one that fails is undecided, and so is one whose findings are not whole."""

import math
import traceback
from numbers import Integral, Real
from pathlib import PurePath
from reprlib import repr as short

from lockgate.domain.judging.deciding.registry import GATES
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import AskedGate
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.statistics.interval import Interval
from lockgate.errors import FOREIGN

OF_A_GATE = frozenset({Outcome.PASSED, Outcome.UNDECIDED, Outcome.REFUSED})
"""A waiver or a mode lets pass what a gate holds; no gate does so itself."""
MOST_ROWS = 2**53
OUR_FAULT = "this is a fault in Lockgate: report it with this message"


def judged(gate: AskedGate, case: Case) -> list[Finding]:
    """A gate's findings; undecided where it has none, fails, or finds what a verdict cannot hold."""
    try:
        found = tuple(gate.gate.judge(gate.policy, case))
    except FOREIGN as error:
        return [_failed(gate, f"the gate failed: {type(error).__name__}: {error}{_place(error)}")]
    try:
        return [checked(finding, gate.name) for finding in found] or [_failed(gate, "the gate found nothing")]
    except FOREIGN as error:
        return [_failed(gate, f"a finding of the gate {gate.name} is not well formed: {error}")]


def _failed(gate: AskedGate, message: str) -> Finding:
    ours = any(gate.name == each.name for each in GATES)
    remedy = OUR_FAULT if ours else f"ask those who made the gate {gate.told}"
    return Finding(gate.name, "measured", Outcome.UNDECIDED, plain(message), remedy=remedy, reason=Reason.GATE_FAILED)


def _place(error: BaseException) -> str:
    """The line that raised, by the name of its file alone: a verdict travels."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" (at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}, in {frames[-1].name})" if frames else ""


def checked(finding: object, gate: str) -> Finding:
    """The finding as a verdict can hold it, NumPy's numbers made Python's.

    Raises ``ValueError`` or ``TypeError`` with what is wrong with it.
    """
    if not isinstance(finding, Finding):
        raise TypeError(f"it is {short(finding)}, no Finding")
    if finding.gate != gate:
        raise ValueError(f"it is of the gate {short(finding.gate)}, and may be of {gate!r} only")
    if not isinstance(finding.outcome, str) or finding.outcome not in OF_A_GATE:
        allowed = ", ".join(sorted(OF_A_GATE))
        raise ValueError(f"outcome is {short(finding.outcome)}; a gate gives one of {allowed}")
    return Finding(
        gate=gate,
        rule=_text("rule", finding.rule, empty=False),
        outcome=Outcome(finding.outcome),
        message=_text("message", finding.message, empty=False),
        measured=_number("measured", finding.measured),
        limit=_number("limit", finding.limit),
        rows=_rows(finding.rows),
        remedy=_text("remedy", finding.remedy),
        interval=_interval(finding.interval),
        reason=_text("reason", finding.reason),
    )


def plain(text: str) -> str:
    """The text without what UTF-8 cannot hold."""
    return text.encode(errors="replace").decode()


def _text(name: str, value: object, *, empty: bool = True) -> str:
    if not isinstance(value, str) or not (empty or value.strip()):
        raise ValueError(f"{name} is {short(value)}, and must be a text")
    return plain(str(value))


def _number(name: str, value: object) -> float | None:
    """A count stays one: whole numbers of Python's are written without a point."""
    if value is None:
        return None
    number = _finite(name, value)
    return value if type(value) is int else number


def _finite(name: str, value: object) -> float:
    try:
        number = float(value) if not isinstance(value, bool) and isinstance(value, Real) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} is {short(value)}, and must be a finite number")
    return number


def _rows(value: object) -> int | None:
    if value is None:
        return None
    rows = int(value) if not isinstance(value, bool) and isinstance(value, Integral) else -1
    if not 0 <= rows <= MOST_ROWS:
        raise ValueError(f"rows is {short(value)}, and must be a count")
    return rows


def _interval(value: object) -> Interval | None:
    if value is None:
        return None
    if not isinstance(value, Interval):
        raise TypeError(f"interval is {short(value)}, no Interval")
    low, high, level = (_finite(f"interval.{name}", getattr(value, name)) for name in ("low", "high", "level"))
    return Interval(low, high, level, _text("interval.method", value.method))
