"""What a policy demands of a file: of its answers to the rows, and where there are training rows of the tables."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.floors import LEVEL
from lockgate.domain.judging.deciding.guard import judged
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.registry import asked
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.data.gate import DATA
from lockgate.domain.judging.gates.robustness.gate import ROBUSTNESS
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import OPENING, Finding, Outcome
from lockgate.domain.judging.protocol.gate import AskedGate, Gate
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import RECHECK
from lockgate.domain.model.candidate import Candidate, Subject
from lockgate.domain.model.graphs.read_answers import ReadAnswers
from lockgate.domain.model.profile import MIN_ROWS
from lockgate.domain.model.score_table import ScoreTable, TableReference, table_of
from lockgate.domain.model.signature import Array, Columns, Signature
from lockgate.domain.model.splits import TEST, TRAINING
from lockgate.domain.source import Source
from lockgate.domain.statistics.metrics.first_looked_at import FIRST
from lockgate.domain.statistics.metrics.registry import metric_of, value
from lockgate.domain.statistics.sample import AnySample, ValueSample

NOWHERE = Source("", "")
"""A file has no commit."""
OF_A_FILE = {
    RECHECK: "judge it again",
    ": Trained.classes": ": name them by --classes in that order",
    ": tables.labels": ": name them by --labels in that order",
    "add the column to tables.judged_only": "give the rows that column",
    "as `tables.group` says": "as --group says",
    "tables.time names it": "--time names it",
    "tables.group names it": "--group names it",
    "mend the tables that `data()` of the plug-in gives, or the input signature": "mend the tables",
}
"""What findings of a project say, in words of a file."""
OF_TRAINING = (DATA, ROBUSTNESS)
"""The gates that need the rows that a model was trained on, and nothing else of a project."""


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

    @property
    def subject(self) -> Subject:
        """What evidence on it is of."""
        return Subject("file", self.model, self.rows)


def of_a_file(found: Finding) -> Finding:
    """The finding in words of a file and its rows, where there is no project to run or to mend."""
    message, remedy = found.message, found.remedy
    for of_project, of_file in OF_A_FILE.items():
        message, remedy = message.replace(of_project, of_file), remedy.replace(of_project, of_file)
    return replace(found, message=message, remedy=remedy)


def by_gates(gates: Sequence[AskedGate], case: Case) -> Iterator[Finding]:
    """Findings of gates on a file; what needs a champion is left out, as it is not asked."""
    for gate in gates:
        yield from _findings(gate, case)


def gates_asked(policy: Policy | None, *, training: bool) -> tuple[AskedGate, ...]:
    """Those that are on and need nothing but the answers to the rows; with training rows those of the tables, too.

    Without a policy these two hold by the limits that they have by default.
    """
    if policy is None:
        return tuple(AskedGate(gate, gate.policy()) for gate in OF_TRAINING if training and gate.policy)
    return tuple(gate for gate in asked(policy) if gate.mode != "off" and _can_be_asked(gate.gate, training=training))


def _can_be_asked(gate: Gate, *, training: bool) -> bool:
    needed = {*(gate.judges or gate.documents.values())}
    return needed == {AccuracyEvidence} or (training and gate in OF_TRAINING)


def _findings(gate: AskedGate, case: Case) -> Iterator[Finding]:
    for found in judged(gate, case):
        if found.reason == Reason.NO_CHAMPION:
            continue
        warns = gate.mode == "warn" and found.outcome not in OPENING
        yield replace(found, outcome=Outcome.WARNED) if warns else found


def case_of(
    file: FileAnswers, policy: Policy | None, documents: Sequence[object] = (), kept: Collection[str] | None = None
) -> Case:
    """What is to be decided of a file, on these documents; ``kept`` are the columns beside its answers, by default all.

    There is no validation table, and no champion.
    """
    task, answers = file.read.answers.task, file.read.answers
    names = file.columns if kept is None else kept
    columns = {name: values for name, values in file.columns.items() if values.ndim == 1 and name in names}
    naive = file.sample.naive if isinstance(file.sample, ValueSample) else None
    table = table_of(answers, file.truth, columns, file.sample.blocks, naive)
    metric = metric_of(FIRST[task.kind][0] if policy is None else policy.accuracy.metric, task.kind)
    evidence = AccuracyEvidence(
        subject=file.subject,
        tools={},
        rows=answers.rows,
        task=task,
        counts=task.counts(file.truth),
        metrics={metric.name: value(metric, file.sample)},
        scores=TableReference("scores.parquet", answers.rows, file.rows),
    )
    return Case(
        candidate=Candidate(file.subject, file.model, file.model),
        signature=file.signature,
        source=NOWHERE,
        environment="",
        evidence=Evidence(scores=ScoreTable.of(table, task)).holding(evidence, *documents),
        digests={},
        min_rows_per_value=MIN_ROWS,
        metric=metric,
        level=LEVEL if policy is None else policy.accuracy.level,
        splits=(TRAINING, TEST),
    )
