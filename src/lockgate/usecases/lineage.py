"""What made the candidate: the facts that the integrity gate judges, from DVC's record and from the files."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lockgate.domain.lineage import ABSENT, LISTED, Lineage, Record, Stage, behind, value_of
from lockgate.errors import InputError
from lockgate.ports import StageLock
from lockgate.usecases.project import Project

OUTSIDE = frozenset({"tests", "latency"})
"""Evidence that no stage makes: it names its commit, or the champion of the day."""


def read_lineage(project: Project, name: str, kinds: Iterable[str], lock: StageLock) -> Lineage:
    """The stages behind the candidate's model and its evidence of these kinds, and all that they read and made.

    Of results, those of the candidate and those with judged files are read again: a table of the data may be large, and
    evidence names the one that it was measured on.
    """
    root, paths = project.layout.root, project.layout.candidate(name)
    documents = [project.layout.evidence(name, kind) for kind in kinds if kind not in OUTSIDE]
    files = [_relative(path, root) for path in (paths.model, paths.signature, paths.profile, *documents)]
    try:
        stages, unmade = behind(lock.stages(), files)
    except InputError as error:
        return Lineage(problem=error.message)
    read_again = (*files, _relative(paths.root, root))
    records = [record for stage in stages for record in _records(stage, stages, read_again, lock)]
    return Lineage(tuple(stage.name for stage in stages), tuple(records), unmade)


def _records(stage: Stage, stages: Iterable[Stage], read_again: Iterable[str], lock: StageLock) -> Iterator[Record]:
    yield from _definition(stage, lock)
    made = {path: digest for other in stages for path, digest in other.outs.items()}
    for file, params in stage.params.items():
        now = lock.params(file)
        for key, recorded in params.items():
            name = key if file == "params.yaml" else f"{file}:{key}"
            yield Record(stage.name, "param", name, recorded, value_of(now, key))
    for path, digest in stage.deps.items():
        yield Record(stage.name, "file", path, digest, made.get(path) or lock.digest(path))
    for path, digest in stage.outs.items():
        if any(_within(path, judged) or _within(judged, path) for judged in read_again):
            yield Record(stage.name, "result", path, digest, lock.digest(path))


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


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
