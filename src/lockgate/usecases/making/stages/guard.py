"""Around a stage that DVC runs: all that it loads and reads is listed, and none of it changes while it runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lockgate.domain.making.stage_files import (
    SOURCES,
    FileState,
    StageSources,
    as_text,
    loaded_otherwise,
    unlisted,
    written_between,
)
from lockgate.domain.making.stage_records import Stage, param_name, value_of
from lockgate.domain.names import listed
from lockgate.errors import SourceError
from lockgate.ports import SourceReads, StageLock
from lockgate.usecases.project.project import Project


@dataclass(frozen=True)
class Begun:
    """A stage, as it is defined, and what it began with."""

    stage: Stage
    sources: StageSources


@contextmanager
def guarded(
    name: str, open_lock: Callable[[], StageLock], reads: SourceReads, load: Callable[[], object]
) -> Iterator[Begun]:
    """Be the stage of that name; the block gets what it began with.

    ``load`` loads the project's own code, which is what a stage does first; ``open_lock`` reads the stages as they are
    defined when it is called. Raises ``SourceError`` where the project's code reads what the stage does not list,
    before the stage has begun or at its end, and where something that the stage read was written while it ran. Then
    DVC records nothing.
    """
    lock = open_lock()
    stage = _defined(lock, name)
    files, params = _files(lock, stage), _params(lock, stage)
    with reads.watching():
        load()
        _demand_listed(reads, stage)
        yield Begun(stage, _sources(name, files, params))
    _demand_listed(reads, stage)
    after = open_lock()
    changed = {*written_between(files, _files(after, stage)), *loaded_otherwise(reads.found(), files)}
    now = _params(after, stage)
    changed |= {key for key, value in params.items() if value != now[key]}
    if changed:
        raise SourceError(
            f"stage {name}: {listed(sorted(changed))} changed while it ran: its result is of neither state",
            hint="run it again when nothing changes any more: lockgate run",
        )


def _sources(name: str, files: Mapping[str, FileState], params: Mapping[str, Any]) -> StageSources:
    written = {key: as_text(value) for key, value in params.items()}
    return StageSources(name, {path: state.md5 for path, state in files.items()}, written)


def note_sources(project: Project, begun: Begun) -> None:
    """Keep what a stage began with among its results; one whose results are single files has no place for it."""
    outs = (project.layout.root / out for out in begun.stage.outs)
    folder = next(filter(project.store.has_folder, outs), None)
    if folder is not None:
        project.documents.write(folder / SOURCES, begun.sources)


def _defined(lock: StageLock, name: str) -> Stage:
    stage = lock.defined(name)
    if stage is None:
        raise SourceError(f"dvc.yaml defines no stage {name}, which DVC runs", hint="see: dvc stage list")
    return stage


def _files(lock: StageLock, stage: Stage) -> dict[str, FileState]:
    return {path: state for dependency in stage.deps for path, state in lock.states(dependency).items()}


def _params(lock: StageLock, stage: Stage) -> Mapping[str, Any]:
    return {
        param_name(file, key): value_of(lock.params(file), key) for file, keys in stage.params.items() for key in keys
    }


def _demand_listed(reads: SourceReads, stage: Stage) -> None:
    # What of the settings a stage reads is told by its params.
    if found := sorted(set(unlisted(reads.found(), stage)) - {"params.yaml"}):
        raise SourceError(
            f"stage {stage.name} reads {listed(found)}, not listed under its deps in dvc.yaml",
            hint="list it there, for every stage that reads it: what is not listed can change and no stage runs again",
        )
