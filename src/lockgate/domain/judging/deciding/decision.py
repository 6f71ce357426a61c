"""The decision: a pure function from policy, evidence, champion and waivers to a verdict."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.installed_gates import checked, plain
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.task_demands import not_binary
from lockgate.domain.judging.deciding.verdict import Verdict, Waiver
from lockgate.domain.judging.deciding.waivers import Permissions, permit
from lockgate.domain.judging.gates.accuracy.gate import Champion, comparable, judge_accuracy
from lockgate.domain.judging.gates.accuracy.slices import judge_slices
from lockgate.domain.judging.gates.calibration.gate import judge_calibration
from lockgate.domain.judging.gates.data.contradictions import contradicted_data
from lockgate.domain.judging.gates.data.gate import judge_data
from lockgate.domain.judging.gates.explanation.gate import judge_explanation
from lockgate.domain.judging.gates.explanation.glassbox import judge_glassbox
from lockgate.domain.judging.gates.fairness.gate import judge_fairness
from lockgate.domain.judging.gates.integrity.gate import judge_integrity
from lockgate.domain.judging.gates.latency.gate import MEASURE, judge_latency
from lockgate.domain.judging.gates.parity.contradictions import contradicted_parity
from lockgate.domain.judging.gates.parity.gate import judge_parity
from lockgate.domain.judging.gates.robustness.gate import judge_robustness
from lockgate.domain.judging.gates.tests.gate import RERUN, judge_tests
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Finding, Outcome, overall
from lockgate.domain.judging.protocol.unmeasured import RECHECK, measured_otherwise
from lockgate.domain.making.selection import Selection
from lockgate.domain.measuring.methods import otherwise
from lockgate.domain.model.candidate import Candidate
from lockgate.domain.model.signature import Signature
from lockgate.domain.source import Source
from lockgate.errors import FOREIGN


@dataclass(frozen=True)
class Case:
    """What is to be decided: which candidate, of which source, for which environment, on which documents.

    ``signature`` is the candidate's: no evidence may leave out an input or an output of it. ``production`` says that a
    warning needs a waiver here. ``sealed`` says that the evidence is that of a release: what it was made from was
    judged when it was sealed, and the stages may have run again since. A group that is not judged is
    named from ``min_rows_per_value`` rows on: a verdict travels with the release. ``contents`` are the candidates and
    releases at hand: the start of a digest in a waiver must be that of one of them alone.
    """

    candidate: Candidate
    signature: Signature
    source: Source
    environment: str
    evidence: Evidence
    digests: dict[str, Digest]
    champion: Champion | None = None
    selection: Selection | None = None
    production: bool = False
    sealed: bool = False
    min_rows_per_value: int = 1
    contents: frozenset[Digest] = frozenset()


class Gate(Protocol):
    """A gate that somebody else installs, under the entry point group ``lockgate.gates``; its name there is its own.

    ``policy`` is the frozen dataclass of its settings under ``gates.plugins.<name>``; a field ``mode`` of them may be
    ``warn`` or ``off``.
    """

    @property
    def policy(self) -> type:
        """The class of its settings."""

    def judge(self, policy: Any, case: Case) -> Iterable[Finding]:
        """Findings from what was measured; at least one, or the verdict is undecided. Measures nothing.

        Each is of the gate's own name, passed, undecided or refused; one that is not leaves the gate undecided.
        """


@dataclass(frozen=True)
class ExtraGate:
    """An installed gate under its name, with its settings."""

    name: str
    gate: Gate
    policy: Any

    @property
    def mode(self) -> str:
        """``enforce`` unless its settings say otherwise."""
        return str(getattr(self.policy, "mode", "enforce"))

    def judge(self, case: Case) -> Iterable[Finding]:
        """Its findings; undecided where it has none, fails, or finds what a verdict cannot hold."""
        try:
            found = tuple(self.gate.judge(self.policy, case))
        except FOREIGN as error:
            return [self._undecided(f"the gate failed: {type(error).__name__}: {error}")]
        try:
            return [checked(finding, self.name) for finding in found] or [self._undecided("the gate found nothing")]
        except FOREIGN as error:
            return [self._undecided(f"a finding of the gate {self.name} is not well formed: {error}")]

    def _undecided(self, message: str) -> Finding:
        remedy = f"ask those who made the gate {self.name}"
        return Finding(self.name, "measured", Outcome.UNDECIDED, plain(message), remedy=remedy, reason="not-measured")


Judge = Callable[[Any, Case], Iterable[Finding]]


def _accuracy(policy: Policy, case: Case) -> Iterable[Finding]:
    evidence, scores = case.evidence.accuracy, case.evidence.scores
    if other := not_binary(case.signature, scores):
        yield other
        return
    found = judge_accuracy(policy.accuracy, evidence, scores, case.candidate.subject, case.champion)
    yield from found
    if evidence is None or scores is None or any(finding.rule == "measured" for finding in found):
        return
    if policy.accuracy.slices is not None:
        theirs = next(comparable(policy.accuracy.metric, evidence, scores, case.champion), None)
        yield from judge_slices(policy.accuracy, scores, theirs, case.min_rows_per_value)


def _data(policy: Any, case: Case) -> Iterable[Finding]:
    columns, subject = case.evidence.scores.columns if case.evidence.scores else (), case.candidate.subject
    yield from judge_data(policy, case.evidence.data, subject.data, case.signature.names, columns)
    yield from contradicted_data(case.evidence, subject, case.signature.classes)


def _parity(policy: Policy, case: Case) -> Iterable[Finding]:
    evidence, subject, signature = case.evidence, case.candidate.subject, case.signature
    yield from judge_parity(policy.parity, evidence.parity, subject, signature.outputs)
    yield from contradicted_parity(policy.parity, evidence, subject, signature.probabilities)


def _latency(policy: Any, case: Case) -> Iterable[Finding]:
    evidence = case.evidence
    return judge_latency(
        policy,
        evidence.latency,
        case.candidate.subject,
        case.champion,
        rows=evidence.scores.rows if evidence.scores else None,
        model_bytes=evidence.beside.model_bytes,
    )


def _explanation(policy: Any, case: Case) -> Iterable[Finding]:
    champion = case.champion
    return judge_explanation(
        policy,
        case.evidence.explanation,
        case.candidate.subject,
        champion.explanation if champion else None,
        has_champion=champion is not None,
        champion_name=champion.name if champion else "",
        inputs=case.signature.names,
        columns=case.evidence.scores.columns if case.evidence.scores else None,
    )


def _glassbox(policy: Policy, name: str, case: Case) -> Iterable[Finding]:
    """What the explanation gate finds beyond its own evidence: it needs the accuracy gate's metric."""
    if name != "explanation" or policy.explanation is None:
        return ()
    found = judge_glassbox(policy.explanation, policy.accuracy, case.evidence, case.candidate.subject)
    kind = "reference" if case.evidence.accuracy else "accuracy"
    return _judged(name, kind, found, case) if found else ()


