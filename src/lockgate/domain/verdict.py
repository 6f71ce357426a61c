"""Verdict: `passed`, `refused` or `undecided`, with every finding that led to it. Only `passed` opens the gate."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from lockgate.domain.candidate import Candidate
from lockgate.domain.identity import Digest
from lockgate.domain.policy import Policy
from lockgate.domain.selection import Selection
from lockgate.domain.source import Source

ENGINE = "1"
"""The version of the decision rules; it changes whenever the same evidence could lead to another verdict."""


class Outcome(StrEnum):
    """The three values of a finding and of a verdict, and `waived` for a finding that a waiver let pass."""

    PASSED = "passed"
    WAIVED = "waived"
    UNDECIDED = "undecided"
    REFUSED = "refused"


@dataclass(frozen=True)
class Finding:
    """One rule applied to one measurement: what was measured, the limit, and what would make it pass."""

    gate: str
    rule: str
    outcome: Outcome
    message: str
    measured: float | None = None
    limit: float | None = None
    rows: int | None = None
    remedy: str = ""


@dataclass(frozen=True)
class Waiver:
    """A named person's written permission to pass one gate, from a file in git.

    The scope ``no-champion-yet`` is the bootstrap waiver: it covers the comparison with a champion and nothing else,
    needs no date, and lapses by itself when the environment has a champion.
    """

    gate: Literal["accuracy"]
    scope: Literal["no-champion-yet"]
    reason: str
    name: str


@dataclass(frozen=True)
class Verdict:
    """What was decided about exactly this candidate, from exactly this evidence, under exactly this policy.

    ``selection`` tells whom the candidate had competed with; ``None`` where it was named by hand.
    """

    outcome: Outcome
    candidate: Candidate
    content: Digest
    source: Source
    environment: str
    champion: Digest | None
    policy: Policy
    evidence: dict[str, Digest]
    findings: tuple[Finding, ...]
    waivers: tuple[Waiver, ...] = ()
    selection: Selection | None = None
    engine: str = ENGINE
    schema: Literal["lockgate/verdict/1"] = "lockgate/verdict/1"

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that keep the gate closed."""
        return tuple(f for f in self.findings if f.outcome not in {Outcome.PASSED, Outcome.WAIVED})


def overall(findings: Iterable[Finding]) -> Outcome:
    """Refused when any finding is refused, else undecided when any is or there is none at all, else passed."""
    outcomes = {finding.outcome for finding in findings}
    if Outcome.REFUSED in outcomes:
        return Outcome.REFUSED
    if not outcomes or not outcomes <= {Outcome.PASSED, Outcome.WAIVED}:
        return Outcome.UNDECIDED
    return Outcome.PASSED
