"""``lockgate check``: collect evidence on tests and accuracy. A check never decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.extensions.installed import packages
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.candidate import MODEL, SIGNATURE, Subject
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.score_table import TableReference, table_of
from lockgate.domain.model.signature import Columns, Outputs, Signature
from lockgate.domain.model.task import Regression, Task
from lockgate.domain.names import listed, meant
from lockgate.domain.project.labelled_rows import labelled, sample_of
from lockgate.domain.project.layout import CandidateLayout
from lockgate.domain.project.task_of_candidates import exported
from lockgate.domain.statistics.absence import remarks
from lockgate.domain.statistics.metrics.guarded import MetricFailed
from lockgate.domain.statistics.metrics.registry import value
from lockgate.domain.statistics.sample import AnySample
from lockgate.errors import DataError, ModelError
from lockgate.ports import Metrics, Repository, Runtime, Session, Tables, TestRunner
from lockgate.usecases.measuring.methods import brought, demand_brought, method_here
from lockgate.usecases.project.project import Project, read_candidate
from lockgate.usecases.project.sources import look_at_pages, look_at_reading


@dataclass(frozen=True)
class LoadedModel:
    """A candidate's ONNX model, loaded, with the held-out rows and its answers to them.

    ``columns`` are those of the whole table, ``inputs`` what the model takes of them.
    """

    name: str
    model: Path
    signature: Signature
    session: Session
    columns: Columns
    outputs: Outputs
    inputs: Inputs

    @classmethod
    def asked(cls, name: str, model: Path, signature: Signature, session: Session, columns: Columns) -> "LoadedModel":
        """The model asked all rows of the table. Raises ``ModelError`` where it does not take them."""
        inputs = Inputs.of(columns, signature.inputs)
        return cls(name, model, signature, session, columns, session.run(inputs), inputs)

    def answers(self) -> Answers:
        """What it said to the held-out rows. Raises ``ModelError`` for outputs that are not those of its signature."""
        return Answers.of(self.signature, self.outputs)

    @property
    def task(self) -> Task:
        """What kind of answer it gives."""
        return self.signature.task

    @property
    def rows(self) -> int:
        """How many held-out rows there are."""
        return len(next(iter(self.columns.values())))


def check_tests(project: Project, repository: Repository, runner: TestRunner) -> TestsEvidence:
    """Run the project's own tests on this commit and keep what their report says."""
    settings, root = project.settings.tests, project.layout.root
    source, noticed = repository.source(), look_at_reading(project, repository)
    pages = look_at_pages(project, repository)
    evidence = runner.run(settings.command, root / settings.report, source, root)
    unread_pages, unread = pages(), noticed().unread
    counted = tuple(name for name in source.changed if name not in unread)
    evidence = replace(evidence, source=replace(source, changed=counted), unread=tuple(sorted(unread)))
    evidence = replace(evidence, method=method_here(project, "tests"), unread_pages=unread_pages)
    project.documents.write(project.layout.tests, evidence)
    return evidence


def open_judged(project: Project, name: str, runtime: Runtime, tables: Tables) -> LoadedModel:
    """Load the exported model and the held-out rows. Raises where the rows lack a column."""
    return open_export(project, name, project.layout.candidate(name).export, runtime, tables)


def open_export(project: Project, name: str, export: Path, runtime: Runtime, tables: Tables) -> LoadedModel:
    """The same for any folder with a model and its signature, a release's too."""
    signature = project.documents.read(export / SIGNATURE, Signature)
    test = project.layout.root / project.settings.tables.test
    settings, columns = project.settings.tables, tables.read(test)
    wanted = (*signature.names, *settings.truths, *settings.judged_only)
    if absent := [column for column in wanted if column not in columns]:
        guess = meant(absent[0], columns)
        raise DataError(f"{test}: has no column {listed(absent)}{guess}", hint="see `tables` in params.yaml")
    columns = labelled(columns, settings, str(test))
    task = exported(name, signature, settings)
    if task.labelled and (problem := task.problem_of_rows(columns[settings.label].tolist())):
        raise DataError(
            f"{test}: {problem}", hint="the model must be trained on every class of these rows: lockgate run"
        )
    session = runtime.open(export / MODEL, signature)
    return LoadedModel.asked(name, export / MODEL, replace(signature, task=task), session, columns)


