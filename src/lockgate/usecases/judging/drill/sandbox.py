"""Where a plant grows: a project of its own below ``build/drill``, measured by the same checks as any candidate."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lockgate.domain.judging.deciding.registry import GATES, NAMES
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.data.gate import DATA
from lockgate.domain.judging.gates.latency.gate import LATENCY
from lockgate.domain.judging.gates.parity.gate import PARITY
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.measuring.kinds import OF_A_CANDIDATE, OF_A_MODEL
from lockgate.domain.measuring.probes import sampled
from lockgate.domain.model.signature import Columns
from lockgate.domain.project.layout import Layout
from lockgate.domain.project.task_of_candidates import in_full
from lockgate.ports import Clock, GraphEditor, Metrics, ModelPlugin, Runtime, Tables, TestRunner
from lockgate.usecases.judging.drill.plant import Planted
from lockgate.usecases.judging.stored_evidence import documents_of, read_documents
from lockgate.usecases.making.export import export
from lockgate.usecases.making.hand_over import trained_by
from lockgate.usecases.making.train import Run
from lockgate.usecases.measuring.checks import CHECKS, Asking
from lockgate.usecases.measuring.kinds.accuracy import open_judged
from lockgate.usecases.measuring.kinds.data import check_data
from lockgate.usecases.measuring.kinds.latency import SECONDS, of_candidate, take_times
from lockgate.usecases.measuring.kinds.plugins import check_others
from lockgate.usecases.measuring.score_tables import read_scores, tables_beside
from lockgate.usecases.project.project import Project

PARITY_ROWS = 2_000
"""Parity asks each row many times over; a plant that differs does so on a part of them as well."""
PLANT_SECONDS = 0.5
PATIENT_SECONDS = 4 * SECONDS
"""How long the times are taken once more that must pass, where the machine did other things meanwhile."""
"""What is planted to be slow or large is so by far: a quarter of the time shows it."""


@dataclass(frozen=True)
class Tools:
    """The ports that measuring takes; ``runtime`` makes a new one, so that no plant meets another's process."""

    plugin: ModelPlugin
    runtime: Callable[[], Runtime]
    metrics: Metrics
    tables: Tables
    runner: TestRunner
    graphs: GraphEditor
    clock: Clock

    def of_one_plant(self) -> "Tools":
        """With one runtime: what has loaded a plant's export measures it."""
        runtime = self.runtime()
        return replace(self, runtime=lambda: runtime)


@dataclass(frozen=True)
class _Silent:
    """A training that nobody tracks."""

    where: str = ""

    def log(self, metrics: object, step: int) -> None:
        """Nothing."""

    def artefact(self, path: Path) -> None:
        """Nothing."""


def _unseen(number: int, of: int, metrics: dict[str, float]) -> None:
    """Nobody looks at the epochs."""


def kinds_for(gate: str) -> tuple[str, ...]:
    """The kinds of evidence that a gate is judged on; all of them for one without documents, or of others."""
    judged = next((each.judged_by("") for each in GATES if each.name == gate), ())
    return (
        tuple(kind for kind in (NAMES[each] for each in judged) if kind in OF_A_CANDIDATE) if judged else OF_A_CANDIDATE
    )


def plot_of(project: Project, plant: str) -> Project:
    """A project whose files lie apart, and whose tables are the real ones."""
    root, tables = project.layout.root, project.settings.tables
    real: dict[str, Any] = {split: str(root / getattr(tables, split)) for split in tables.splits}
    settings = replace(project.settings, tables=replace(tables, **real), service=str(root / project.settings.service))
    slug = re.sub(r"[^a-z0-9]+", "-", plant.lower()).strip("-")
    return replace(project, layout=Layout(project.layout.build / "drill" / slug), settings=settings)


@contextmanager
def grown(sound: Project, name: str, plant: str, planted: Planted, gate: str, tools: Tools) -> Iterator[Project]:
    """The plot with tables, model and training in place, and a candidate of that name in it; cleared away again."""
    plot = plot_of(sound, plant)
    with plot.store.sandbox(plot.layout.root):
        yield _grow(sound, plot, name, planted, gate, tools)


