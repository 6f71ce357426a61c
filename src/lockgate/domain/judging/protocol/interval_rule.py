"""An estimate against a limit, by the bounds of its interval: the three-valued rule of every statistical gate."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.numbers import rounded_up, shown, shown_limit
from lockgate.domain.statistics.blocks import ENOUGH, FEWEST_BLOCKS
from lockgate.domain.statistics.estimates import rows_that_would_decide
from lockgate.domain.statistics.interval import Estimate
from lockgate.domain.statistics.multiple_testing import holm


@dataclass(frozen=True)
class Rule:
    """What is asked of an estimate: ``at_least`` the limit or at most; ``reason`` is the code of a refusal.

    ``strict`` wants the bound beyond the limit, not at it; it is the rule of a difference. ``setting`` names what gives
    the rule room, such as ``gates.accuracy.margin``. ``remedy`` is what mends a refusal. ``ends`` are the least and the
    most that the estimate can be, where that is known.
    """

    gate: str
    name: str
    what: str
    limit: float
    at_least: bool
    reason: str
    strict: bool = False
    digits: int = 4
    setting: str = ""
    remedy: str = ""
    ends: tuple[float | None, float | None] = (None, None)


OTHERS = "judge it on rows where it has one, or by another metric"
BOTH = "judge it on rows of both classes, with a score for each"
BLOCKS = f"judge rows of {FEWEST_BLOCKS} blocks or more: of so many persons, machines or days, as `tables.group` says"
MORE = "judge more such rows: the bound of these is the worst that there is, and tells not how many would decide it"
_GRAVITY = (Outcome.PASSED, Outcome.UNDECIDED, Outcome.REFUSED)


def judge_worst(claims: Sequence[tuple[Rule, Estimate]], alpha: float) -> Finding:
    """The gravest finding of a rule that holds for each of several columns; what is no number goes before doubt.

    Passing is judged for each as it is; that one breaks the limit must outlive Holm's correction. All have one limit.
    """
    return worst_claim(claims, alpha)[1]


def worst_claim(claims: Sequence[tuple[Rule, Estimate]], alpha: float) -> tuple[int, Finding]:
    """The same, with its place among the claims."""
    upheld = holm([chance(found, rule.limit, at_least=rule.at_least) for rule, found in claims], alpha)
    findings = [
        judge_interval(rule, found, may_refuse=may_refuse, claims=len(claims))
        for (rule, found), may_refuse in zip(claims, upheld, strict=True)
    ]
    place = max(range(len(findings)), key=lambda each: _gravity(findings[each], at_least=claims[each][0].at_least))
    return place, findings[place]


def _gravity(found: Finding, *, at_least: bool) -> tuple[int, bool, float, float]:
    """Where less is worse, the lower bound counts."""
    sign, interval = -1.0 if at_least else 1.0, found.interval
    bound = math.inf if interval is None else sign * (interval.low if at_least else interval.high)
    number = found.reason != Reason.NOT_A_NUMBER
    return _GRAVITY.index(found.outcome), not number, bound, sign * (found.measured or 0.0)


def judge_interval(rule: Rule, estimate: Estimate, *, may_refuse: bool = True, claims: int = 1) -> Finding:
    """Passed when the whole interval keeps to the limit, refused when all of it breaks it, undecided between.

    ``may_refuse=False`` is for one of so many ``claims`` that a correction for their number does not uphold.
    """
    value, interval = estimate.value, estimate.interval
    if value is None or interval is None or not all(map(math.isfinite, (value, interval.low, interval.high))):
        return Finding(
            rule.gate,
            rule.name,
            Outcome.UNDECIDED,
            _lacking(rule, estimate),
            limit=rule.limit,
            rows=max(estimate.rows, 0),
            remedy=_elsewhere(estimate.why),
            reason=Reason.NOT_A_NUMBER,
        )
    outcome = _outcome(rule, interval.low, interval.high)
    held_back = outcome is Outcome.REFUSED and not may_refuse
    if held_back:
        outcome = Outcome.UNDECIDED
    return Finding(
        rule.gate,
        rule.name,
        outcome,
        _message(rule, estimate)
        + (f"; one of {claims} such claims, and not sure enough for that" if held_back else ""),
        measured=value,
        limit=rule.limit,
        rows=estimate.rows,
        remedy=_remedy(rule, estimate, outcome, claims),
        interval=interval,
        reason={Outcome.PASSED: "", Outcome.REFUSED: rule.reason}.get(outcome, Reason.NOT_ENOUGH_ROWS),
    )


def _elsewhere(why: str) -> str:
    if why.endswith(ENOUGH):
        return BLOCKS
    return OTHERS if why else BOTH


def _lacking(rule: Rule, estimate: Estimate) -> str:
    what = "number" if estimate.value is None or not math.isfinite(estimate.value) else "interval"
    if not estimate.why:
        return f"{rule.what} is no number on {estimate.rows} rows"
    return f"{rule.what} has no {what} on {estimate.rows} rows: {estimate.why}"


def _outcome(rule: Rule, low: float, high: float) -> Outcome:
    worst, best, limit = (low, high, rule.limit) if rule.at_least else (-high, -low, -rule.limit)
    if worst > limit or (worst == limit and not rule.strict):
        return Outcome.PASSED
    return Outcome.REFUSED if best < limit else Outcome.UNDECIDED


def _message(rule: Rule, estimate: Estimate) -> str:
    interval, digits = estimate.interval, rule.digits
    if interval is None or estimate.value is None:
        return rule.what
    value, low, high = (
        shown(each, digits, signed=rule.strict) for each in (estimate.value, interval.low, interval.high)
    )
    word = "at least" if rule.at_least else "at most"
    if rule.strict:
        word = "above" if rule.at_least else "below"
    limit = shown_limit(rule.limit, digits, signed=rule.strict)
    blocks = f"; the rows are of {estimate.blocks} blocks, and each counts as one" if estimate.blocks else ""
    return f"{rule.what} {value} [{low}, {high}], {word} {limit} demanded{blocks}"


def _remedy(rule: Rule, estimate: Estimate, outcome: Outcome, claims: int) -> str:
    interval, value = estimate.interval, estimate.value
    if outcome is Outcome.PASSED or interval is None or value is None:
        return ""
    deciding, end = (interval.low, rule.ends[0]) if rule.at_least else (interval.high, rule.ends[1])
    if outcome is Outcome.UNDECIDED and deciding == end != value:
        return MORE
    missing = rule.limit - interval.low if rule.at_least else interval.high - rule.limit
    better = f"better by {shown(max(missing, 0.0), rule.digits)} would pass"
    if outcome is Outcome.REFUSED:
        return f"{better}: {rule.remedy}" if rule.remedy else better
    better += _room(rule, estimate)
    keeps = value > rule.limit if rule.at_least else value < rule.limit
    rows = rows_that_would_decide(estimate, rule.limit, 1 if keeps else claims)
    if rows is None or rows <= estimate.rows:
        return better
    return f"about {rows} rows would decide it" + (f"; {better}" if keeps else f", most likely against it; {better}")


def _room(rule: Rule, estimate: Estimate) -> str:
    """What these rows can tell apart, where the policy asks for less: no equal model could pass."""
    needed = least_room(estimate, at_least=rule.at_least)
    if not rule.setting or needed <= abs(rule.limit):
        return ""
    if rule.strict:
        return f"; on these rows an equal one passes from {rule.setting}: {needed:g} on"
    return f"; on these rows none passes below {rule.setting}: {needed:g}"


def least_room(estimate: Estimate, *, at_least: bool) -> float:
    """The least margin, in two digits, that a model without any difference keeps to by its bound; 0 without bounds."""
    value, interval = estimate.value, estimate.interval
    if value is None or interval is None:
        return 0.0
    reach = value - interval.low if at_least else interval.high - value
    return rounded_up(math.nextafter(reach, math.inf)) if reach > 0 else 0.0


def chance(estimate: Estimate, limit: float, *, at_least: bool) -> float:
    """A one-sided p-value for the claim that the limit is broken, from the interval; 1 where there is none."""
    value, interval = estimate.value, estimate.interval
    if value is None or interval is None:
        return 1.0
    z = NormalDist().inv_cdf((1 + interval.level) / 2)
    # The side of the interval that reaches towards the limit: bounds need not lie evenly about the value.
    reach = interval.high - value if at_least else value - interval.low
    beyond = limit - value if at_least else value - limit
    if reach <= 0:
        return 0.0 if beyond > 0 else 1.0
    return 1 - NormalDist().cdf(beyond / (reach / z))
