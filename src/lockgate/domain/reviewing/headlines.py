"""A verdict in few lines: one for each gate, with the figures that matter, and in full what did not pass."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lockgate.domain.choices import is_installed
from lockgate.domain.judging.deciding.verdict import UnusedWaiver
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.numbers import shown, shown_limit
from lockgate.domain.statistics.metrics.registry import METRICS

_DEMAND = re.compile(r"((?:most|least|above|below) \S+) (?:demanded|allowed)$")
_SEVERITY = (Outcome.PASSED, Outcome.WARNED, Outcome.WAIVED, Outcome.UNDECIDED, Outcome.REFUSED)


@dataclass(frozen=True)
class Headline:
    """A gate in a line: the worst that was found, how many of its rules passed, and every finding that did not.

    ``figures`` tell what passed; empty where nothing did.
    """

    gate: str
    outcome: Outcome
    figures: str
    passed: int
    rules: int
    in_full: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """``accuracy: roc_auc 0.9279 [0.9243, 0.9313], floor 0.9200; 12 rules passed``."""
        rules = "1 rule passed" if self.rules == 1 else f"{self.rules} rules passed"
        count = rules if self.passed == self.rules else f"{self.passed} of {rules}"
        return f"{self.gate}: {self.figures}; {count}" if self.figures else f"{self.gate}: {count}"


def headlines(findings: Sequence[Finding], metric: str = "") -> tuple[Headline, ...]:
    """A line for each gate, in the order of the findings; ``metric`` is the accuracy gate's."""
    return tuple(
        _headline(gate, [finding for finding in findings if finding.gate == gate], metric)
        for gate in dict.fromkeys(finding.gate for finding in findings)
    )


def unused(waiver: UnusedWaiver) -> str:
    """A waiver that let nothing pass, and why, in a line."""
    return f"the waiver for {waiver.waiver.gate} by {waiver.waiver.name} was not used: {waiver.why}"


def _headline(gate: str, findings: Sequence[Finding], metric: str) -> Headline:
    passed = {finding.rule: finding for finding in findings if finding.outcome is Outcome.PASSED}
    others = tuple(finding for finding in findings if finding.outcome is not Outcome.PASSED)
    tell = _FIGURES.get(gate, _nearest)
    figures = (tell(passed, metric) or _nearest(passed, metric)) if passed else ""
    worst = max((finding.outcome for finding in findings), key=_SEVERITY.index)
    return Headline(gate, worst, figures, len(findings) - len(others), len(findings), others)


_Passed = Mapping[str, Finding]


def _tests(passed: _Passed, _: str) -> str:
    return ", ".join(passed[rule].message for rule in ("ran", "failed") if rule in passed)


def _accuracy(passed: _Passed, metric: str) -> str:
    floor, champion = passed.get("floor"), passed.get("champion")
    told = []
    if floor is not None and floor.limit is not None:
        word = "floor" if metric not in METRICS or METRICS[metric].higher_is_better else "ceiling"
        word = "limit" if is_installed(metric) else word
        told.append(f"{metric} {_interval(floor)}, {word} {shown_limit(floor.limit)}".lstrip())
    if champion is not None:
        told.append(f"champion {_interval(champion, signed=True)}" if champion.interval else champion.message)
    return ", ".join(told)


def _parity(passed: _Passed, _: str) -> str:
    """The largest difference and the flips, of the export or of a package."""
    compared = (
        f
        for rule, f in passed.items()
        if (f.limit and rule.startswith("packaged ")) or rule.endswith((": absolute", ": calibrated"))
    )
    told = (max(compared, key=_share, default=None), passed.get("flips"), passed.get("packaged flips"))
    return ", ".join(_clause(found) for found in told if found is not None)


def _nearest(passed: _Passed, _: str) -> str:
    """What is nearest to its limit, of what has an interval if anything has; else what was found first."""
    measured = [f for f in passed.values() if f.limit and f.measured is not None and math.isfinite(f.measured)]
    sure = [f for f in measured if f.interval is not None]
    found = min(sure or measured, key=_room, default=next(iter(passed.values())))
    subject, colon, _ = found.rule.partition(": ")
    return f"{subject}: {_clause(found)}" if colon else _clause(found)


def _room(found: Finding) -> float:
    """How far from its limit, in parts of the limit; by the bound of the interval that is nearer to it."""
    bounds = (found.interval.low, found.interval.high) if found.interval else (found.measured or 0.0,)
    limit = found.limit or math.inf
    return min(abs(limit - bound) for bound in bounds) / abs(limit)


def _share(found: Finding) -> float:
    return (found.measured or 0.0) / (found.limit or math.inf)


def _clause(found: Finding) -> str:
    return _DEMAND.sub(r"\1", found.message.partition("; ")[0])


def _interval(found: Finding, *, signed: bool = False) -> str:
    if found.measured is None or found.interval is None:
        return found.message
    value, low, high = (shown(v, signed=signed) for v in (found.measured, found.interval.low, found.interval.high))
    return f"{value} [{low}, {high}]"


_FIGURES: dict[str, Callable[[_Passed, str], str]] = {"tests": _tests, "accuracy": _accuracy, "parity": _parity}
"""What is told of a gate; of all others, what is nearest to its limit."""