def _grow(sound: Project, plot: Project, name: str, planted: Planted, gate: str, tools: Tools) -> Project:
    tables: dict[str, Columns] = dict(planted.tables)
    if gate == PARITY.name and "test" not in tables:
        tables["test"] = _some(tools.tables.read(Path(plot.settings.tables.test)))
    for split, columns in tables.items():
        tools.tables.write(plot.layout.root / f"{split}.parquet", columns)
    written: dict[str, Any] = {split: str(plot.layout.root / f"{split}.parquet") for split in tables}
    plot = replace(plot, settings=replace(plot.settings, tables=replace(plot.settings.tables, **written)))
    if planted.training is not None:
        _train(plot, name, planted.training, tools)
    else:
        _copy(sound, plot, name, planted)
    return plot


def _some(test: Columns) -> Columns:
    rows = sampled(len(next(iter(test.values()), ())), PARITY_ROWS)
    return {name: values[rows] for name, values in test.items()}


def _train(plot: Project, name: str, training: Columns, tools: Tools) -> None:
    paths, settings = plot.layout.candidate(name), plot.settings.tables
    folder = paths.trained.parent
    plot.files.clear(folder)
    validation = tools.tables.read(Path(settings.validation))
    run = Run(name, folder, training, validation, _Silent(), _unseen)
    plot.documents.write(paths.trained, in_full(name, trained_by(tools.plugin, run, plot.store), settings))
    export(plot, name, tools.plugin, tools.runtime(), tools.tables, tools.graphs)


def _copy(sound: Project, plot: Project, name: str, planted: Planted) -> None:
    ours, theirs = sound.layout.candidate(name), plot.layout.candidate(name)
    for source, target in ((ours.trained.parent, theirs.trained.parent), (ours.export, theirs.export)):
        with plot.files.place(target, {path: source / path for path in plot.files.tree(source, links=True)}):
            pass
    if planted.model is not None:
        plot.files.write_bytes(theirs.model, planted.model)
    if planted.signature is not None:
        plot.documents.write(theirs.signature, planted.signature)


def measure(
    plot: Project, name: str, kinds: tuple[str, ...], champion: Path, tools: Tools, seconds: float = SECONDS
) -> Evidence:
    """Collect evidence of these kinds by the checks of the way; ``champion`` is the folder of the sound export.

    ``seconds`` is how long times are taken, of each number of rows.
    """
    runtime = tools.runtime()
    if DATA.name in kinds:
        check_data(plot, name, tools.plugin.inputs(), tools.tables, dict(runtime.versions()))
    if of_a_model := tuple(kind for kind in OF_A_MODEL if kind in kinds):
        _measure_model(plot, name, of_a_model, runtime, tools)
    if LATENCY.name in kinds:
        take_times(plot, of_candidate(plot, name), champion, runtime, tools.tables, seconds)
    return collected(plot, name, tools)


def _measure_model(plot: Project, name: str, kinds: tuple[str, ...], runtime: Runtime, tools: Tools) -> None:
    judged = open_judged(plot, name, runtime, tools.tables)
    asking = Asking(plot, judged, runtime, tools.metrics, tools.tables, lambda: tools.plugin)
    for kind in kinds:
        CHECKS[kind](asking)
    if kinds == OF_A_MODEL:  # the twin, and plants for gates of others
        list(check_others(plot, judged, runtime))


def collected(project: Project, name: str, tools: Tools) -> Evidence:
    """The evidence documents that lie there, with the scores of the accuracy's."""
    paths = {kind: project.layout.evidence(name, kind) for kind in documents_of(project)}
    evidence, _ = read_documents(project, paths)
    for kind in evidence.unreadable:
        project.documents.read(paths[kind], documents_of(project)[kind])  # raises what is wrong with it
    accuracy = evidence.of(AccuracyEvidence)
    if accuracy is None:
        return evidence
    path = project.layout.candidate(name).scores
    return replace(
        evidence,
        scores=read_scores(tools.tables, project.files, path, accuracy),
        tables=tables_beside(project, tools.tables, evidence),
    )
