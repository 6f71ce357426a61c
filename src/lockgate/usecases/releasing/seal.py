"""``lockgate release``: seal a passed candidate into an immutable bundle."""

from pathlib import Path

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.signature import Signature
from lockgate.domain.releasing.bundle_documents import Labels, ResolvedPolicy, UsedWaivers
from lockgate.domain.releasing.bundle_files import LABELS, MANIFEST, POLICY, PROVENANCE, VERDICT, WAIVERS, sealed
from lockgate.domain.releasing.release import Manifest, Provenance, Release, demand_passed
from lockgate.errors import DataError, DocumentError, GateClosed
from lockgate.ports import Pipeline, Repository, Runtime
from lockgate.usecases.judging.gate import Judgement
from lockgate.usecases.project.committed_files import demand_committed
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project, read_candidate
from lockgate.usecases.project.release_folders import open_release, open_version
from lockgate.usecases.releasing.events import Sealed
from lockgate.usecases.releasing.judge_again import judge_candidate_again


def seal_candidate(
    instruments: Instruments, name: str | None, tell: Tell, judged: Judgement | None = None
) -> tuple[Release, Path]:
    """Seal a candidate of the project's, by default the one that the latest verdict is about, and tell of it.

    It is judged again first: ``judged`` is what this process has just drawn of the evidence, and holds as far.
    """
    project, repository, runtime = instruments.project(), instruments.repository(), instruments.runtime(soon=True)
    name = project.settings.candidate(name) if name else None
    judge_candidate_again(instruments, name, runtime, judged)
    release, folder = seal(project, name, repository, instruments.pipeline(), runtime)
    where = folder.relative_to(project.layout.root).as_posix()
    lock = project.layout.dvc_lock
    uncommitted = repository.uncommitted(lock, project.layout.methods)
    tell(Sealed(release, where, tuple(path.name for path in uncommitted) if lock in uncommitted else ()))
    return release, folder


def seal(
    project: Project, name: str | None, repository: Repository, pipeline: Pipeline, runtime: Runtime
) -> tuple[Release, Path]:
    """Seal the candidate that the latest verdict is about; sealing the same thing again gives the same digest."""
    layout = project.layout
    verdict = project.documents.read(layout.verdict, Verdict)
    name = name or verdict.candidate.subject.candidate
    candidate = read_candidate(project, name)
    demand_passed(verdict, candidate.content)
    demand_committed(layout, repository, "a release records the params that are committed", layout.params)
    provenance = Provenance(
        source=verdict.source,
        params=project.files.sha256(layout.params),
        data=dict(pipeline.hashes()),
        tools=dict(runtime.versions()),
    )
    paths = layout.candidate(name)
    demand_private(project, name)
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
            documents = {PROVENANCE: provenance, **documents_of_verdict(project, verdict, folder)}
            for name, document in documents.items():
                project.documents.write(folder / name, document)
            manifest = Manifest.of(project.settings.model, project.files.tree(folder))
            project.documents.write(folder / MANIFEST, manifest)
        if (there := _sealed_already(project, manifest)) is not None:
            return there
        project.keyring.sign(bundle)
        release = open_release(project, bundle)
        project.releases.put(release.digest, bundle)
    return open_version(project, release.version)


def _sealed_already(project: Project, manifest: Manifest) -> tuple[Release, Path] | None:
    """The same release where it lies here and verifies: it is not signed again, since every signature differs."""
    try:
        release, folder = open_version(project, manifest.release.short)
    except (DocumentError, GateClosed):
        return None
    return (release, folder) if release.digest == manifest.release else None


def documents_of_verdict(project: Project, verdict: Verdict, folder: Path) -> dict[str, object]:
    """What a release says of itself without its project: labels, policy, waivers; by the name of the file."""
    signature, settings = project.documents.read(folder / SIGNATURE, Signature), project.settings
    task = settings.tables.task_of(signature.task.columns)
    return {
        LABELS: Labels.of(signature, settings.tables.positive),
        POLICY: ResolvedPolicy(task, verdict.policy, settings.production, settings.tables.min_rows_per_value),
        WAIVERS: UsedWaivers.of(verdict),
    }


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
