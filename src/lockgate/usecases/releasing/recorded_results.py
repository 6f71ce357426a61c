"""Results count as a commit records them: a `dvc.lock` that only lies here says what whoever wrote it wants."""

from collections.abc import Iterator
from pathlib import Path

from lockgate.domain.identity import Digest, sha256
from lockgate.domain.making.stage_files import hash_of_folder
from lockgate.domain.making.stage_records import Stage
from lockgate.domain.measuring.kinds import OUTSIDE
from lockgate.domain.releasing.provenance import Provenance
from lockgate.domain.releasing.release import PROVENANCE, Release, sealed
from lockgate.errors import Refused, SourceError
from lockgate.ports import CommitLog
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project

BUILT = "where each build makes its own results: release.results: built in params.yaml, see docs/trust.md"


def demand_committed_results(instruments: Instruments) -> None:
    """Raise ``SourceError`` unless `dvc.lock` is as in the latest commit, where the settings say that it must be."""
    layout = instruments.layout
    if _as_built(instruments.project()) or not instruments.repository().uncommitted(layout.dvc_lock):
        return
    raise SourceError(
        "a release takes results as a commit records them, and dvc.lock is not as in the latest commit",
        hint=f"commit it: git add dvc.lock measuring.yaml; or have what the commit names: git checkout dvc.lock && dvc"
        f" checkout; {BUILT}",
    )


def demand_recorded_results(instruments: Instruments, release: Release, folder: Path, onto: str, name: str) -> None:
    """Raise ``Refused`` unless the history of ``onto`` has the `dvc.lock` of the release, and that its evidence.

    ``name`` is what people call ``onto``. Evidence that no stage makes is not asked: it names its commit. Raises
    ``SourceError`` where a shallow clone does not have that `dvc.lock`: it cannot tell.
    """
    project, log = instruments.project(), instruments.commit_log()
    if _as_built(project):
        return
    provenance = project.documents.read(folder / PROVENANCE, Provenance)
    what = f"release {release.version} was made by a dvc.lock"
    recorded = provenance.files.get(project.layout.dvc_lock.name)
    if recorded is None:
        raise Refused(
            f"{what} that it does not name: it is of an older Lockgate", hint="seal it again: lockgate deliver"
        )
    commit = _commit_with(log, project.layout.dvc_lock, recorded, onto)
    if commit is None:
        if log.shallow():
            raise SourceError(
                f"{what}, and this shallow clone cannot tell whether {name} has that in its history",
                hint="get the history: git fetch --unshallow",
            )
        raise Refused(
            f"{what} that {name} does not have in its history",
            hint=f"commit it where it was made: git add dvc.lock measuring.yaml; then promote again; {BUILT}",
        )
    stages = _stages_at(instruments, commit)
    candidate = release.verdict.candidate.subject.candidate
    for kind in release.verdict.evidence:
        path = project.layout.evidence(candidate, kind).relative_to(project.layout.root).as_posix()
        found = project.files.md5(folder / sealed(kind))
        if kind not in OUTSIDE and not _recorded(path, found, stages, provenance):
            raise Refused(
                f"the {kind} evidence of release {release.version} is not what dvc.lock of {commit[:12]} records",
                hint="make it and judge it again: lockgate deliver",
            )


def _as_built(project: Project) -> bool:
    return bool(project.settings.release.results == "built")


def _commit_with(log: CommitLog, path: Path, digest: Digest, onto: str) -> str | None:
    """The newest commit of that history whose file has this digest, on its first line or on one that was merged."""
    for version in log.versions(path, onto):
        if version.content is not None and sha256(version.content) == digest:
            return version.commit.hash
    merged = (commit.hash for commit in log.commits(onto, None, path))
    return next((each for each in merged if sha256(log.content_at(each, path) or b"") == digest), None)


def _stages_at(instruments: Instruments, commit: str) -> tuple[Stage, ...]:
    log, root = instruments.commit_log(), instruments.layout.root
    content = log.content_at(commit, instruments.layout.dvc_lock) or b""
    definitions = log.content_at(commit, root / "dvc.yaml")
    return tuple(
        instruments.past_stages().stages(content, definitions, lambda name: log.content_at(commit, root / name))
    )


def _recorded(path: str, found: Digest, stages: tuple[Stage, ...], provenance: Provenance) -> bool:
    """Whether a stage is recorded to have made that very file, alone or in a folder that the release lists."""
    return any(found.hex in _hashes(path, out, recorded, provenance) for out, recorded in _outs(stages))


def _outs(stages: tuple[Stage, ...]) -> Iterator[tuple[str, str]]:
    return (each for stage in stages for each in stage.outs.items())


def _hashes(path: str, out: str, recorded: str, provenance: Provenance) -> tuple[str, ...]:
    """What `dvc.lock` says of a file, by what it records for one of a stage's results."""
    if path == out:
        return (recorded,)
    inside = f"{out}/"
    listed = {name.removeprefix(inside): md5.hex for name, md5 in provenance.results.items() if name.startswith(inside)}
    if not path.startswith(inside) or hash_of_folder(listed) != recorded:
        return ()
    return (listed[path.removeprefix(inside)],) if path.removeprefix(inside) in listed else ()
