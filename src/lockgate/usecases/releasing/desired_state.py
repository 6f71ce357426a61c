"""The commit to an environment's file of desired state: written and committed or undone, and pushed."""

from pathlib import Path

from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.errors import LockgateError, SettingsError, SourceError, ToolError
from lockgate.ports import Repository
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.project import Project

HEADING = "What {environment} should serve. Changed by commits only: lockgate promote {environment}"


def named_already(project: Project, environment: str, reference: ReleaseReference, repository: Repository) -> bool:
    """Whether the committed file names this release.

    Where a promotion was killed before its commit, the file goes back to what is committed, so that the true champion
    is the one to beat. What somebody else wrote into it stays, and is an error.
    """

    path = project.layout.environment(environment)

    def named() -> bool:
        return champion_of(project, environment) == reference

    if repository.uncommitted(path) and named():
        repository.restore(path)
    if repository.uncommitted(path):
        raise SourceError(f"{path} has uncommitted changes", hint="commit or undo them first")
    return named()


def commit_state(project: Project, desired: Deployment, message: str, repository: Repository) -> str:
    """Write the file and commit it; the commit. Where none comes of it, for whatever reason, the file is as before."""
    path = project.layout.environment(desired.environment)
    before = project.store.content(path)

    def means(content: bytes) -> bool:
        try:
            return project.documents.parse_settings(content, path.name, Deployment) == desired
        except SettingsError:
            return False

    try:
        project.documents.write_settings(path, desired, heading=HEADING.format(environment=desired.environment))
        return repository.commit(path, message, means)
    except BaseException as error:
        if _differs(repository, path):
            project.files.write_bytes(path, before)
        if isinstance(error, ToolError):
            name = path.relative_to(project.layout.root).as_posix()
            raise ToolError(error.message, hint=f"nothing was promoted: {name} and the index are as before") from error
        raise


def push_state(desired: Deployment, commit: str | None, branch: str, again: str, repository: Repository) -> None:
    """Push the commit to that branch. Raises ``ToolError``, which says what holds without it and to run ``again``."""
    try:
        repository.push(branch)
    except ToolError as error:
        champion = desired.champion
        named = f"{desired.environment} names {champion.name} {champion.release.short}" if champion else ""
        where = f"in commit {repository.head()[:12]} here, and {branch} of origin does not have it"
        first = f"; where others pushed first: git reset --keep HEAD~1 && git pull --ff-only && {again}"
        hint = f"mend that, then: {again}" + (first if commit else "")
        raise ToolError(f"{named} {where}: {error.message}", hint=hint) from error


def _differs(repository: Repository, path: Path) -> bool:
    try:
        return bool(repository.uncommitted(path))
    except LockgateError:
        return True
