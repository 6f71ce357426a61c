"""``lockgate rollback``: the commit that points an environment back at a release that it has named before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lockgate.domain.names import listed
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.history import Named, way_back
from lockgate.domain.releasing.release import Release
from lockgate.domain.reviewing.commit_messages import PROMOTION, rollback_message
from lockgate.errors import LockgateError, Refused, SourceError
from lockgate.ports import Commit
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.release_folders import fetch_release, open_release
from lockgate.usecases.project.served_history import served_history
from lockgate.usecases.project.stored.elsewhere import elsewhere
from lockgate.usecases.releasing.desired_state.approvals import authority_of, demand_approvals
from lockgate.usecases.releasing.desired_state.change import Change, commit_state, named_already
from lockgate.usecases.releasing.desired_state.outcome import Changed, refusing
from lockgate.usecases.releasing.desired_state.target import Target, policy_here, push_state, target_of
from lockgate.usecases.releasing.follow_git import follow_git

History = Sequence[Named[Commit]]


@dataclass(frozen=True)
class GoingBack:
    """A way back: to which release, from which, why, on top of which commit, to which branch of `origin` if any."""

    environment: str
    to: ReleaseReference
    away_from: ReleaseReference | None
    reason: str
    onto: str
    branch: str | None

    @property
    def again(self) -> str:
        """The command that does the same again, but for the push."""
        return f"lockgate rollback {self.environment} --to {self.to.release.short}"

    def change(self, approvals: Sequence[str]) -> Change:
        """The commit that it becomes."""
        message = rollback_message(self.environment, self.to, self.away_from, self.reason, approvals)
        command = f"{self.again} --push {self.branch}" if self.branch else self.again
        return Change(Deployment(self.environment, self.to), message, self.onto, command)


def roll_back(
    instruments: Instruments,
    environment: str,
    version: str | None,
    branch: str | None,
    tell: Tell,
    *,
    reason: str = "",
    dry_run: bool = False,
) -> Changed:
    """Go back to the release that was served before the present one, or to the one of that version.

    Nothing is judged again: it was when it was promoted. It must verify, and git must have named it here before.
    Running it again completes what was ended in between, and goes no further: that is asked for by a version.
    """
    project, repository = instruments.project(), instruments.repository()
    name, onto = project.settings.environment(environment), repository.head()
    history = served_history(project, name, instruments.commit_log())
    present = history[0].release if history else None
    to = _named(instruments, name, history, version) if version else _before(instruments, name, history)
    work = GoingBack(name, to, present, reason, onto, branch)
    if named_already(project, name, to, repository):
        return _complete(instruments, work, tell, dry_run=dry_run)
    if dry_run:
        return _planned(instruments, work)
    target = target_of(instruments, branch, work.again)
    change = work.change(_allowed(instruments, work, target))
    commit = commit_state(instruments, change)
    push_state(instruments, change, commit, target)
    follow_git(instruments, tell)
    return Changed(name, to, commit, change.message, branch)


def _complete(instruments: Instruments, work: GoingBack, tell: Tell, *, dry_run: bool) -> Changed:
    """The environment names it already: at most the push of an earlier run's commit is missing."""
    if not dry_run:
        if work.branch is not None:
            push_state(instruments, work.change(()), None, target_of(instruments, work.branch, work.again))
        follow_git(instruments, tell)
    return Changed(work.environment, work.to, None, pushed=None if dry_run else work.branch)


def _planned(instruments: Instruments, work: GoingBack) -> Changed:
    planned, approvals = Changed(work.environment, work.to, None), tuple[str, ...]()
    try:
        target = target_of(instruments, work.branch, work.again)
    except LockgateError as error:
        planned, target = refusing(planned, error), policy_here(instruments)
    try:
        approvals = _allowed(instruments, work, target)
    except LockgateError as error:
        planned = refusing(planned, error)
    return replace(planned, message=work.change(approvals).message)


def _allowed(instruments: Instruments, work: GoingBack, target: Target) -> tuple[str, ...]:
    """Raise unless the release verifies, and is approved where the policy wants that of a way back; who approved."""
    release = _verified(instruments, work)
    rule = authority_of(instruments, work.environment, target).rule
    if rule is None or not rule.rollback:
        return ()
    return demand_approvals(instruments, release, work.environment, target)


def _verified(instruments: Instruments, work: GoingBack) -> Release:
    project = instruments.project()
    return open_release(project, fetch_release(project, work.to, elsewhere(instruments)))


def _before(instruments: Instruments, environment: str, history: History) -> ReleaseReference:
    """The release that was served before the present one; the present one, where it was gone back to already."""
    if instruments.commit_log().shallow():
        raise SourceError(
            f"this clone is shallow: what {environment} has served before may not be in it",
            hint="git fetch --unshallow; or name the release: --to RELEASE",
        )
    found = way_back(history, lambda commit: commit.subject.startswith(PROMOTION))
    if found is None:
        raise Refused(
            f"there is nothing to go back to: {environment} has named no other release before",
            hint=f"git revert the promotion, and {environment} names none",
        )
    return found


def _named(instruments: Instruments, environment: str, history: History, version: str) -> ReleaseReference:
    """The release of the history whose digest begins so. Raises ``Refused`` where none does: that is a promotion.

    Raises ``SourceError`` where a shallow clone has none: it cannot tell.
    """
    wanted = version.rpartition(":")[2].lower()
    releases = dict.fromkeys(each.release for each in history if each.release is not None)
    found = [each for each in releases if wanted and each.release.hex.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    served = listed(each.release.short for each in releases) or "none"
    if found:
        raise Refused(
            f"{len(found)} releases that {environment} has named match {version!r}", hint=f"it named {served}"
        )
    if instruments.commit_log().shallow():
        raise SourceError(
            f"this clone is shallow: in its commits {environment} has not named a release {version!r}, but {served}",
            hint="have the whole history: git fetch --unshallow",
        )
    raise Refused(
        f"{environment} has never named a release {version!r}; it named {served}",
        hint=f"what was never there is promoted: lockgate promote {environment} {version}",
    )
