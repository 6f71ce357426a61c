"""``lockgate release``: seal a passed candidate into an immutable bundle."""

from dataclasses import dataclass, field
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE
from lockgate.domain.model.profile import Profile
from lockgate.domain.releasing.bundle_files import MANIFEST, PROVENANCE, VERDICT, VERSIONS, sealed
from lockgate.domain.releasing.provenance import Provenance
from lockgate.domain.releasing.release import Manifest, Release, demand_passed
from lockgate.errors import DataError, DocumentError, GateClosed
from lockgate.ports import Repository
from lockgate.usecases.judging.gate import Judgement
from lockgate.usecases.project.committed_files import demand_committed
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project, read_candidate
from lockgate.usecases.project.release_folders import open_release, open_version
from lockgate.usecases.releasing.events import Sealed
from lockgate.usecases.releasing.judge_again import judge_candidate_again
from lockgate.usecases.releasing.sealing.bundle import SealingTools, provenance_of, write_files
from lockgate.usecases.releasing.store.publish import publish


def seal_candidate(
    instruments: Instruments, name: str | None, tell: Tell, judged: Judgement | None = None
) -> tuple[Release, Path]:
    """Seal a candidate of the project's, by default that of the latest verdict, put it into the store, and tell.

    It is judged again first: ``judged`` is what this process has just drawn of the evidence, and holds as far.
    """
    project, repository, runtime = instruments.project(), instruments.repository(), instruments.runtime(soon=True)
    instruments.bundle_writers_soon()
    name = project.settings.candidate(name) if name else None
    before = _Before(project, SealingTools.of(instruments, runtime))
    judge_candidate_again(instruments, name, runtime, judged, lambda verdict: before.release(verdict) is not None)
    release, folder = seal(project, name, repository, before.tools, before)
    where = folder.relative_to(project.layout.root).as_posix()
    lock = project.layout.dvc_lock
    uncommitted = repository.uncommitted(lock, project.layout.methods)
    tell(Sealed(release, where, tuple(path.name for path in uncommitted) if lock in uncommitted else ()))
    publish(instruments, release, folder, tell)
    return release, folder


@dataclass
class _Before:
    """What was sealed of a verdict before: it is looked for once."""

    project: Project
    tools: SealingTools
    found: dict[Digest, tuple[Release, Path] | None] = field(default_factory=dict)

    def release(self, verdict: Verdict) -> tuple[Release, Path] | None:
        """The release of this very verdict, as ``_sealed_before`` finds it."""
        digest = self.project.documents.digest(verdict)
        if digest not in self.found:
            self.found[digest] = _sealed_before(self.project, verdict, self.tools)
        return self.found[digest]


def seal(
    project: Project,
    name: str | None,
    repository: Repository,
    tools: SealingTools,
    before: _Before | None = None,
) -> tuple[Release, Path]:
    """Seal the candidate that the latest verdict is about; sealing the same thing again gives the same digest."""
    layout = project.layout
    verdict = project.documents.read(layout.verdict, Verdict)
    name = name or verdict.candidate.subject.candidate
    candidate = read_candidate(project, name)
    demand_passed(verdict, candidate.content)
    demand_committed(layout, repository, "a release records the params that are committed", layout.params)
    paths = layout.candidate(name)
    demand_private(project, name)
    if (there := (before or _Before(project, tools)).release(verdict)) is not None:
        return there
    sources = {
        MODEL: paths.model,
        SIGNATURE: paths.signature,
        PROFILE: paths.profile,
        VERDICT: layout.verdict,
        **{sealed(kind): layout.evidence(name, kind) for kind in verdict.evidence},
    }
    with project.files.staging(layout.build) as staged:
        bundle = staged / "bundle"
        with project.files.place(bundle, sources) as folder:
            write_files(project, verdict, folder, tools)
            manifest = Manifest.of(project.settings.model, project.files.tree(folder))
            project.documents.write(folder / MANIFEST, manifest)
        if (there := _sealed_already(project, manifest)) is not None:
            return there
        project.keyring.sign(bundle)
        release = open_release(project, bundle)
        project.releases.put(release.digest, bundle)
    return open_version(project, release.version)


def _sealed_before(project: Project, verdict: Verdict, tools: SealingTools) -> tuple[Release, Path] | None:
    """The release of this very verdict, where it lies here, verifies, and would be made of the same again.

    Whatever a release is written from stands in its verdict and in its provenance.
    """
    version = project.releases.latest(project.files.sha256(project.layout.verdict))
    try:
        if version is None or project.releases.manifest(version).schema != VERSIONS[-1]:
            return None
        release, folder = open_version(project, version)
        before = project.documents.read(folder / PROVENANCE, Provenance)
    except (DocumentError, GateClosed):
        return None
    return (release, folder) if before == provenance_of(project, verdict, tools) else None


def _sealed_already(project: Project, manifest: Manifest) -> tuple[Release, Path] | None:
    """The same release where it lies here and verifies: it is not signed again, since every signature differs."""
    try:
        release, folder = open_version(project, manifest.release.short)
    except (DocumentError, GateClosed):
        return None
    return (release, folder) if release.digest == manifest.release else None


def demand_private(project: Project, name: str) -> None:
    """Raise ``DataError`` for a profile of an older Lockgate, or of before the setting was raised.

    It may keep values of single rows, and goes into the release.
    """
    path, least = project.layout.candidate(name).profile, project.settings.tables.min_rows_per_value
    kept = project.documents.read(path, Profile).min_rows
    if kept < least:
        raise DataError(
            f"{path}: made with tables.min_rows_per_value at {kept}, which is {least} now",
            hint=f"export again, then deliver: dvc repro --force --single-item export@{name}",
        )
