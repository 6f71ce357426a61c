"""What is let pass although it did not: by a gate that only warns, or by a waiver; and which waivers did nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from lockgate.domain.identity import Digest, DigestStart
from lockgate.domain.judging.deciding.verdict import BOOTSTRAP_SCOPE, UnusedWaiver, Waiver
from lockgate.domain.judging.protocol.finding import OPENING, Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.names import listed, meant

NEVER_WAIVED = frozenset(reason for reason in Reason if not reason.waivable)
"""Reasons that say that there is no sound evidence: a waiver accepts what was measured, it does not replace it."""


@dataclass(frozen=True)
class Permissions:
    """What waivers are held against: the candidate, where it would go, whether that has a champion, and the day.

    ``gates`` are the names of all gates that there are, ``contents`` the candidates and releases that there are.
    ``never`` are reasons of others' gates that no waiver helps, by gate and code.
    """

    content: Digest
    environment: str
    production: bool
    without_champion: bool
    on: date
    gates: tuple[str, ...]
    contents: frozenset[Digest] = frozenset()
    never: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Permitted:
    """The findings as they stand in the verdict, the waivers that were used, and those that were not."""

    findings: tuple[Finding, ...]
    used: tuple[Waiver, ...]
    unused: tuple[UnusedWaiver, ...]


def permit(
    findings: Sequence[Finding], waivers: Sequence[Waiver], here: Permissions, warning: frozenset[str]
) -> Permitted:
    """Apply waivers and warnings to every finding that did not pass; ``warning`` are the gates that only warn."""
    standing = {index: _standing(waiver, here) for index, waiver in enumerate(waivers)}
    used: set[int] = set()
    judged: list[Finding] = []
    for finding in findings:
        found, by = _one(finding, waivers, standing, here, warning)
        judged.append(found)
        used |= by
    unused = tuple(
        UnusedWaiver(waiver, standing[index] or "nothing that it covers was left in its way")
        for index, waiver in enumerate(waivers)
        if index not in used
    )
    return Permitted(tuple(judged), tuple(waivers[index] for index in sorted(used)), unused)


def _one(
    finding: Finding, waivers: Sequence[Waiver], standing: dict[int, str], here: Permissions, warning: frozenset[str]
) -> tuple[Finding, set[int]]:
    if finding.outcome in OPENING:
        return finding, set()
    warns = finding.gate in warning
    for index, waiver in enumerate(waivers):
        if not standing[index] and _covers(waiver, finding, here, warns=warns):
            by = f"waived by {waiver.name}: {waiver.reason}"
            until = f", until {waiver.expires}" if waiver.expires else ""
            message = f"{finding.message}; {by}{until}"
            return replace(finding, outcome=Outcome.WAIVED, remedy="", message=message), {index}
    if warns and not here.production:
        message = f"would be {finding.outcome}: {finding.message}"
        return replace(finding, outcome=Outcome.WARNED, message=message), set()
    if warns:
        return replace(finding, remedy=f"{finding.remedy}; production needs a waiver for a warning".lstrip("; ")), set()
    return finding, set()


def _covers(waiver: Waiver, finding: Finding, here: Permissions, *, warns: bool) -> bool:
    if waiver.gate != finding.gate or finding.reason in NEVER_WAIVED or (finding.gate, finding.reason) in here.never:
        return False
    if waiver.scope == BOOTSTRAP_SCOPE:
        return finding.outcome is Outcome.UNDECIDED and finding.reason == Reason.NO_CHAMPION
    return warns if waiver.scope == "warnings" else True


def _standing(waiver: Waiver, here: Permissions) -> str:
    """Why a waiver does not hold here and today; empty where it does."""
    if waiver.gate not in here.gates:
        guess = meant(waiver.gate, here.gates)
        return f"there is no gate {waiver.gate!r}{f'{guess} The' if guess else '; the'} gates are {listed(here.gates)}"
    if waiver.expires is not None and waiver.expires < here.on:
        return f"it expired on {waiver.expires}"
    if waiver.candidate is not None and (other := _another(waiver.candidate, here)):
        return other
    if waiver.environment is not None and waiver.environment != here.environment:
        return f"it is for {waiver.environment}"
    if waiver.scope == BOOTSTRAP_SCOPE and not here.without_champion:
        return f"{here.environment} has a champion"
    return ""


def _another(named: DigestStart, here: Permissions) -> str:
    """Why those digits do not name this candidate alone; empty where they do."""
    if not named.begins(here.content):
        return f"it is for the candidate {named}, this one is {here.content.short}"
    several = sorted(str(content) for content in {*here.contents, here.content} if named.begins(content))
    if len(several) > 1:
        return f"{named} is ambiguous, write more of its digits; so begin {listed(several)}"
    return ""
