"""The robustness gate: real rows with one column changed still get sound answers, and a change of nothing does nothing.

A value that the model cannot take may come in any row, so a single unsound answer is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lockgate.domain.judging.gates.robustness.evidence import ProbeResult, RobustnessEvidence
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy, words
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_worst
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import BY_THE_POINT, RECHECK, unmeasured
from lockgate.domain.measuring.changes import moving
from lockgate.domain.measuring.methods import number_of
from lockgate.domain.measuring.probes import PROBES, Probe, ProbeFamily, due_of
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.signature import Column
from lockgate.domain.model.task import UNTOLD, Regression, Task
from lockgate.domain.numbers import size
from lockgate.domain.statistics.bounds.means import mean_estimate
from lockgate.domain.statistics.interval import Estimate

GATE = "robustness"
_Kinds = Mapping[str, Probe]


@dataclass(frozen=True)
class _Count:
    """A rule that no row may break: the fact that counts such rows, what they are, and what mends them."""

    name: str
    fact: Literal["not_finite", "out_of_range", "unknown_labels"]
    what: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class _Limit:
    """A limit of the mean change, the policy that it is from, and whether the evidence has bounds to hold it by."""

    name: str
    limit: float
    policy: RobustnessPolicy
    bounded: bool
    kinds: "_Kinds"
    what: str


_NUDGED = {dtype for probe in PROBES if probe.family == "nudge" for dtype in probe.dtypes}
LIKE_NUDGED = frozenset(probe.kind for probe in PROBES if _NUDGED.issuperset(probe.dtypes))
"""The probes of columns that can be nudged, and of no others."""
SIGMOID = "end the exported graph in a sigmoid for each label"
SMOOTHER = "smooth or limit what it makes of this column, or train it with such rows"
COUNTS = (
    _Count(
        "finite",
        "not_finite",
        "a probability that is NaN or infinite",
        Reason.NOT_FINITE,
        "impute missing values and limit numbers inside the exported graph, until every answer is finite",
    ),
    _Count(
        "probabilities",
        "out_of_range",
        "probabilities outside 0 to 1, or that do not add up to 1",
        Reason.OUT_OF_RANGE,
        "end the exported graph in a softmax or sigmoid over the classes, so that every row adds up to 1",
    ),
    _Count(
        "labels",
        "unknown_labels",
        "a label that is none of the classes",
        Reason.UNKNOWN_LABEL,
        "answer one of the signature's classes to every row, or export again with all classes",
    ),
)


def judge_robustness(
    policy: RobustnessPolicy,
    evidence: RobustnessEvidence | None,
    subject: Subject,
    inputs: Sequence[Column],
    probes: Sequence[Probe] = PROBES,
    task: Task = UNTOLD,
) -> tuple[Finding, ...]:
    """A finding for each rule, on the probe that breaks it most; ``subject`` is what is to be released.

    ``inputs`` are what the model takes: each must have been probed with all of ``probes`` that are for its type. A
    task without probabilities, or without labels, has no rule of them.
    """
    if evidence is None:
        return (unmeasured(GATE, "no evidence on robustness", Reason.NOT_MEASURED),)
    if differing := evidence.subject.differs_from(subject):
        return (unmeasured(GATE, f"the evidence is of another {' and '.join(differing)}", Reason.OTHER_SUBJECT),)
    if not evidence.probes or evidence.rows <= 0:
        return (unmeasured(GATE, "no row was probed", Reason.NOT_MEASURED),)
    return (
        *_complete(evidence, inputs, probes),
        *_findings(policy, evidence, {each.kind: each for each in probes}, task),
    )


def _complete(evidence: RobustnessEvidence, inputs: Sequence[Column], probes: Sequence[Probe]) -> Iterator[Finding]:
    """A finding where a probe was left out, or was of other rows: it may be the one that breaks a rule."""
    asked = {(probe.column, probe.kind) for probe in evidence.probes if probe.rows == evidence.rows}
    number = number_of(evidence.method)
    due = [(column.name, probe) for column in inputs for probe in due_of(column, asked, number, probes)]
    if silent := [probe.told(name) for name, probe in due if (name, probe.kind) not in asked]:
        failed = next((probe for probe in evidence.probes if probe.error and not probe.rows), None)
        why = f": {failed.error}" if failed else ""
        makers = (probe.package for probe in probes if failed and probe.kind == failed.kind and probe.package)
        remedy = next((f"ask those who made {maker}; then {RECHECK}" for maker in makers), RECHECK)
        yield unmeasured(GATE, f"{len(silent)} probes were not asked, as {silent[0]}{why}", Reason.NOT_MEASURED, remedy)


def _findings(policy: RobustnessPolicy, evidence: RobustnessEvidence, kinds: _Kinds, task: Task) -> Iterator[Finding]:
    answered = [probe for probe in evidence.probes if not probe.error]
    yield _answered(evidence, kinds)
    for rule in _counts(task):
        yield _counted(rule, answered, evidence.rows, kinds)
    if any(size(probe.mean_change) is None for probe in answered if not probe.not_finite):
        yield _no_number("measured", None, evidence.rows)
    what = moving(task.kind)
    yield _nudge(policy, evidence, answered, kinds, what)
    if policy.max_change is not None:
        asked = any(_is_of("absent", probe, kinds) for probe in evidence.probes)
        probes = [probe for probe in answered if _is_of("absent", probe, kinds)]
        limit = _Limit("change", policy.max_change, policy, _bounded(evidence), kinds, what)
        yield _moved(limit, probes, evidence.rows, asked=asked)


def _counts(task: Task) -> Iterator[_Count]:
    """The rules that no answer of this task may break, in its words."""
    if isinstance(task, Regression):
        yield replace(COUNTS[0], what="a number that is NaN or infinite")
    elif not task.labelled:
        yield COUNTS[0]
        yield replace(COUNTS[1], what="probabilities outside 0 to 1", remedy=SIGMOID)
    else:
        yield from COUNTS


def _answered(evidence: RobustnessEvidence, kinds: _Kinds) -> Finding:
    failed = [probe for probe in evidence.probes if probe.error and probe.rows]
    message, rows, remedy = f"all of {len(evidence.probes)} probes were answered", evidence.rows, ""
    if failed:
        message = f"{len(failed)} of {len(evidence.probes)} probes got no answer, as {_name(failed[0], kinds)}: "
        message += failed[0].error
        remedy = "make the exported graph answer such rows, or give them a class of their own, rather than stop"
    return Finding(
        GATE,
        "answered",
        Outcome.REFUSED if failed else Outcome.PASSED,
        message,
        measured=len(failed),
        limit=0,
        rows=max(rows, 0),
        remedy=remedy,
        reason=Reason.PROBE_FAILED if failed else "",
    )


def _counted(rule: _Count, probes: Sequence[ProbeResult], rows: int, kinds: _Kinds) -> Finding:
    """No row of any probe breaks the rule."""
    counts = [getattr(probe, rule.fact) for probe in probes]
    worst = max(zip(probes, counts, strict=True), key=lambda each: each[1] or 0, default=None)
    if worst is not None and (worst[1] or 0) > 0:
        probe, count = worst
        message = f"{_name(probe, kinds)}: {count} of {probe.rows} rows get {rule.what}"
        return Finding(
            GATE, rule.name, Outcome.REFUSED, message, count, 0, max(probe.rows, 0), rule.remedy, None, rule.reason
        )
    if not counts or any(size(count) is None for count in counts):
        return _no_number(rule.name, 0, rows)
    return Finding(GATE, rule.name, Outcome.PASSED, f"no row gets {rule.what}", measured=0, limit=0, rows=rows)


def _nudge(
    policy: RobustnessPolicy,
    evidence: RobustnessEvidence,
    answered: Sequence[ProbeResult],
    kinds: _Kinds,
    what: str,
) -> Finding:
    """A column that was probed as only a column that can be nudged is has been nudged as well."""
    nudged = {probe.column for probe in evidence.probes if _is_of("nudge", probe, kinds)}
    alike = {probe.column for probe in evidence.probes if probe.kind in LIKE_NUDGED}
    if alike - nudged:
        return _no_number("nudge", policy.max_nudge, evidence.rows)
    probes = [probe for probe in answered if _is_of("nudge", probe, kinds)]
    limit = _Limit("nudge", policy.max_nudge, policy, _bounded(evidence), kinds, what)
    return _moved(limit, probes, evidence.rows, asked=bool(nudged))


def _moved(asks: _Limit, probes: Sequence[ProbeResult], rows: int, *, asked: bool) -> Finding:
    """The mean change under each probe is within the limit; ``asked`` tells whether there were any, answered or not."""
    name, limit = asks.name, asks.limit
    if not asked:
        return Finding(GATE, name, Outcome.PASSED, "no input has such a value", limit=limit, rows=rows)
    known = [probe for probe in probes if size(probe.mean_change) is not None]
    if limit > 0 and asks.bounded:
        known = [probe for probe in known if probe.spread is not None]
        found = judge_worst([_claim(asks, probe) for probe in known], asks.policy.alpha) if known else None
    else:
        found = _by_the_point(asks, known) if known else None
    lacking = len(known) < len(probes) and (found is None or found.outcome is not Outcome.REFUSED)
    return _no_number(name, limit, rows) if found is None or lacking else found


def _bounded(evidence: RobustnessEvidence) -> bool:
    return any(probe.spread is not None for probe in evidence.probes)


def _claim(asks: _Limit, probe: ProbeResult) -> tuple[Rule, Estimate]:
    rule = Rule(
        GATE,
        asks.name,
        f"{_name(probe, asks.kinds)} moves {asks.what} on average by",
        asks.limit,
        at_least=False,
        reason=Reason.FRAGILE,
        setting=f"gates.robustness.max_{asks.name}",
        remedy=SMOOTHER,
    )
    return rule, mean_estimate(probe.mean_change, probe.spread, probe.rows, asks.policy.level)


def _by_the_point(asks: _Limit, known: Sequence[ProbeResult]) -> Finding:
    """Where not one row may move, and where the evidence has no bounds."""
    name, limit = asks.name, asks.limit
    probe = max(known, key=lambda each: each.mean_change or 0.0)
    change = probe.mean_change or 0.0
    message = f"{_name(probe, asks.kinds)} moves {asks.what} by {change:.2g} on average, {limit:g} allowed"
    message += BY_THE_POINT if limit > 0 else ""
    if change > limit:
        remedy = f"a model that moves by {limit:g} at most would pass: {SMOOTHER}"
        return Finding(
            GATE, name, Outcome.REFUSED, message, change, limit, max(probe.rows, 0), remedy, None, Reason.FRAGILE
        )
    return Finding(
        GATE, name, Outcome.PASSED, f"most of all, {message}", measured=change, limit=limit, rows=max(probe.rows, 0)
    )


def _no_number(rule: str, limit: float | None, rows: int) -> Finding:
    message = "a probe gave no number to judge"
    remedy = f"finite answers to every probe would decide it; then {RECHECK}"
    return Finding(
        GATE, rule, Outcome.UNDECIDED, message, limit=limit, rows=rows, remedy=remedy, reason=Reason.NOT_A_NUMBER
    )


def _name(probe: ProbeResult, kinds: _Kinds) -> str:
    """A probe that the policy asks for no more may still be in the evidence."""
    return kinds[probe.kind].told(probe.column) if probe.kind in kinds else f"{probe.column} {probe.kind}"


def _is_of(family: ProbeFamily, probe: ProbeResult, kinds: _Kinds) -> bool:
    return probe.kind in kinds and kinds[probe.kind].family == family


def judge(policy: RobustnessPolicy, case: Case) -> tuple[Finding, ...]:
    """By the answers to every probe of every input that the signature has."""
    evidence, installed = case.evidence.of(RobustnessEvidence), case.installed
    if absent := next((name for name in policy.probes if name not in installed.probes), ""):
        message = f"the probe {absent} cannot be asked here: {installed.problem(absent)}"
        remedy = installed.remedy(absent, " where this is judged")
        return (unmeasured(GATE, message, Reason.NOT_MEASURED, remedy),)
    probes = installed.with_probes(policy.probes)
    return judge_robustness(policy, evidence, case.subject, case.signature.inputs, probes, case.signature.task)


ROBUSTNESS = Gate(
    name=GATE,
    policy=RobustnessPolicy,
    documents={GATE: RobustnessEvidence},
    without_project="no training rows: see --training",
    judge=judge,
    words=words,
    reasons=(
        Reason.OTHER_SUBJECT,
        Reason.MEASURED_OTHERWISE,
        Reason.NOT_A_NUMBER,
        Reason.NOT_ENOUGH_ROWS,
        Reason.NOT_FINITE,
        Reason.OUT_OF_RANGE,
        Reason.UNKNOWN_LABEL,
        Reason.FRAGILE,
        Reason.PROBE_FAILED,
    ),
)
