"""A verdict in few lines: one for each gate, with the figures that matter, and in full what did not pass."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockgate.domain.judging.deciding.registry import GATES
from lockgate.domain.judging.deciding.verdict import UnusedWaiver
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.words import clause

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
    own = next((each.figures for each in GATES if each.name == gate), None)
    figures = ((own(passed, metric) if own else "") or _nearest(passed)) if passed else ""
    worst = max((finding.outcome for finding in findings), key=_SEVERITY.index)
    return Headline(gate, worst, figures, len(findings) - len(others), len(findings), others)


def _nearest(passed: Mapping[str, Finding]) -> str:
    """What is nearest to its limit, of what has an interval if anything has; else what was found first."""
    measured = [f for f in passed.values() if f.limit and f.measured is not None and math.isfinite(f.measured)]
    sure = [f for f in measured if f.interval is not None]
    found = min(sure or measured, key=_room, default=next(iter(passed.values())))
    subject, colon, _ = found.rule.partition(": ")
    return f"{subject}: {clause(found)}" if colon else clause(found)


def _room(found: Finding) -> float:
    """How far from its limit, in parts of the limit; by the bound of the interval that is nearer to it."""
    bounds = (found.interval.low, found.interval.high) if found.interval else (found.measured or 0.0,)
    limit = found.limit or math.inf
    return min(abs(limit - bound) for bound in bounds) / abs(limit)
