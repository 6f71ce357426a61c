"""The decision: a pure function from policy, evidence, champion and waivers to a verdict."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from lockgate.domain.judging.deciding.guard import judged
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.registry import NAMES, asked
from lockgate.domain.judging.deciding.verdict import Verdict, Waiver
from lockgate.domain.judging.deciding.waivers import Permissions, permit
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import ASK_IT
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Finding, Outcome, overall
from lockgate.domain.judging.protocol.gate import AskedGate, Gate
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import RECHECK, unmeasured
from lockgate.domain.judging.protocol.unmeasured import measured_otherwise as unlike_here
from lockgate.domain.measuring.methods import otherwise
from lockgate.domain.model.candidate import Subject


def decide(
    policy: Policy,
    case: Case,
    waivers: Sequence[Waiver] = (),
    on: date = date.max,
    extra: Sequence[AskedGate] = (),
) -> Verdict:
    """Judge every gate and draw the verdict; nothing is measured, read or written here.

    ``on`` is the day by which waivers are judged; without it every dated waiver has expired. ``extra`` are the gates
    that ``policy.plugins`` names; one of them that is not there is undecided.
    """
    case = replace(
        case,
        metric=case.installed.metric(policy.accuracy.metric, case.signature.task.kind),
        level=policy.accuracy.level,
    )
    gates = (*asked(policy), *extra)
    findings = [found for gate in gates if _is_asked(gate, case) for found in _findings(gate, case)]
    findings += [_not_installed(name) for name in policy.plugins if name not in {gate.name for gate in extra}]
    permissions = Permissions(
        content=case.candidate.content,
        environment=case.environment,
        production=case.production,
        without_champion=case.champion is None,
        on=on,
        gates=tuple(dict.fromkeys((*(gate.name for gate in gates), *policy.plugins))),
        contents=case.contents,
        never=frozenset((gate.name, code) for gate in gates for code in gate.gate.unwaivable),
    )
    warning = frozenset(gate.name for gate in gates if gate.mode == "warn")
    permitted = permit(findings, waivers, permissions, warning)
    return Verdict(
        outcome=overall(permitted.findings),
        candidate=case.candidate,
        content=case.candidate.content,
        source=case.source,
        environment=case.environment,
        champion=case.champion.release if case.champion else None,
        policy=policy,
        evidence=case.digests,
        findings=permitted.findings,
        waivers=permitted.used,
        selection=case.selection,
        rows_judged=case.rows_judged,
        anchor=case.anchor.release if case.anchor and not case.anchor.absent else None,
        unused_waivers=permitted.unused,
        off=tuple(gate.name for gate in gates if gate.mode == "off"),
        meant={str(waiver.candidate): case.candidate.content for waiver in permitted.used if waiver.candidate},
        judged_on=on if any(waiver.expires for waiver in permitted.used) else None,
    )


def _is_asked(gate: AskedGate, case: Case) -> bool:
    return gate.mode != "off" and (gate.gate.sealed or not case.sealed)


def _findings(gate: AskedGate, case: Case) -> Iterator[Finding]:
    """The gate's findings by the documents that they are on, or why nothing measured so is judged here."""
    found = [*_of_another(gate, case)] or judged(gate, case)
    for kinds in dict.fromkeys(gate.gate.judged_by(each.rule) for each in found):
        of_these = [each for each in found if gate.gate.judged_by(each.rule) == kinds]
        kind = next((each for each in kinds if case.evidence.of(each) is None), kinds[-1] if kinds else None)
        if kind is None:
            yield from of_these
            continue
        name = {of: called for called, of in gate.gate.documents.items()}.get(kind) or NAMES[kind]
        other = _measured_otherwise(gate.gate, kind, name, case)
        yield from _with_cause((other,) if other else of_these, name, case)


def _of_another(gate: AskedGate, case: Case) -> Iterator[Finding]:
    """Undecided where a document that a gate of somebody else's measured is of another candidate; ours say it."""
    for name, kind in gate.gate.documents.items() if gate.gate.measure else ():
        subject = getattr(case.evidence.of(kind), "subject", None)
        if isinstance(subject, Subject) and (different := subject.differs_from(case.subject)):
            message = f"the {name} evidence is of another {' and '.join(different)}"
            yield unmeasured(gate.name, message, Reason.OTHER_SUBJECT)


def measured_otherwise(evidence: Evidence) -> frozenset[str]:
    """The names of documents that were measured otherwise than they would be in this environment."""
    return frozenset(name for kind, name in NAMES.items() if _is_otherwise(evidence.of(kind), name, evidence))


def _is_otherwise(document: object, name: str, evidence: Evidence) -> bool:
    return otherwise(getattr(document, "method", ""), evidence.beside.methods.get(name, ""))


def _measured_otherwise(gate: Gate, kind: type, name: str, case: Case) -> Finding | None:
    """Undecided where the evidence, or the champion's beside it, was measured otherwise than it would be here."""
    here, ours = case.evidence.beside.methods.get(name, ""), case.evidence.of(kind)
    if _is_otherwise(ours, name, case.evidence):
        return unlike_here(gate.name, f"the {name} evidence was", getattr(ours, "method", ""), here, gate.again)
    for other in (case.champion, case.anchor if kind is AccuracyEvidence else None):
        if other is None or not gate.beside_champion or kind not in other.asked or other.model == case.subject.model:
            continue
        theirs = other.evidence.of(kind)
        if _is_otherwise(theirs, name, case.evidence):
            method = getattr(theirs, "method", "")
            return unlike_here(gate.name, f"the {name} of {other.name} was", method, here, ASK_IT)
    return None


def _with_cause(findings: Iterable[Finding], kind: str, case: Case) -> Iterator[Finding]:
    """Findings on evidence of that name: why its file cannot be read, and what a run needs to collect it again."""
    cause, edit = case.evidence.unreadable.get(kind), case.evidence.edits.get(kind)
    for found in findings:
        absent = cause is not None and found.reason == Reason.NOT_MEASURED
        told = replace(found, message=f"{found.message}: {cause}") if absent else found
        yield replace(told, remedy=told.remedy.replace(RECHECK, f"{edit}; then {RECHECK}")) if edit else told


def _not_installed(name: str) -> Finding:
    message, remedy = "the policy names a gate that is not installed", "install it, or take it out of gates.plugins"
    return Finding(name, "measured", Outcome.UNDECIDED, message, remedy=remedy, reason=Reason.NOT_MEASURED)
