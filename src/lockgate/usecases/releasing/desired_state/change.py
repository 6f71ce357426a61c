"""The commit to an environment's file of desired state: written and committed or undone, and pushed.

It is a compare-and-swap: a change names the commit that it was decided on, and is made on top of that or not at all.
Two in one working copy wait for each other here; of two clones that push, the branch of `origin` takes one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lockgate.domain.names import listed
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.errors import Busy, LockgateError, SettingsError, SourceError, ToolError
from lockgate.ports import CommitLog, Repository
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project

HEADING = "What {environment} should serve. Changed by commits only: lockgate promote {environment}"
WAIT_SECONDS = 60
"""For another process that is about to commit here: a hook may take its time."""
SHOWN = 3
"""How many commits of others are named to whoever came too late."""


@dataclass(frozen=True)
class Change:
    """What an environment is to name, why, and the commit ``onto`` which that was decided.

    ``also`` are files that go into the same commit, with what they shall hold. ``again`` is the command that does it.
    """

    desired: Deployment
    message: str
    onto: str
    again: str
    also: Mapping[Path, bytes] = field(default_factory=dict)

    @property
    def named(self) -> str:
        """``staging names census 39a82f4065a5``."""
        champion = self.desired.champion
        return f"{self.desired.environment} names " + (
            f"{champion.name} {champion.release.short}" if champion else "none"
        )


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


def commit_state(instruments: Instruments, change: Change) -> str:
    """Make the change; the commit. Where none comes of it, for whatever reason, every file is as before.

    Raises ``Busy``, with who has committed what, where its ``onto`` is the latest commit no more.
    """
    project, repository, log = instruments.project(), instruments.repository(), instruments.commit_log()
    with project.files.hold(project.layout.changing, "promotion", seconds=WAIT_SECONDS):
        if repository.head() != change.onto:
            raise overtaken(change, log)
        return _commit(project, change, repository, log)


def _commit(project: Project, change: Change, repository: Repository, log: CommitLog) -> str:
    path, desired = project.layout.environment(change.desired.environment), change.desired
    before = {each: _content(project, each) for each in (path, *change.also)}

    def means(content: bytes) -> bool:
        try:
            return project.documents.parse_settings(content, path.name, Deployment) == desired
        except SettingsError:
            return False

    try:
        for each, content in change.also.items():
            project.files.write_bytes(each, content)
        project.documents.write_settings(path, desired, heading=HEADING.format(environment=desired.environment))
        return repository.commit(path, change.message, means, onto=change.onto, also=tuple(change.also))
    except BaseException as error:
        _undo(project, before, repository)
        if isinstance(error, Busy):
            raise overtaken(change, log) from error
        if isinstance(error, ToolError):
            names = listed(each.relative_to(project.layout.root).as_posix() for each in before)
            raise ToolError(error.message, hint=f"nothing was promoted: {names} and the index are as before") from error
        raise


def overtaken(change: Change, log: CommitLog) -> Busy:
    """Who has committed what since the commit that a change was decided on, and what to run."""
    return Busy(
        f"{change.desired.environment} was not changed: somebody committed meanwhile: {told(log, 'HEAD', change.onto)}",
        hint=f"see what is named now (lockgate status), then: {change.again}",
    )


def told(log: CommitLog, revision: str, since: str) -> str:
    """The commits of a revision that another one does not have: hash, author and subject of each."""
    commits = log.commits(revision, since)
    return listed((f"{each.short} by {each.author}, {each.subject!r}" for each in commits), "; ", SHOWN)


def _content(project: Project, path: Path) -> bytes | None:
    return project.store.content(path) if project.store.has(path) else None


def _undo(project: Project, before: Mapping[Path, bytes | None], repository: Repository) -> None:
    """Make the files what they were, unless the commit was made before the error."""
    for path, content in before.items():
        if not _differs(repository, path):
            continue
        if content is None:
            project.store.forget(path)
        else:
            project.files.write_bytes(path, content)


def _differs(repository: Repository, path: Path) -> bool:
    try:
        return bool(repository.uncommitted(path))
    except LockgateError:
        return True