def _scored(judge: Callable[..., Iterable[Finding]], policy: Any, case: Case) -> Iterable[Finding]:
    return judge(policy, case.evidence.accuracy, case.evidence.scores, case.candidate.subject)


OPTIONAL: dict[str, Judge] = {
    "data": _data,
    "calibration": lambda policy, case: _scored(judge_calibration, policy, case),
    "fairness": lambda policy, case: judge_fairness(
        policy,
        case.evidence.accuracy,
        case.evidence.scores,
        case.candidate.subject,
        case.champion,
        case.min_rows_per_value,
    ),
    "explanation": _explanation,
    "robustness": lambda policy, case: judge_robustness(
        policy, case.evidence.robustness, case.candidate.subject, case.signature.inputs
    ),
    "latency": _latency,
}
"""The gates that a policy may leave off or set to warn, by name; the others are always enforced."""
ALWAYS = ("tests", "integrity", "accuracy", "parity")
EVIDENCE_OF = {"calibration": "accuracy", "fairness": "accuracy"}
"""The evidence that a gate judges, where that is not the one of its own name."""
BESIDE_CHAMPION = frozenset({"accuracy", "fairness", "explanation"})
"""The gates that hold the champion's evidence of the same kind beside the candidate's."""
OUTSIDE = {"tests": RERUN, "latency": MEASURE}
"""What measures again what no stage does."""
ASK = "ask the champion these rows: lockgate check champion"


