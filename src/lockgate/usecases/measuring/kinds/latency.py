"""``lockgate check latency``: candidate and champion answer the same rows, in turns, and their time is taken."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lockgate.domain.identity import Digest
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence, Timing, batches_of
from lockgate.domain.measuring.probes import sampled
from lockgate.domain.model.candidate import MODEL, SIGNATURE, Subject
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Columns, Signature
from lockgate.domain.names import listed
from lockgate.errors import DataError, LockgateError
from lockgate.ports import Contestant, Runtime, Tables
from lockgate.usecases.measuring.methods import measured_here, method_here
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.project import Project, read_candidate

ROUNDS = 201
SECONDS = 2.0


@dataclass(frozen=True)
class TimedModel:
    """A candidate or a release that asks to replace the champion: its folder, who it is, and where its times go."""

    folder: Path
    subject: Subject
    target: Path


def of_candidate(project: Project, name: str) -> TimedModel:
    """A candidate as it was exported."""
    paths = project.layout.candidate(name)
    return TimedModel(paths.export, read_candidate(project, name).subject, project.layout.evidence(name, "latency"))


def raced_already(project: Project, entrant: TimedModel, environment: str) -> bool:
    """Whether these very models' times are there."""
    try:
        found = project.documents.read(entrant.target, LatencyEvidence)
    except LockgateError:  # absent or unreadable: it is measured again
        return False
    if not measured_here(project, "latency", found.method):
        return False
    # Where the test table is smaller than a batch, the largest that was timed is all of it.
    timed = {timing.rows for timing in found.timings}
    if any(batch not in timed and batch < max(timed, default=0) for batch in _named(project)):
        return False
    champion = champion_of(project, environment)
    if champion is None:
        return found.subject == entrant.subject and found.champion is None
    folder = project.releases.open(champion.release.short)
    known = folder is not None and project.store.has(folder / MODEL)
    return found.subject == entrant.subject and known and _model(project, folder) == found.champion


def take_times(
    project: Project,
    entrant: TimedModel,
    champion: Path | None,
    runtime: Runtime,
    tables: Tables,
    seconds: float = SECONDS,
) -> LatencyEvidence:
    """Take the times beside the champion, alone without one, and keep them at ``entrant.target``.

    ``seconds`` is the longest that it takes for each number of rows, where enough rounds fit in.
    Raises ``ModelError`` or ``DataError`` where a model does not take today's rows; then no times are kept.
    """
    project.store.forget(entrant.target)
    folders = [entrant.folder] if champion is None else [entrant.folder, champion]
    table = tables.read(project.layout.root / project.settings.tables.test)
    there = len(next(iter(table.values()), ()))
    if not there:
        raise DataError("the test table has no rows: there is nothing to take the time of")
    sizes = batches_of(_named(project), there)
    timings = tuple(_timing(project, folders, table, sampled(there, rows), runtime, seconds) for rows in sizes)
    evidence = LatencyEvidence(
        subject=entrant.subject,
        tools=dict(runtime.versions()),
        champion=_model(project, champion),
        bytes=project.store.size(entrant.folder / MODEL),
        champion_bytes=None if champion is None else project.store.size(champion / MODEL),
        timings=timings,
        method=method_here(project, "latency"),
    )
    project.documents.write(entrant.target, evidence)
    return evidence


def _model(project: Project, folder: Path | None) -> Digest | None:
    return None if folder is None else project.files.sha256(folder / MODEL)


def _named(project: Project) -> tuple[int, ...]:
    """The batches that the policy names."""
    policy = project.settings.gates.latency
    return () if policy is None else policy.batches


def _timing(
    project: Project,
    folders: list[Path],
    table: Columns,
    chosen: npt.NDArray[np.intp],
    runtime: Runtime,
    seconds: float,
) -> Timing:
    """Everybody is asked the same rows, each as many columns as it takes."""
    contestants = [_contestant(project, folder, table, chosen) for folder in folders]
    taken = [tuple(times) for times in runtime.race(contestants, ROUNDS, seconds)]
    return Timing(len(chosen), taken[0], taken[1] if len(taken) > 1 else ())


def _contestant(project: Project, folder: Path, table: Columns, chosen: npt.NDArray[np.intp]) -> Contestant:
    signature = project.documents.read(folder / SIGNATURE, Signature)
    if absent := [name for name in signature.names if name not in table]:
        raise DataError(f"the test table has no column {listed(absent)}", hint="see `tables` in params.yaml")
    return Contestant(
        folder / MODEL, signature, Inputs.of({name: table[name][chosen] for name in signature.names}, signature.inputs)
    )
