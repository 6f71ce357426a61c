"""Around a stage that DVC runs: all that it loads and reads is listed, and none of it changes while it runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lockgate.domain.lineage import Stage, value_of
from lockgate.domain.names import listed
from lockgate.domain.stage_files import FileState, loaded_otherwise, unlisted, written_between
from lockgate.errors import SourceError
from lockgate.ports import SourceReads, StageLock


@contextmanager
def guarded(
    name: str, open_lock: Callable[[], StageLock], reads: SourceReads, load: Callable[[], object]
) -> Iterator[None]:
    """Be the stage of that name; ``load`` loads the project's own code, which is what a stage does first.

    ``open_lock`` reads the stages as they are defined when it is called. Raises ``SourceError`` where the project's
    code reads what the stage does not list, before the stage has begun or at its end, and where something that the
    stage read was written while it ran. Then DVC records nothing.
    """
    lock = open_lock()
    stage = _defined(lock, name)
    files, params = _files(lock, stage), _params(lock, stage)
    with reads.watching():
        load()
        _demand_listed(reads, stage)
        yield
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


def _defined(lock: StageLock, name: str) -> Stage:
    stage = lock.defined(name)
    if stage is None:
        raise SourceError(f"dvc.yaml defines no stage {name}, which DVC runs", hint="see: dvc stage list")
    return stage


def _files(lock: StageLock, stage: Stage) -> dict[str, FileState]:
    return {path: state for dependency in stage.deps for path, state in lock.states(dependency).items()}


def _params(lock: StageLock, stage: Stage) -> Mapping[str, Any]:
    return {key: value_of(lock.params(file), key) for file, keys in stage.params.items() for key in keys}


def _demand_listed(reads: SourceReads, stage: Stage) -> None:
    # What of the settings a stage reads is told by its params.
    if found := sorted(set(unlisted(reads.found(), stage)) - {"params.yaml"}):
        raise SourceError(
            f"stage {stage.name} reads {listed(found)}, not listed under its deps in dvc.yaml",
            hint="list it there, for every stage that reads it: what is not listed can change and no stage runs again",
        )
