"""What made the candidate: the facts that the integrity gate judges, from DVC's record and from the files."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lockgate.domain.making.stage_files import SOURCES, StageSources, as_text
from lockgate.domain.making.stage_records import (
    ABSENT,
    LISTED,
    Lineage,
    Record,
    Stage,
    behind,
    overlap,
    param_name,
    value_of,
)
from lockgate.domain.measuring.kinds import OUTSIDE
from lockgate.domain.measuring.methods import EXPORT, FILE, method_of
from lockgate.errors import InputError
from lockgate.ports import Repository, StageLock
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.valid_documents import read_if_sound


def read_lineage(project: Project, name: str, kinds: Iterable[str], lock: StageLock, repository: Repository) -> Lineage:
    """The stages behind the candidate's model and its evidence of these kinds, and all that they read and made.

    Of results, those of the candidate and those with judged files are read again: a table of the data may be large, and
    evidence names the one that it was measured on.
    """
    root, paths = project.layout.root, project.layout.candidate(name)
    documents = [project.layout.evidence(name, kind) for kind in kinds if kind not in OUTSIDE]
    files = [_relative(path, root) for path in (paths.model, paths.signature, paths.profile, *documents)]
    read_again = (*files, _relative(paths.root, root))
    try:
        recorded, unmade = behind(lock.stages(), files)
        # DVC keeps the record of a stage that has another name by now, or is there no more.
        stages, without = behind([stage for stage in recorded if lock.defined(stage.name)], files)
        records = [record for stage in stages for record in _records(stage, stages, read_again, lock)]
        sources = _sources(stages, lock)
        overtaken = [record for stage in stages for record in _overtaken(project, stage, stages, lock)]
    except InputError as error:
        return Lineage(problem=error.message)
    orphans = {} if unmade else _orphans(recorded, stages, without, lock)
    gone = tuple(dict.fromkeys(orphans.values()))
    outside = tuple(_relative(path, root) for path in repository.uncommitted(*(root / path for path in sources)))
    unseen = {record.stage for record in overtaken if [*record.differences()]}
    unseen |= {stage.name for stage in stages if _changed_unlisted(stage, records, lock)}
    names = tuple(stage.name for stage in stages)
    forced = tuple(name for name in names if name in unseen)
    return Lineage(
        names,
        (*records, *overtaken),
        tuple(orphans) or without,
        gone=gone,
        uncommitted=outside,
        unseen_by_dvc=forced,
        own_commands=tuple(stage.name for stage in stages if not _is_lockgates(stage.cmd)),
    )


def _is_lockgates(command: str) -> bool:
    """Whether the stage is a verb of Lockgate and nothing else: those look at what changes while they run."""
    return re.fullmatch(r"(\S*/)?lockgate [^;&|\n]*", f"{command} ") is not None


def _orphans(
    recorded: Iterable[Stage], stages: Iterable[Stage], unmade: Sequence[str], lock: StageLock
) -> dict[str, str]:
    """What was judged, or else what was read, and no stage of today makes, with the stage of before that did."""
    made = [out for stage in stages for out in stage.outs]
    wanted = unmade or [path for stage in stages for path in stage.deps]
    former = {path: stage.name for stage in recorded if not lock.defined(stage.name) for path in _of(stage, wanted)}
    return {path: name for path, name in former.items() if not any(overlap(path, out) for out in made)}


def _of(stage: Stage, paths: Iterable[str]) -> Iterator[str]:
    return (path for path in paths if any(overlap(path, out) for out in stage.outs))


def _sources(stages: Sequence[Stage], lock: StageLock) -> list[str]:
    """Every file that git must have for another clone to have what these stages read, data by its pointer."""
    read = dict.fromkeys(path for stage in stages for path in (*stage.deps, *_params(stage)))
    made = [out for stage in stages for out in stage.outs]
    files = ["dvc.yaml"]
    for path in read:
        if not any(_within(path, out) for out in made):
            files += [lock.pointer(path)] if lock.pointer(path) else [*lock.states(path)] or [path]
    # Of a folder that is read, some files, or all, may be what another stage made.
    return [path for path in dict.fromkeys(files) if not any(_within(path, out) for out in made)]


def _records(stage: Stage, stages: Iterable[Stage], read_again: Iterable[str], lock: StageLock) -> Iterator[Record]:
    yield from _definition(stage, lock)
    made = {path: digest for other in stages for path, digest in other.outs.items()}
    for file, params in _params(stage).items():
        now = lock.params(file)
        for key, recorded in params.items():
            yield Record(stage.name, "param", param_name(file, key), recorded, value_of(now, key))
    if (exported := stage.params.get(FILE, {}).get(EXPORT)) is not None:
        yield Record(stage.name, "param", param_name(FILE, EXPORT), exported, method_of(EXPORT, {}))
    for path, digest in stage.deps.items():
        yield Record(stage.name, "file", path, digest, made.get(path) or lock.digest(path))
    for path, digest in stage.outs.items():
        if any(_within(path, judged) or _within(judged, path) for judged in read_again):
            yield Record(stage.name, "result", path, digest, lock.digest(path))


def _params(stage: Stage) -> Mapping[str, Mapping[str, Any]]:
    """Its params by file, but for what it measured with: the evidence says that itself, and is judged by it."""
    return {file: params for file, params in stage.params.items() if file != FILE}


def _overtaken(project: Project, stage: Stage, stages: Iterable[Stage], lock: StageLock) -> Iterator[Record]:
    """What the stage began with and what DVC has recorded in its place, as it is now.

    DVC's record is made once the stage's process has ended, or by `dvc commit`, and its run cache trusts it.
    """
    began = _began_with(project, stage)
    if began is None:
        return
    made = [out for other in stages for out in other.outs]
    for path, recorded in stage.deps.items():
        # Data of DVC's may be many files; what has become of them is looked at before anything runs.
        elsewhere = lock.pointer(path) or any(_within(path, out) for out in made)
        if not elsewhere and lock.digest(path) == recorded:
            yield from _other_files(began, path, lock)
    for file, params in _params(stage).items():
        for key, value in params.items():
            name, now = param_name(file, key), value_of(lock.params(file), key)
            if name in began.params and value == now:
                yield Record(stage.name, "param", name, began.params[name], as_text(now))


def _other_files(began: StageSources, path: str, lock: StageLock) -> Iterator[Record]:
    """The files of one dependency; a large one has no hash there."""
    now = {name: state.md5 for name, state in lock.states(path).items()}
    for name in sorted({*now, *(name for name in began.files if _within(name, path))}):
        if "" not in (then := began.files.get(name, ABSENT), found := now.get(name, ABSENT)):
            yield Record(began.stage, "file", name, then, found)


def _began_with(project: Project, stage: Stage) -> StageSources | None:
    """What the stage has left on it; ``None`` where it has no folder for it, or is not Lockgate's own."""
    found = (read_if_sound(project, project.layout.root / out / SOURCES, StageSources) for out in stage.outs)
    return next((sources for sources in found if sources and sources.stage == stage.name), None)


