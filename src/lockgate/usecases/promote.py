"""``lockgate promote``: the commit that points an environment at a release."""

from dataclasses import dataclass
from pathlib import Path

from lockgate.domain.deployment import Deployment, ReleaseReference
from lockgate.domain.release import ACCURACY, PARITY, TESTS, Release, demand_passed
from lockgate.domain.verdict import Verdict
from lockgate.errors import SourceError
from lockgate.ports import Registry, Repository
from lockgate.usecases.gate import judge
from lockgate.usecases.project import Project
from lockgate.usecases.releases import open_release, read_champion

HEADING = "What {environment} should serve. Changed by commits only: lockgate promote {environment}"


@dataclass(frozen=True)
class Promotion:
    """What an environment names now, and the commit that made it so; no commit where it was so already."""

    environment: str
    reference: ReleaseReference
    commit: str | None


def promote(
    project: Project, folder: Path, environment: str, repository: Repository, registry: Registry | None
) -> Promotion:
    """Judge the release's evidence against this environment's champion, then commit the file of desired state."""
    release = open_release(project, folder)
    reference = ReleaseReference(release.name, release.digest, release.content)
    path = project.layout.environment(environment)
    if _named_already(project, path, reference, repository):
        return Promotion(environment, reference, None)
    demand_passed(_judge_here(project, folder, release, environment, registry), release.content)
    project.documents.write_settings(
        path, Deployment(environment, reference), heading=HEADING.format(environment=environment)
    )
    commit = repository.commit(path, _message(release, environment))
    return Promotion(environment, reference, commit)


def _named_already(project: Project, path: Path, reference: ReleaseReference, repository: Repository) -> bool:
    """Whether the committed file names this release.

    Where a promotion was killed before its commit, the file goes back to what is committed, so that the true champion
    is the one to beat. What somebody else wrote into it stays, and is an error.
    """
    same = project.documents.read_settings(path, Deployment).champion == reference
    if path.relative_to(project.layout.root).as_posix() not in repository.source().changed:
        return same
    if not same:
        raise SourceError(f"{path} has uncommitted changes", hint="commit or undo them first")
    repository.restore(path)
    return False


def _judge_here(
    project: Project, folder: Path, release: Release, environment: str, registry: Registry | None
) -> Verdict:
    """The verdict for this environment: the sealed evidence under today's policy, against this champion."""
    sealed = release.verdict
    champion = read_champion(project, environment, registry)
    return judge(
        project,
        sealed.candidate,
        sealed.source,
        environment,
        champion,
        {"tests": folder / TESTS, "accuracy": folder / ACCURACY, "parity": folder / PARITY},
    )


def _message(release: Release, environment: str) -> str:
    findings = "\n".join(f"- {f.gate}, {f.rule}: {f.outcome}: {f.message}" for f in release.verdict.findings)
    return (
        f"Promote {release.name} {release.version} to {environment}\n\n"
        f"Release {release.digest}\nContent {release.content}\nSource  {release.verdict.source.commit}\n\n"
        f"{findings}\n"
    )