def check_accuracy(
    project: Project, judged: LoadedModel, runtime: Runtime, metrics: Metrics, tables: Tables
) -> AccuracyEvidence:
    """Measure a candidate's ONNX model, as it will serve, on the held-out rows; keep the score of every row."""
    subject, paths = read_candidate(project, judged.name).subject, project.layout.candidate(judged.name)
    return measure_accuracy(project, judged, subject, paths, runtime, metrics, tables)


def measure_accuracy(
    project: Project,
    judged: LoadedModel,
    subject: Subject,
    paths: CandidateLayout,
    runtime: Runtime,
    metrics: Metrics,
    tables: Tables,
) -> AccuracyEvidence:
    """Measure any ONNX model on the held-out rows, a champion's too; evidence and scores go under ``paths``."""
    settings, policy = project.settings.tables, project.settings.gates.accuracy
    demand_brought(project, "accuracy", (policy.metric,), "gates.accuracy.metric")
    others = brought(project, "accuracy")
    path = paths.scores
    sample, table = answers_of(project, judged)
    tables.write(path, table)
    del table  # of millions of rows it is in nobody's way any more
    evidence = AccuracyEvidence(
        subject=subject,
        tools={**runtime.versions(), **packages(others.values())},
        rows=judged.rows,
        task=judged.task,
        counts=judged.task.counts(settings.truth(judged.columns)),
        metrics={
            **metrics.measure(sample),
            **{name: _by_others(project, name, sample) for name in others},
        },
        scores=TableReference(path.name, judged.rows, project.files.sha256(path)),
        method=method_here(project, "accuracy"),
    )
    project.documents.write(paths.accuracy, evidence)
    return evidence


def answers_of(project: Project, judged: LoadedModel) -> tuple[AnySample, Columns]:
    """Its answers to the held-out rows, and the score table with them. Raises ``ModelError`` where they are none."""
    settings = project.settings.tables
    try:
        answers = judged.answers()
    except ModelError as error:
        raise _unclassified(judged) from error
    if answers.rows != judged.rows or judged.task.labelled != (answers.labels is not None):
        raise _unclassified(judged)
    sample = sample_of(answers, judged.columns, settings)
    # Rows are sliced by values, and a tensor is none.
    columns = (name for name in judged.signature.names if judged.columns[name].ndim == 1)
    kept = {name: judged.columns[name] for name in (*columns, *settings.judged_only)}
    truth, naive = settings.truth(judged.columns), settings.forecast(judged.columns)
    return sample, table_of(answers, truth, kept, sample.blocks, naive)


def remarks_on(project: Project, judged: LoadedModel, metrics: Mapping[str, float | None]) -> tuple[str, ...]:
    """What a reader of the metrics has to know of the answers; see ``remarks``."""
    of_quantiles = isinstance(judged.task, Regression) and judged.task.quantiles
    if None not in metrics.values() and not of_quantiles:
        return ()
    return tuple(remarks(metrics, sample_of(judged.answers(), judged.columns, project.settings.tables)))


def _by_others(project: Project, name: str, sample: AnySample) -> float | None:
    """``None`` where the code of others gives up: the gate, which asks it again, says why."""
    try:
        return value(project.installed.metrics[name], sample)
    except MetricFailed:
        return None


def _unclassified(judged: LoadedModel) -> ModelError:
    signature = judged.signature
    if not signature.task.labelled:
        told = f"its output is not {signature.probabilities} over {listed(signature.task.columns)}"
        return ModelError(f"candidate {judged.name}: {told}", hint="export it again: lockgate run")
    return ModelError(
        f"candidate {judged.name}: its outputs are not {signature.label} and "
        f"{signature.probabilities} over {listed(signature.classes)}",
        hint="tables.positive in params.yaml must be one of the classes; else export again",
    )
