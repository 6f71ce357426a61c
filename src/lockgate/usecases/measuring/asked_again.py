"""Asking a model the held-out rows again: what was kept of its answers in the project is not believed.

Nothing here imports the project's code: an ONNX file and a table are read, each by its hash.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from lockgate.domain.identity import Digest, sha256
from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.gates.accuracy.asked_again import held_to
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.score_table import ScoreTable, TableReference
from lockgate.domain.releasing.release import sealed
from lockgate.domain.statistics.metrics.guarded import MetricFailed
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import value
from lockgate.errors import DataError, ModelError
from lockgate.ports import Runtime, StageLock, Tables
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel, answers_of, open_export
from lockgate.usecases.measuring.kinds.explanation import measure_explanation
from lockgate.usecases.measuring.measured_again import Again, measured_otherwise
from lockgate.usecases.measuring.methods import measured_here, method_here
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.valid_documents import read_if_sound

C = TypeVar("C", bound=Champion)


@dataclass(frozen=True)
class Asking:
    """What models are asked again with; ``rows`` is the hash that the held-out table was found to have.

    With ``all_evidence`` not only the answers are: whatever takes seconds, and no code of the project, is measured.
    """

    project: Project
    runtime: Runtime
    tables: Tables
    rows: Digest
    all_evidence: bool = False

    def opened(self, name: str, export: Path) -> LoadedModel:
        """The model of a folder, asked all held-out rows."""
        return open_export(self.project, name, export, self.runtime, self.tables)

    def answers(self, judged: LoadedModel) -> ScoreTable:
        """What it answered, with the columns of the rows."""
        _, table = answers_of(self.project, judged)
        return ScoreTable.of(table, judged.task)


def held_out_rows(project: Project, expected: Digest) -> Digest:
    """The hash of the held-out table as it lies here. Raises ``DataError`` where it is not the expected one."""
    name = project.settings.tables.test
    found = project.files.md5(project.layout.root / name)
    if found != expected:
        raise DataError(
            f"{name} has the hash {found}, and the model was judged on the rows with {expected}",
            hint="get those: dvc checkout; where the rows were renewed, judge again: lockgate deliver",
        )
    return found


def demand_recorded(project: Project, rows: Digest, lock: StageLock) -> None:
    """Raise ``DataError`` where `dvc.lock` records another hash for the held-out table than that it has."""
    name = project.settings.tables.test
    for stage in lock.stages():
        if (recorded := stage.outs.get(name)) is not None and recorded != rows.hex:
            raise DataError(
                f"{name} has the hash {rows.hex}, and dvc.lock records {recorded} for what {stage.name} made",
                hint="it was changed since: dvc checkout, or make it again: lockgate run",
            )


def ask_case_again(asking: Asking, case: Case, export: Path, champion: Path | None, anchor: Path | None = None) -> Case:
    """The case with today's answers of the candidate's model, the champion's and the anchor's, each of its bundle."""
    metric = asking.project.metric
    judged = asking.opened(case.subject.candidate, export)
    evidence = held_to(case.evidence, asking.answers(judged), metric)
    if asking.all_evidence and not evidence.contradiction:
        again = Again.of(asking.project, judged, export, asking.runtime, asking.tables)
        evidence = replace(evidence, contradiction=measured_otherwise(again, case.evidence))
    case = replace(case, evidence=evidence)
    if case.champion is None or case.champion.model == case.subject.model:
        return case
    if champion is not None:
        explained = asking.project.settings.gates.explanation is not None
        case = replace(case, champion=_champion_again(asking, case.champion, champion, metric, explained=explained))
    if case.anchor is None or anchor is None or case.anchor.model == case.subject.model:
        return case
    return replace(case, anchor=_champion_again(asking, case.anchor, anchor, metric, explained=False))


def metric_again(asking: Asking, name: str, folder: Path, metric: Metric) -> float | None:
    """What the metric is of today's answers of a release in a folder; ``None`` where they give none."""
    try:
        return value(metric, asking.answers(asking.opened(name, folder)).sample)
    except (DataError, ModelError, MetricFailed):
        return None


def _champion_again(asking: Asking, champion: C, folder: Path, metric: Metric | None, *, explained: bool) -> C:
    if champion.model is None:
        return champion
    kept = champion.evidence
    try:
        judged = asking.opened(champion.name, folder)
        answers = asking.answers(judged)
    except (DataError, ModelError):  # it does not take these rows: there is nothing to compare with
        return replace(champion, evidence=replace(kept, scores=None), asked=frozenset())
    subject = Subject(champion.release.short, champion.model, asking.rows)
    document = _accuracy(asking, judged, answers, subject, metric)
    again = Evidence(scores=answers).holding(*kept.documents.values(), document)
    if AccuracyEvidence in champion.asked:
        again = replace(again, contradiction=held_to(kept, answers, metric).contradiction)
    asked: frozenset[type] = frozenset({AccuracyEvidence})
    if explained:
        again = again.holding(_sealed_explanation(asking, folder, subject) or _explained(asking, judged, subject))
        asked = frozenset({AccuracyEvidence, ExplanationEvidence})
    return replace(champion, evidence=again, asked=asked)


def _sealed_explanation(asking: Asking, folder: Path, subject: Subject) -> ExplanationEvidence | None:
    """What its signed release says of these very rows; ``None`` where they were renewed, or it was measured otherwise.

    It takes seconds to measure.
    """
    project, path = asking.project, folder / sealed(NAMES[ExplanationEvidence])
    found = read_if_sound(project, path, ExplanationEvidence)
    if found is None or (found.subject.model, found.subject.data) != (subject.model, subject.data):
        return None
    return found if measured_here(project, "explanation", found.method) else None


def _explained(asking: Asking, judged: LoadedModel, subject: Subject) -> ExplanationEvidence:
    tables = asking.project.settings.tables
    truth, blocks = tables.truth(judged.columns), tables.blocks(judged.columns)
    explained = measure_explanation(judged, truth, subject, dict(asking.runtime.versions()), blocks)
    return replace(explained, method=method_here(asking.project, "explanation"))


def _accuracy(
    asking: Asking, judged: LoadedModel, answers: ScoreTable, subject: Subject, metric: Metric | None
) -> AccuracyEvidence:
    """The document of these answers; it lies nowhere, and neither does the table."""
    settings = asking.project.settings.tables
    try:
        measured = {} if metric is None else {metric.name: value(metric, answers.sample)}
    except MetricFailed:  # the gate asks it again, and says why
        measured = {}
    return AccuracyEvidence(
        subject=subject,
        tools=dict(asking.runtime.versions()),
        rows=answers.rows,
        task=judged.task,
        counts=judged.task.counts(settings.truth(judged.columns)),
        metrics=measured,
        scores=TableReference("", answers.rows, sha256(answers.sample.said.tobytes())),
        method=method_here(asking.project, "accuracy"),
    )