def _definition(stage: Stage, lock: StageLock) -> Iterator[Record]:
    """How the stage is defined now, where that is not how it ran."""
    defined = lock.defined(stage.name)
    if defined is None:
        yield Record(stage.name, "file", "dvc.yaml", "a stage", ABSENT)
        return
    if defined.cmd and defined.cmd != stage.cmd:
        yield Record(stage.name, "file", "its cmd in dvc.yaml", stage.cmd, defined.cmd)
    for path in (*(defined.deps.keys() - stage.deps.keys()), *(defined.outs.keys() - stage.outs.keys())):
        yield Record(stage.name, "file", path, ABSENT, LISTED)
    for file, keys in defined.params.items():
        for key in keys.keys() - stage.params.get(file, {}).keys():
            yield Record(stage.name, "param", key, ABSENT, LISTED)


def _changed_unlisted(stage: Stage, records: Sequence[Record], lock: StageLock) -> bool:
    """Whether something has changed that the stage read, and that is not listed for it any more."""
    defined = lock.defined(stage.name)
    if defined is None:
        return False
    listed = {*defined.deps, *(key for keys in defined.params.values() for key in keys)}
    was = {*stage.deps, *(key for keys in stage.params.values() for key in keys)}
    changed = {
        record.name.rpartition(":")[2] for record in records if record.stage == stage.name and [*record.differences()]
    }
    return bool(changed & (was - listed))


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _relative(path: Path, root: Path) -> str:
    return posixpath.relpath(path, root)
