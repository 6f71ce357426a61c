"""Where a change of desired state goes: the branch whose policy counts for it, and which takes one of two that push."""

from dataclasses import dataclass

from lockgate.domain.reviewing.commit_messages import PROMOTION, ROLLBACK
from lockgate.errors import Busy, SourceError, ToolError
from lockgate.ports import CommitLog, Repository
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.desired_state.change import Change, told


@dataclass(frozen=True)
class Target:
    """A commit of the branch that a change goes to, before the change, and what people call it.

    ``branch`` is the one of `origin` that the change is pushed to; ``None``: it stays here, on the branch ``here``.
    """

    revision: str
    name: str
    branch: str | None = None
    here: str = "HEAD"

    @property
    def history(self) -> tuple[str, str]:
        """The commit in whose history a release's source must be, and its name: what stays here may be of here."""
        return (self.revision, self.name) if self.branch else ("HEAD", self.here)


def target_of(instruments: Instruments, branch: str | None, again: str) -> Target:
    """The branch of `origin` as it is now, where the change is pushed; else what is checked out, as `origin` has it.

    Commits here that `origin` does not have yet may be a part of what asks: where it has the branch, its own counts.
    Raises ``SourceError`` where no branch would have the commit, ``Busy`` where others pushed what is not here yet.
    """
    repository, log = instruments.repository(), instruments.commit_log()
    if branch is not None:
        tip = repository.fetch(branch)
        if tip is None:  # the push makes it
            return Target(repository.head(), "this commit", branch)
        if log.is_ancestor(tip, "HEAD") is False:
            raise _behind(log, tip, branch, again)
        return Target(tip, f"{branch} of origin", branch)
    here = log.branch()
    if here is None:
        raise SourceError(
            "HEAD is detached: a commit on it would be on no branch, and nobody would have it",
            hint=f"push it where it belongs: {again} --push BRANCH; or check out a branch: git switch BRANCH",
        )
    return _policy_of(instruments, here)


def policy_here(instruments: Instruments) -> Target:
    """The branch that is checked out, as `origin` has it by what is known here; else the latest commit."""
    return _policy_of(instruments, instruments.commit_log().branch())


def _policy_of(instruments: Instruments, here: str | None) -> Target:
    log = instruments.commit_log()
    tracked = here and log.resolve(f"refs/remotes/origin/{here}")
    if tracked:
        return Target(tracked, f"{here} of origin", here=str(here))
    return Target(instruments.repository().head(), "this commit", here=here or "HEAD")


def push_state(instruments: Instruments, change: Change, made: str | None, target: Target) -> None:
    """Push the latest commit to the target's branch; ``made`` is the change's, where it was made just now.

    Raises ``Busy`` where others pushed first: what was ``made`` is taken back then, for it was decided on what has
    changed since. Raises ``ToolError`` for any other reason, with what holds without it and what to run.
    """
    repository, log, branch = instruments.repository(), instruments.commit_log(), target.branch
    if branch is None:
        return
    failure = _push(repository, branch)
    if failure is None:
        return
    tip = repository.fetch(branch)
    if tip is not None and not log.is_ancestor(tip, "HEAD"):
        if made is not None:
            repository.take_back(made, instruments.layout.environment(change.desired.environment), *change.also)
        raise _behind(log, tip, branch, change.again) from failure
    where = f"in commit {repository.head()[:12]} here, and {branch} of origin does not have it"
    raise ToolError(f"{change.named} {where}: {failure.message}", hint=f"mend that, then: {change.again}") from failure


def _push(repository: Repository, branch: str) -> ToolError | None:
    try:
        repository.push(branch)
    except ToolError as error:
        return error
    return None


def _behind(log: CommitLog, tip: str, branch: str, again: str) -> Busy:
    """Others pushed to that branch of `origin` what is not here: who and what, and how to go on from there."""
    own = log.commits("HEAD", tip)
    get = f"git fetch origin && git checkout --detach {tip[:12]}"
    if log.branch() is not None:
        get = "git pull --rebase" if own else "git pull --ff-only"
    if own and log.branch() is not None and own[0].subject.startswith((PROMOTION, ROLLBACK)):
        get = f"git reset --keep HEAD~{len(own)} && git pull --ff-only" if len(own) == 1 else get
    return Busy(
        f"nothing was changed: {branch} of origin has what is not here: {told(log, tip, 'HEAD')}",
        hint=f"take it, and see what is named now: {get} && lockgate status; then: {again}",
    )
