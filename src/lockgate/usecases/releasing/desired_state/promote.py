"""``lockgate promote``: the commit that points an environment at a release."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.release import Release, demand_passed
from lockgate.domain.reviewing.commit_messages import promotion_message
from lockgate.errors import LockgateError
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.stored.named_release import named_release
from lockgate.usecases.releasing.desired_state.approvals import demand_approvals
from lockgate.usecases.releasing.desired_state.change import Change, commit_state, named_already
from lockgate.usecases.releasing.desired_state.judge_promotion import judge_promotion
from lockgate.usecases.releasing.desired_state.outcome import Changed, refusing
from lockgate.usecases.releasing.desired_state.target import policy_here, push_state, target_of
from lockgate.usecases.releasing.follow_git import follow_git
from lockgate.usecases.releasing.recorded_results import demand_recorded_results
from lockgate.usecases.releasing.signing.keys import demand_known_signer, first_keys
from lockgate.usecases.releasing.source_of_release import demand_source
from lockgate.usecases.releasing.store.publish import publish

Judge = Callable[[Instruments, Release, Path, str, Tell], Verdict]


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

    def change(self, message: str, also: Mapping[Path, bytes] = MappingProxyType({})) -> Change:
        """The commit that it becomes."""
        return Change(Deployment(self.environment, self.reference), message, self.onto, self.command, also)

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
) -> Changed:
    """Promote the release of that version, by default that of the latest verdict; ``branch`` of origin gets it.

    What costs least is asked first: where it goes, who approved, then the verdict. Release and verdict lie in the store
    before the commit names them; push and registry follow it: running it again completes what was ended in between.
    """
    project, repository = instruments.project(), instruments.repository()
    name = project.settings.environment(environment)
    release, folder = named_release(instruments, version)
    again = f"lockgate promote {name} --release {release.version}"
    work = Promoting(release, folder, name, repository.head(), again, branch)
    if named_already(project, name, work.reference, repository):
        return _named(instruments, work, tell, dry_run=dry_run)
    if dry_run:
        return _planned(instruments, work, judge, tell)
    target = target_of(instruments, branch, again)
    log = instruments.commit_log()
    demand_source(log, release, *target.history)
    demand_recorded_results(instruments, release, folder, *target.history)
    approvals = demand_approvals(instruments, release, name, target)
    demand_known_signer(project, release, target.revision)
    if instruments.tracking_store().begun():
        instruments.registry_soon()
    verdict = _judged(instruments, work, judge, tell)
    publish(instruments, release, folder, tell)
    kept = instruments.release_store().keep(_written(project, work, verdict))
    message = promotion_message(work.reference, verdict, kept, approvals)
    change = work.change(message, _first_keys(instruments, release))
    commit = commit_state(instruments, change)
    push_state(instruments, change, commit, target)
    follow_git(instruments, tell)
    return Changed(name, work.reference, commit, change.message, branch)


def _named(instruments: Instruments, work: Promoting, tell: Tell, *, dry_run: bool) -> Changed:
    """The environment names the release already: at most the push of an earlier run's commit is missing."""
    if dry_run:
        return Changed(work.environment, work.reference, None)
    if work.branch is not None:
        push_state(instruments, work.change(""), None, target_of(instruments, work.branch, work.again))
    follow_git(instruments, tell)
    return Changed(work.environment, work.reference, None, pushed=work.branch)


def _planned(instruments: Instruments, work: Promoting, judge: Judge, tell: Tell) -> Changed:
    """What a promotion would commit, and everything that refuses it, each step asked though another refuses."""
    planned, approvals = Changed(work.environment, work.reference, None), tuple[str, ...]()
    log = instruments.commit_log()
    try:
        target = target_of(instruments, work.branch, work.again)
    except LockgateError as error:
        planned, target = refusing(planned, error), policy_here(instruments)
    for demand in (
        lambda: demand_source(log, work.release, *target.history),
        lambda: demand_recorded_results(instruments, work.release, work.folder, *target.history),
        lambda: demand_approvals(instruments, work.release, work.environment, target),
        lambda: demand_known_signer(instruments.project(), work.release, target.revision),
    ):
        try:
            approvals = demand() or approvals
        except LockgateError as error:
            planned = refusing(planned, error)
    try:
        verdict = judge(instruments, work.release, work.folder, work.environment, tell)
        kept = instruments.project().documents.digest(verdict)
        planned = replace(planned, message=promotion_message(work.reference, verdict, kept, approvals))
        demand_passed(verdict, work.release.content)
    except LockgateError as error:
        planned = refusing(planned, error)
    return planned


def _judged(instruments: Instruments, work: Promoting, judge: Judge, tell: Tell) -> Verdict:
    verdict = judge(instruments, work.release, work.folder, work.environment, tell)
    demand_passed(verdict, work.release.content)
    return verdict


def _first_keys(instruments: Instruments, release: Release) -> dict[Path, bytes]:
    """Where no commit says yet whose signatures count, the first promotion does: the key that signed this release.

    Another file that lies here and is not committed is somebody's work, and stays theirs.
    """
    project = instruments.project()
    path, content = project.layout.keys, first_keys(project, release, instruments.clock())
    if content is None or (project.store.has(path) and project.store.content(path) != content):
        return {}
    return {path: content}


def _written(project: Project, work: Promoting, verdict: Verdict) -> bytes:
    """The verdict in its written form; a copy lies here, for people."""
    path = project.layout.promotion(work.environment, work.release.version)
    project.documents.write(path, verdict)
    return project.store.content(path)