def decide(
    policy: Policy,
    case: Case,
    waivers: Sequence[Waiver] = (),
    on: date = date.max,
    extra: Sequence[ExtraGate] = (),
) -> Verdict:
    """Judge every gate and draw the verdict; nothing is measured, read or written here.

    ``on`` is the day by which waivers are judged; without it every dated waiver has expired. ``extra`` are the gates
    that ``policy.plugins`` names; one of them that is not there is undecided.
    """
    tests = judge_tests(policy.tests, case.evidence.tests, case.source, case.evidence.beside)
    findings = [*_judged("tests", "tests", tests, case)]
    findings += () if case.sealed else judge_integrity(case.evidence.lineage)
    findings += _judged("accuracy", "accuracy", _accuracy(policy, case), case)
    findings += _judged("parity", "parity", _parity(policy, case), case)
    modes = {name: mode_of(policy, name) for name in OPTIONAL}
    for name, judge in OPTIONAL.items():
        if modes[name] != "off":
            findings += _judged(name, EVIDENCE_OF.get(name, name), judge(getattr(policy, name), case), case)
            findings += _glassbox(policy, name, case)
    for installed in extra:
        modes[installed.name] = installed.mode
        if installed.mode != "off":
            findings += installed.judge(case)
    findings += [_not_installed(name) for name in policy.plugins if name not in {found.name for found in extra}]
    permissions = Permissions(
        content=case.candidate.content,
        environment=case.environment,
        production=case.production,
        without_champion=case.champion is None,
        on=on,
        gates=tuple(dict.fromkeys((*ALWAYS, *modes, *policy.plugins))),
        contents=case.contents,
    )
    warning = frozenset(name for name, mode in modes.items() if mode == "warn")
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
        unused_waivers=permitted.unused,
        off=tuple(name for name, mode in modes.items() if mode == "off"),
        meant={str(waiver.candidate): case.candidate.content for waiver in permitted.used if waiver.candidate},
        judged_on=on if any(waiver.expires for waiver in permitted.used) else None,
    )


def _judged(gate: str, kind: str, findings: Iterable[Finding], case: Case) -> Iterator[Finding]:
    """The gate's findings on evidence of that kind, or why nothing measured so is judged here."""
    other = _measured_otherwise(gate, kind, case)
    return _with_cause((other,) if other else findings, case, kind)


def _measured_otherwise(gate: str, kind: str, case: Case) -> Finding | None:
    """Undecided where the evidence, or the champion's beside it, was measured otherwise than it would be here."""
    here, champion = case.evidence.beside.methods.get(kind, ""), case.champion
    if kind in case.evidence.measured_otherwise:
        method = getattr(case.evidence, kind).method
        return measured_otherwise(gate, f"the {kind} evidence was", method, here, OUTSIDE.get(kind, RECHECK))
    if champion is None or gate not in BESIDE_CHAMPION or kind not in champion.asked:
        return None
    theirs = getattr(champion, kind)
    if theirs is None or champion.model == case.candidate.subject.model or not otherwise(theirs.method, here):
        return None
    return measured_otherwise(gate, f"the {kind} of {champion.name} was", theirs.method, here, ASK)


def _with_cause(findings: Iterable[Finding], case: Case, kind: str) -> Iterator[Finding]:
    """Findings on evidence of that name: why its file cannot be read, and what a run needs to collect it again."""
    cause, edit = case.evidence.unreadable.get(kind), case.evidence.edits.get(kind)
    for found in findings:
        absent = cause is not None and found.reason == "not-measured"
        told = replace(found, message=f"{found.message}: {cause}") if absent else found
        yield replace(told, remedy=told.remedy.replace(RECHECK, f"{edit}; then {RECHECK}")) if edit else told


def _not_installed(name: str) -> Finding:
    message, remedy = "the policy names a gate that is not installed", "install it, or take it out of gates.plugins"
    return Finding(name, "measured", Outcome.UNDECIDED, message, remedy=remedy, reason="not-measured")


def mode_of(policy: Policy, name: str) -> str:
    """``enforce``, ``warn`` or ``off``: a gate that the policy leaves out is off."""
    chosen = getattr(policy, name)
    return "off" if chosen is None else str(chosen.mode)
