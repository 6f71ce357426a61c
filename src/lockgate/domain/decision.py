"""The decision: a pure function from policy, evidence, champion and waivers to a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lockgate.domain.candidate import Candidate
from lockgate.domain.evidence import Evidence
from lockgate.domain.gates.accuracy import CHAMPION_RULE, Champion, judge_accuracy
from lockgate.domain.gates.parity import judge_parity
from lockgate.domain.gates.tests import judge_tests
from lockgate.domain.identity import Digest
from lockgate.domain.policy import Policy
from lockgate.domain.selection import Selection
from lockgate.domain.source import Source
from lockgate.domain.verdict import Finding, Outcome, Verdict, Waiver, overall


@dataclass(frozen=True)
class Case:
    """What is to be decided: which candidate, of which source, for which environment, on which documents."""

    candidate: Candidate
    source: Source
    environment: str
    evidence: Evidence
    digests: dict[str, Digest]
    champion: Champion | None = None
    selection: Selection | None = None


def decide(policy: Policy, case: Case, waivers: Sequence[Waiver] = ()) -> Verdict:
    """Judge every gate and draw the verdict; nothing is measured, read or written here."""
    subject = case.candidate.subject
    findings = (
        *judge_tests(policy.tests, case.evidence.tests, case.source),
        *judge_accuracy(policy.accuracy, case.evidence.accuracy, subject, case.champion),
        *judge_parity(policy.parity, case.evidence.parity, subject),
    )
    findings, used = _waive(findings, [w for w in waivers if case.champion is None])
    return Verdict(
        outcome=overall(findings),
        candidate=case.candidate,
        content=case.candidate.content,
        source=case.source,
        environment=case.environment,
        champion=case.champion.release if case.champion else None,
        policy=policy,
        evidence=case.digests,
        findings=findings,
        waivers=used,
        selection=case.selection,
    )


def _waive(findings: tuple[Finding, ...], waivers: Sequence[Waiver]) -> tuple[tuple[Finding, ...], tuple[Waiver, ...]]:
    """Let the missing comparison with a champion pass where a waiver says so; nothing else can be waived."""
    by_gate: dict[str, Waiver] = {waiver.gate: waiver for waiver in waivers}
    used: list[Waiver] = []
    judged: list[Finding] = []
    for finding in findings:
        waiver = by_gate.get(finding.gate) if finding.rule == CHAMPION_RULE else None
        if waiver is None or finding.outcome is not Outcome.UNDECIDED:
            judged.append(finding)
            continue
        used.append(waiver)
        judged.append(
            replace(
                finding,
                outcome=Outcome.WAIVED,
                remedy="",
                message=f"{finding.message}; waived by {waiver.name}: {waiver.reason}",
            )
        )
    return tuple(judged), tuple(used)
