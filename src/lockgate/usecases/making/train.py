"""``lockgate train``: the plug-in trains one candidate, and Lockgate measures it on validation rows and tracks it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lockgate.domain.making.group_counts import GroupCounts, count_groups
from lockgate.domain.making.selection import Validation
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.signature import Columns
from lockgate.domain.model.splits import TRAINING, VALIDATION
from lockgate.domain.names import listed
from lockgate.domain.project.labelled_rows import demand_floors, demand_task, labelled, sample_of
from lockgate.domain.project.settings import TablesSettings
from lockgate.domain.project.task_of_candidates import in_full, task_of_model
from lockgate.domain.statistics.absence import remarks
from lockgate.domain.statistics.metrics.registry import value
from lockgate.domain.statistics.sample import AnySample, Sample
from lockgate.errors import ModelError
from lockgate.ports import (
    DatasetVersion,
    Metrics,
    ModelPlugin,
    Repository,
    SourceModel,
    Tables,
    Tracked,
    Tracker,
    TrainingRecord,
)
from lockgate.usecases.making.hand_over import opened_by, trained_by
from lockgate.usecases.making.source_answers import answers, signature_of
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project

OnEpoch = Callable[[int, int, dict[str, float]], None]


@dataclass
class Run:
    """The training-run port: hands out the rows, collects the epochs, and stops a training that has gone wrong."""

    candidate: str
    folder: Path
    training: Columns
    validation: Columns
    tracked: Tracked
    on_epoch: OnEpoch
    epochs: list[dict[str, float]] = field(default_factory=list)

    def epoch(self, number: int, of: int, **metrics: float) -> None:
        """Report an epoch, from 1. Raises ``ModelError`` for a metric that is no finite number."""
        if wrong := [name for name, value in metrics.items() if not math.isfinite(value)]:
            raise ModelError(
                f"candidate {self.candidate}: {wrong[0]} is {metrics[wrong[0]]} in epoch {number}",
                hint=f"the training has diverged: lower its learning rate under train.{self.candidate} in params.yaml",
            )
        self.epochs.append({"epoch": number, **metrics})
        self.tracked.log(metrics, number)
        self.on_epoch(number, of, metrics)


@dataclass(frozen=True)
class TrainReport:
    """What was trained, and what it answered on validation rows, with what a reader of the metrics has to know."""

    validation: Validation
    rows: int
    epochs: int
    where: str
    path: str
    remarks: tuple[str, ...] = ()


def train_candidate(instruments: Instruments, name: str, on_epoch: OnEpoch, subset: int | None) -> TrainReport:
    """As ``train``, by the instruments of the project."""
    return train(
        instruments.project(),
        name,
        instruments.plugin(),
        instruments.tables(),
        instruments.metrics(),
        instruments.tracker(),
        instruments.repository(),
        on_epoch,
        subset,
    )


def train(
    project: Project,
    name: str,
    plugin: ModelPlugin,
    tables: Tables,
    metrics: Metrics,
    tracker: Tracker,
    repository: Repository,
    on_epoch: OnEpoch,
    subset: int | None = None,
) -> TrainReport:
    """Train a candidate. With ``subset``, on that many rows, into ``build/tries/``: a try that nobody can deliver."""
    settings = project.settings.tables
    paths = project.layout.candidate(name) if subset is None else project.layout.quick_try(name)
    read = {split: tables.read(project.layout.root / path) for split, path in _seen(settings)}
    known = {split: labelled(read[split], settings, path) for split, path in _seen(settings)}
    demand_task(settings, known)
    demand_floors(project.settings, known[settings.splits[0]])
    judged, validation, training = known[VALIDATION], read[VALIDATION], _subset(read.get(TRAINING, {}), subset)
    folder = paths.trained.parent
    project.files.clear(folder)
    with tracker.training(name, _record(project, name, repository, subset)) as tracked:
        run = Run(name, folder, training, validation, tracked, on_epoch)
        trained = in_full(name, trained_by(plugin, run, project.store), settings)
        project.documents.write(paths.trained, trained)
        measured, said = _measure(project, name, trained, opened_by(plugin, trained, folder), judged, folder, metrics)
        project.documents.write(paths.validation, measured)
        project.files.write_bytes(paths.epochs, _csv(run.epochs))
        tracked.log({f"validation_{k}": v for k, v in measured.metrics.items() if v is not None}, len(run.epochs))
        for path in _tracked(folder, trained, paths.trained):
            tracked.artefact(path)
        tracked.artefact(paths.validation)
    rows = len(training.get(settings.truths[0], ()))
    where = str(folder.relative_to(project.layout.root))
    return TrainReport(measured, rows, len(run.epochs), tracked.where, where, said)


def _seen(settings: TablesSettings) -> Sequence[tuple[str, str]]:
    """The tables that a training is given, each with its path."""
    given = ((TRAINING, settings.training), (VALIDATION, settings.validation))
    return [(split, path) for split, path in given if path is not None]


def _tracked(folder: Path, trained: Trained, hand_over: Path) -> Sequence[Path]:
    """What the tracking server gets. Stored answers stand beside the rows that they were given to, which stay here."""
    return (folder,) if trained.reference is None else (folder / trained.model, hand_over)


def _subset(columns: Columns, rows: int | None) -> Columns:
    """Rows spread evenly over the table."""
    total = len(next(iter(columns.values()), ()))
    if rows is None or rows >= total:
        return columns
    chosen = np.linspace(0, total - 1, rows).astype(np.int64)
    return {name: values[chosen] for name, values in columns.items()}


def _measure(
    project: Project,
    name: str,
    trained: Trained,
    source: SourceModel,
    validation: Columns,
    folder: Path,
    metrics: Metrics,
) -> tuple[Validation, tuple[str, ...]]:
    """What the model that was saved, loaded again, answers, with remarks: a file that lost something is found here."""
    settings = project.settings.tables
    task = task_of_model(name, trained, settings)
    if task.labelled and (problem := task.problem_of_rows(settings.truth(validation).tolist())):
        told = f"candidate {name}: {settings.validation}: {problem}"
        raise ModelError(told, hint="Trained.classes names every class, as tables.label has them; then: lockgate run")
    signature = signature_of(trained, source, task)
    outputs = answers(source, validation, signature)
    sample = sample_of(Answers.of(signature, outputs), validation, settings)
    measured = Validation(
        candidate=name,
        framework=trained.framework,
        model_file=trained.model,
        model=project.files.sha256(folder / trained.model),
        data=project.files.md5(project.layout.root / settings.validation),
        rows=sample.rows,
        metrics=_metrics(project, metrics, sample),
        groups=_groups(project, sample, validation),
        task=task,
    )
    return measured, tuple(remarks(measured.metrics, sample))


def _metrics(project: Project, metrics: Metrics, sample: AnySample) -> dict[str, float | None]:
    """What is usually looked at, and what the candidates compete by."""
    found, chosen = dict(metrics.measure(sample)), project.settings.selection_metric
    return found if chosen in found else {**found, chosen: value(chosen, sample)}


def _groups(project: Project, sample: AnySample, columns: Columns) -> tuple[GroupCounts, ...]:
    """Every group of the fairness policy's attributes, but for small ones that the selection does not compare."""
    settings = project.settings
    if settings.gates.fairness is None or not isinstance(sample, Sample):
        return ()
    least = min(settings.tables.min_rows_per_value, settings.selection_min_rows or 1)
    return count_groups(settings.gates.fairness.attributes, sample, columns, least)


def _record(project: Project, name: str, repository: Repository, subset: int | None) -> TrainingRecord:
    source, settings, root = repository.source(), project.settings.tables, project.layout.root
    datasets = [DatasetVersion(split, path, project.files.md5(root / path)) for split, path in _seen(settings)]
    tags = {
        "lockgate.stage": "train" if subset is None else "try",
        "lockgate.candidate": name,
        "mlflow.source.git.commit": source.commit,
        "lockgate.uncommitted": listed(source.changed) or "no",
    }
    return TrainingRecord(name, {**project.settings.train[name], "subset": subset or "all"}, tags, datasets)


def _csv(epochs: list[dict[str, float]]) -> bytes:
    """The epochs as a table for `dvc plots`; a model without epochs leaves an empty one."""
    names = list(epochs[0]) if epochs else ["epoch", "loss"]
    lines = [",".join(f"{row.get(name, float('nan')):.10g}" for name in names) for row in epochs]
    return "\n".join([",".join(names), *lines, ""]).encode()
