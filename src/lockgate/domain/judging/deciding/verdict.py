"""Verdict: `passed`, `refused` or `undecided`, with every finding that led to it. Only `passed` opens the gate."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from lockgate.domain.identity import Digest, DigestStart
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.protocol.finding import OPENING, Finding, Outcome
from lockgate.domain.judging.protocol.rows_judged import RowsJudged
from lockgate.domain.making.selection import Selection
from lockgate.domain.model.candidate import Candidate
from lockgate.domain.source import Source

BOOTSTRAP_SCOPE = "no-champion-yet"
ENGINE = "10"
"""The version of the decision rules; it changes whenever the same evidence could lead to another verdict."""


@dataclass(frozen=True)
class Waiver:
    """A named person's written permission to pass one gate, from a file in git.

    It names one candidate by its content digest, or the start of that, or a scope. The scope ``no-champion-yet`` is the
    bootstrap waiver: it covers comparisons with a champion and nothing else, needs no date, and lapses by itself when
    the environment has a champion. ``warnings`` lets the gate's warnings into production. A waiver accepts what was
    measured; it never stands in for evidence that is missing or of something else. ``environment`` narrows it to one.
    """

    gate: str
    reason: str
    name: str
    scope: Literal["no-champion-yet", "warnings"] | None = None
    candidate: DigestStart | None = None
    environment: str | None = None
    expires: date | None = None

    def __post_init__(self) -> None:
        if (self.scope is None) == (self.candidate is None):
            raise ValueError("a waiver names either a candidate's content digest or a scope")
        if self.scope != BOOTSTRAP_SCOPE and self.expires is None:
            raise ValueError("a waiver needs a date in `expires`")
        if not (self.reason.strip() and self.name.strip()):
            raise ValueError("a waiver needs a reason and the name of a person")


@dataclass(frozen=True)
class UnusedWaiver:
    """A waiver that let nothing pass, and why."""

    waiver: Waiver
    why: str


@dataclass(frozen=True)
class Verdict:
    """What was decided about exactly this candidate, from exactly this evidence, under exactly this policy.

    ``selection`` tells whom the candidate had competed with; ``None`` where it was named by hand. ``off`` are the gates
    that were not asked. ``meant`` are the content digests of the candidates that used waivers name, by what stands in
    the waiver. ``judged_on`` is the day by which dated waivers were judged; ``None`` where none was used.
    ``rows_judged`` is how many other candidates these rows have let pass; ``None`` where nobody counted. ``anchor``
    is the best champion on these rows, which may be the champion; ``None`` where it was not asked, or cannot be told.
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
    unused_waivers: tuple[UnusedWaiver, ...] = ()
    off: tuple[str, ...] = ()
    judged_on: date | None = None
    meant: dict[str, Digest] = field(default_factory=dict)
    rows_judged: RowsJudged | None = None
    anchor: Digest | None = None
    engine: str = ENGINE
    schema: Literal["lockgate/verdict/1", "lockgate/verdict/2"] = "lockgate/verdict/2"

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that keep the gate closed."""
        return tuple(f for f in self.findings if f.outcome not in OPENING)
