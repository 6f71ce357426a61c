"""The stages and the data behind a release, from the lock file that git has, held to what the release says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from lockgate.domain.identity import Digest
from lockgate.domain.making.stage_records import Stage, behind, overlap, param_name
from lockgate.domain.releasing.lineage.document import Data, Doubt, StageRun
from lockgate.errors import LockgateError, ToolError
from lockgate.ports import CommitLog, PastStages, PastTraining, PastTrainings, Pointed
from lockgate.usecases.project.project import Project

FOLDER = ".dir"
"""The end of DVC's hash of a folder: a release names files alone."""
BUNDLE = "the release alone says so"
POINTER = ".dvc"
SETTINGS = ".dvc/config"


@dataclass(frozen=True)
class Recorded:
    """The stages behind a candidate as a lock file records them, and the commit or place that the file is of."""

    stages: tuple[Stage, ...] = ()
    commit: str = ""


def recorded_stages(
    project: Project, log: CommitLog, past: PastStages, candidate: str, source: str, data: Mapping[str, Digest]
) -> tuple[Recorded, list[Doubt]]:
    """The stages of the lock file that says what the release says: that of its commit, a later one, or one only here.

    `dvc.lock` is a result, and is committed after what it records. Empty, with a doubt, where none agrees.
    """
    for commit, content in _lock_files(project, log, source):
        stages = _stages_behind(project, log, past, candidate, commit, content)
        if stages and _agree(stages, data):
            if commit:
                return Recorded(stages, commit), []
            return Recorded(stages), [
                Doubt("stages", "the dvc.lock that records them is in no commit here", "commit it")
            ]
    why = "no dvc.lock that is here records what the release was made of"
    return Recorded(), [Doubt("stages", f"{why}: {BUNDLE}", "git fetch --unshallow" if log.shallow() else "")]


def _lock_files(project: Project, log: CommitLog, source: str) -> Iterator[tuple[str, bytes]]:
    path, seen = project.layout.dvc_lock, set[bytes]()
    if (content := log.content_at(source, path)) is not None:
        seen.add(content)
        yield source, content
    for version in log.versions(path):
        if version.content is not None and version.content not in seen:
            seen.add(version.content)
            yield version.commit.hash, version.content
    if project.store.has(path) and (here := project.store.content(path)) not in seen:
        yield "", here


def _stages_behind(
    project: Project, log: CommitLog, past: PastStages, candidate: str, commit: str, content: bytes
) -> tuple[Stage, ...]:
    root, paths = project.layout.root, project.layout.candidate(candidate)

    def file(name: str) -> bytes | None:
        path = root / name
        if commit:
            return log.content_at(commit, path)
        return project.store.content(path) if project.store.has(path) else None

    try:
        stages = past.stages(content, file("dvc.yaml"), file)
    except LockgateError:
        return ()
    judged = [path.relative_to(root).as_posix() for path in (paths.export, paths.evidence)]
    return behind(stages, judged)[0]


def _agree(stages: Sequence[Stage], data: Mapping[str, Digest]) -> bool:
    """Whether the release says of every file that these stages read and made what they are recorded with."""
    files = {path: found for stage in stages for path, found in (*stage.deps.items(), *stage.outs.items())}
    return all(path in data and data[path].hex == found for path, found in files.items() if _is_file(found))


def _is_file(found: str) -> bool:
    return bool(found) and not found.endswith(FOLDER)


def runs_of(
    project: Project, candidate: str, recorded: Recorded, past: PastTrainings
) -> tuple[tuple[StageRun, ...], list[Doubt]]:
    """Each stage as it ran; of the training also when, where MLflow tracked it."""
    runs = tuple(map(_run, recorded.stages))
    trained = project.layout.candidate(candidate).trained.parent.relative_to(project.layout.root).as_posix()
    training = next((run for run in runs if any(overlap(trained, made) for made in run.makes)), None)
    if training is None:
        return runs, []
    about = f"stage: {training.name}"
    try:
        found = [each for each in past.of(project.settings.model, candidate) if _fits(each, training, candidate)]
    except ToolError as error:
        return runs, [Doubt(about, f"its times are not known: {error.message}", error.hint)]
    if not found:
        return runs, [Doubt(about, "its times are not known: MLflow has no training on these tables with these params")]
    doubts = []
    if len(found) > 1:
        doubts.append(Doubt(about, f"{len(found)} trainings in MLflow fit; the times are of the latest"))
    latest = found[0]
    timed = replace(training, started_at=latest.started_at, ended_at=latest.ended_at, run=latest.where)
    return tuple(timed if run is training else run for run in runs), doubts


def _run(stage: Stage) -> StageRun:
    return StageRun(stage.name, stage.cmd, dict(stage.deps), dict(stage.outs), params_read(stage))


def params_read(stage: Stage) -> dict[str, Any]:
    """What it was told by files of params, by key."""
    return {param_name(file, key): value for file, keys in stage.params.items() for key, value in keys.items()}


def _fits(tracked: PastTraining, run: StageRun, candidate: str) -> bool:
    """Whether it read these tables, and was told these params."""
    own = run.params.get(f"train.{candidate}", {})
    told = {key: str(value) for key, value in own.items()} if isinstance(own, Mapping) else {}
    read = {found for found in run.reads.values() if _is_file(found)}
    return tracked.tables <= read and told.items() <= tracked.params.items()


def data_of(
    project: Project, log: CommitLog, past: PastStages, recorded: Recorded, source: str
) -> tuple[tuple[Data, ...], list[Doubt]]:
    """What the stages read and none made, and git does not hold itself: the data, and where git says it is from."""
    made = [path for stage in recorded.stages for path in stage.outs]
    read = {path: found for stage in recorded.stages for path, found in stage.deps.items()}
    outside = {path: found for path, found in read.items() if not any(overlap(path, out) for out in made)}
    told, doubts = list[Data](), list[Doubt]()
    files = log.files_at(source)
    settings = log.content_at(source, project.layout.root / SETTINGS) if SETTINGS in files else None
    default, remotes = past.remotes(settings or b"")
    for path, found in sorted(outside.items()):
        if path in files:
            continue  # a file of git's own: the commit says what it is
        name, pointed = _pointer(project, log, past, source, [f"{path}{POINTER}", *_above(path)], files)
        if pointed is None:
            doubts.append(Doubt(f"data: {path}", f"no .dvc file of the commit names it: {BUNDLE}"))
            told.append(Data(path, found))
            continue
        if name == f"{path}{POINTER}" and pointed.digest != found:
            doubts.append(Doubt(f"data: {path}", f"{name} of the commit names {pointed.digest}"))
        kept = pointed.remote or default
        told.append(Data(path, found, name, pointed.origin, {kept: remotes.get(kept, "")} if kept else {}))
    return tuple(told), doubts


def _above(path: str) -> Iterator[str]:
    """The `.dvc` files of the folders that it lies in."""
    return (f"{parent}{POINTER}" for parent in PurePosixPath(path).parents if parent.name)


def _pointer(
    project: Project, log: CommitLog, past: PastStages, commit: str, names: Sequence[str], files: frozenset[str]
) -> tuple[str, Pointed | None]:
    """The first of these `.dvc` files that the commit has, and what it names."""
    for name in names:
        content = log.content_at(commit, project.layout.root / name) if name in files else None
        for pointed in past.pointed(content) if content is not None else ():
            if pointed.path == PurePosixPath(name).stem:
                return name, pointed
    return "", None
