"""What a policy demands of a file's answers to the rows: the gates that judge by them alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.guard import judged
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.registry import asked
from lockgate.domain.judging.deciding.task_fit import demand_fit
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import OPENING, Finding, Outcome
from lockgate.domain.judging.protocol.gate import AskedGate
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.candidate import Candidate, Subject
from lockgate.domain.model.graphs.read_answers import ReadAnswers
from lockgate.domain.model.profile import MIN_ROWS
from lockgate.domain.model.score_table import ScoreTable, TableReference, table_of
from lockgate.domain.model.signature import Array, Columns, Signature
from lockgate.domain.model.task import quantiles_of
from lockgate.domain.source import Source
from lockgate.domain.statistics.metrics.first_looked_at import by_score
from lockgate.domain.statistics.metrics.registry import metrics_of, value
from lockgate.domain.statistics.sample import AnySample
from lockgate.errors import SettingsError

NOWHERE = Source("", "")
"""A file has no commit."""


@dataclass(frozen=True)
class FileAnswers:
    """A file's answers to rows, and what is known of it beside them."""

    read: ReadAnswers
    truth: Array
    sample: AnySample
    columns: Columns
    signature: Signature
    model: Digest
    rows: Digest


def demand_policy(policy: Policy, read: ReadAnswers) -> None:
    """Raise ``SettingsError`` for a policy that does not fit the task, or asks for probabilities that are not there."""
    task = read.answers.task
    metric = policy.accuracy.metric
    try:
        demand_fit(task.kind, policy, quantiles_of(task))
    except ValueError as error:
        raise SettingsError(f"--policy: {error}", hint="write a policy for that task") from error
    if metric not in metrics_of(task.kind):
        told = f"--policy: gates.accuracy.metric: {metric} is brought by a package, which a project names"
        raise SettingsError(told, hint="judge by one of Lockgate's own metrics")
    if not read.scored and (by_score(metric) or policy.calibration is not None):
        told = "--policy: it asks for probabilities, and the model answers labels alone"
        raise SettingsError(told, hint="judge it by a metric of labels, without calibration")


def by_policy(policy: Policy, file: FileAnswers) -> tuple[Finding, ...]:
    """Findings of every gate that judges by answers alone; what needs a champion is left out, as it is not asked."""
    case = _case(policy, file)
    return tuple(found for gate in gates_asked(policy) for found in _findings(gate, case))


def gates_asked(policy: Policy) -> tuple[AskedGate, ...]:
    """Those that are on and need nothing but the answers to the rows."""
    return tuple(
        gate
        for gate in asked(policy)
        if gate.mode != "off" and {*(gate.gate.judges or gate.gate.documents.values())} == {AccuracyEvidence}
    )


def _findings(gate: AskedGate, case: Case) -> Iterator[Finding]:
    for found in judged(gate, case):
        if found.reason == Reason.NO_CHAMPION:
            continue
        warns = gate.mode == "warn" and found.outcome not in OPENING
        yield replace(found, outcome=Outcome.WARNED) if warns else found


def _case(policy: Policy, file: FileAnswers) -> Case:
    task, answers = file.read.answers.task, file.read.answers
    subject = Subject("file", file.model, file.rows)
    kept = {name: values for name, values in file.columns.items() if values.ndim == 1}
    table = table_of(answers, file.truth, kept, file.sample.blocks)
    known = metrics_of(task.kind)
    evidence = AccuracyEvidence(
        subject=subject,
        tools={},
        rows=answers.rows,
        task=task,
        counts=task.counts(file.truth),
        metrics={policy.accuracy.metric: value(known[policy.accuracy.metric], file.sample)},
        scores=TableReference("scores.parquet", answers.rows, file.rows),
    )
    return Case(
        candidate=Candidate(subject, file.model, file.model),
        signature=file.signature,
        source=NOWHERE,
        environment="",
        evidence=Evidence(scores=ScoreTable.of(table, task)).holding(evidence),
        digests={},
        min_rows_per_value=MIN_ROWS,
        metric=known[policy.accuracy.metric],
        level=policy.accuracy.level,
    )
