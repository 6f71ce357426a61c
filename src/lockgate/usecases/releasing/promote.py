"""``lockgate promote``: the commit that points an environment at a release."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.release import Release, demand_passed
from lockgate.domain.reviewing.commit_messages import promotion_message
from lockgate.errors import LockgateError
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import latest_release, open_release
from lockgate.usecases.releasing.desired_state import Change, commit_state, named_already
from lockgate.usecases.releasing.follow_git import follow_git
from lockgate.usecases.releasing.judge_promotion import judge_promotion
from lockgate.usecases.releasing.source_of_release import demand_source
from lockgate.usecases.releasing.target import Target, push_state, target_of

Judge = Callable[[Instruments, Release, Path, str, Tell], Verdict]


@dataclass(frozen=True)
class Promotion:
    """What an environment names now, and the commit that made it so; no commit where it was so already.

    ``pushed`` is the branch of `origin` that has it. Of a dry run nothing is made: ``message`` is what the commit would
    say, empty where there is nothing to commit, and ``refused`` why it would not be made.
    """

    environment: str
    reference: ReleaseReference
    commit: str | None
    message: str = ""
    pushed: str | None = None
    refused: tuple[str, ...] = ()
    exit_code: int = 0


@dataclass(frozen=True)
class Promoting:
    """A release that is to be promoted: to which environment, on top of which commit, and by which command again.

    ``branch`` is the one of `origin` that is to have the commit; ``None``: it stays here.
    """

    release: Release
    folder: Path
    environment: str
    onto: str
    again: str
    branch: str | None

    @property
    def command(self) -> str:
        """The whole command that does the same again."""
        return f"{self.again} --push {self.branch}" if self.branch else self.again

    @property
    def reference(self) -> ReleaseReference:
        """As the environment's file names it."""
        return ReleaseReference(self.release.name, self.release.digest, self.release.content)


def promote_release(
    instruments: Instruments,
    environment: str,
    version: str | None,
    branch: str | None,
    tell: Tell,
    *,
    dry_run: bool = False,
    judge: Judge = judge_promotion,
) -> Promotion:
    """Promote the release of that version, by default that of the latest verdict; ``branch`` of origin gets it.

    What costs least is asked first: where it goes, who approved, then the verdict. The verdict lies in the store before
    the commit names it; push and registry follow the commit: running it again completes what was ended in between.
    """
    project, repository = instruments.project(), instruments.repository()
    name = project.settings.environment(environment)
    _, folder = latest_release(project, version)
    release = open_release(project, folder)
    again = f"lockgate promote {name} --release {release.version}"
    work = Promoting(release, folder, name, repository.head(), again, branch)
    if named_already(project, name, work.reference, repository):
        return _named(instruments, work, tell, dry_run=dry_run)
    if dry_run:
        return _planned(instruments, work, judge, tell)
    target = _target(instruments, work)
    verdict = _judged(instruments, work, judge, tell)
    change = _change(work, verdict, _keep(project, work, verdict))
    commit = commit_state(instruments, change)
    push_state(instruments, change, commit, target)
    follow_git(instruments, tell)
    return Promotion(name, work.reference, commit, change.message, branch)


def _named(instruments: Instruments, work: Promoting, tell: Tell, *, dry_run: bool) -> Promotion:
    """The environment names the release already: at most the push of an earlier run's commit is missing."""
    if dry_run:
        return Promotion(work.environment, work.reference, None)
    if work.branch is not None:
        change = Change(Deployment(work.environment, work.reference), "", work.onto, work.command)
        push_state(instruments, change, None, target_of(instruments, work.branch, work.again))
    follow_git(instruments, tell)
    return Promotion(work.environment, work.reference, None, pushed=work.branch)


def _planned(instruments: Instruments, work: Promoting, judge: Judge, tell: Tell) -> Promotion:
    """What a promotion would commit, and everything that refuses it."""
    planned = Promotion(work.environment, work.reference, None)
    try:
        _target(instruments, work)
    except LockgateError as error:
        planned = _refusing(planned, error)
    try:
        verdict = judge(instruments, work.release, work.folder, work.environment, tell)
        kept = instruments.project().documents.write(_place(instruments.project(), work), verdict)
        planned = replace(planned, message=_change(work, verdict, kept).message)
        demand_passed(verdict, work.release.content)
    except LockgateError as error:
        planned = _refusing(planned, error)
    return planned


def _target(instruments: Instruments, work: Promoting) -> Target:
    """Where the commit goes; what the release was made of is in the history there, or here where nothing is pushed."""
    target, log = target_of(instruments, work.branch, work.again), instruments.commit_log()
    onto, name = (target.revision, target.name) if work.branch else ("HEAD", log.branch() or "HEAD")
    demand_source(log, work.release, onto, name)
    return target


def _refusing(planned: Promotion, error: LockgateError) -> Promotion:
    """The exit code is that of the first step which refuses, as if it were no dry run."""
    return replace(planned, refused=(*planned.refused, str(error)), exit_code=planned.exit_code or error.exit_code)


def _judged(instruments: Instruments, work: Promoting, judge: Judge, tell: Tell) -> Verdict:
    verdict = judge(instruments, work.release, work.folder, work.environment, tell)
    demand_passed(verdict, work.release.content)
    return verdict


def _change(work: Promoting, verdict: Verdict, kept: Digest) -> Change:
    message = promotion_message(work.reference, verdict, kept, ())
    return Change(Deployment(work.environment, work.reference), message, work.onto, work.command)


def _keep(project: Project, work: Promoting, verdict: Verdict) -> Digest:
    """The verdict, where the commit's reference leads to; its digest."""
    return project.documents.write(_place(project, work), verdict)


def _place(project: Project, work: Promoting) -> Path:
    return project.layout.promotion(work.environment, work.release.version)
