"""Who approved a release, for which environment, whether that counts now, and whether it suffices."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from lockgate.domain.releasing.approving.approval import Approval as Looked
from lockgate.domain.releasing.approving.approval import Asked
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.lineage.document import Approval, Approved, Doubt, Served
from lockgate.domain.releasing.lineage.environment_log import How, Stay
from lockgate.domain.releasing.lineage.moments import moment_of_git
from lockgate.domain.releasing.release import Release
from lockgate.errors import LockgateError, SourceError
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.desired_state.approvals import FETCH, approvals_of, authority_of
from lockgate.usecases.releasing.desired_state.target import Target, policy_here
from lockgate.usecases.releasing.lineage.environments import stays_of
from lockgate.usecases.releasing.lineage.found_release import FoundRelease

NOT_HAD = "the release cannot be verified here"


def approvals_told(instruments: Instruments, found: FoundRelease) -> tuple[tuple[Approval, ...], list[Doubt]]:
    """Every tag here that approves it, for every environment; none is fetched.

    Of a release that does not verify, or a policy that cannot be read, tags are told, and not whether they count.
    """
    told, doubts = list[Approval](), list[Doubt]()
    for environment in instruments.project().settings.environments:
        try:
            told += _told(instruments, found, environment)
        except LockgateError as error:
            doubts.append(Doubt(f"approvals for {environment}", error.message, error.hint))
            told += _unjudged(instruments, found, environment, error.message)
    if not told and instruments.commit_log().shallow():
        doubts.append(Doubt("approvals", "this clone is shallow: it may lack tags", FETCH))
    return tuple(told), doubts


def _told(instruments: Instruments, found: FoundRelease, environment: str) -> Iterator[Approval]:
    if found.opened is None:
        yield from _unjudged(instruments, found, environment, NOT_HAD)
        return
    for looked in _looked(instruments, found.opened, environment):
        yield Approval(
            environment=environment,
            person=looked.person,
            tag=looked.tag,
            tagged_at=moment_of_git(looked.tagged_at),
            valid=not looked.problem,
            why=looked.problem,
            signer=looked.signer if looked.recorded else "",
            key=looked.key,
            tagger=looked.tagger,
        )


def _looked(instruments: Instruments, release: Release, environment: str) -> tuple[Looked, ...]:
    """Each approval by itself: that an author of the model is the only one is a matter of all of them together."""
    authority = authority_of(instruments, environment, policy_here(instruments))
    if authority.rule is not None:
        authority = replace(authority, rule=replace(authority.rule, second_person=False))
    approved = approvals_of(instruments, release, environment, authority, None)
    return (*approved.counted, *approved.others)


def _unjudged(instruments: Instruments, found: FoundRelease, environment: str, why: str) -> Iterator[Approval]:
    asked = Asked(environment, found.reference, "")
    for tag in instruments.signed_tags().find(asked.prefix):
        yield Approval(environment, "", tag.name, moment_of_git(tag.tagged_at), None, why, tagger=tag.tagger)


def approved_together(instruments: Instruments, found: FoundRelease, served: Sequence[Served]) -> Iterator[Approved]:
    """For each environment that demands approvals or has one: whether they suffice, by the rule of its commit.

    It is that of the promotion, or else the newest one of the branch, as `origin` has it. Authors are those of what was
    new to the champion of then.
    """
    if found.opened is None:
        return
    project = instruments.project()
    for environment in project.settings.environments:
        stay = _promoted([each.stay for each in served if each.environment == environment])
        commit = stay.since.hash if stay else policy_here(instruments).revision
        target = Target(commit, f"commit {commit[:12]}")
        told = _together(instruments, environment, target, found.opened, stay)
        if told.needed or told.counted or told.suffices is None:
            yield told


def _promoted(stays: Sequence[Stay]) -> Stay | None:
    """The newest that a promotion began; a way back asks for approvals where the policy says so alone."""
    return next((each for each in stays if each.how is How.PROMOTION), stays[0] if stays else None)


def _together(
    instruments: Instruments, environment: str, target: Target, release: Release, stay: Stay | None
) -> Approved:
    told = Approved(environment, target.revision, 0, 0, None)
    try:
        authority = authority_of(instruments, environment, target)
        told = replace(told, needed=authority.rule.count if authority.rule else 0)
        champion = _champion_then(instruments, environment, stay)
        approved = approvals_of(instruments, release, environment, authority, champion)
    except LockgateError as error:
        return replace(told, why=error.message)
    return replace(told, counted=len(approved.counted), suffices=not approved.missing, why=approved.missing)


def _champion_then(instruments: Instruments, environment: str, stay: Stay | None) -> ReleaseReference | None:
    """What the environment named before that stay; without one, what it names now.

    Raises ``SourceError`` where a shallow clone does not have the commits that would say it.
    """
    project, log = instruments.project(), instruments.commit_log()
    if stay is None:
        return champion_of(project, environment)
    stays = stays_of(project, environment, log)
    before = next((older for newer, older in pairwise(stays) if newer.since == stay.since), None)
    if before is None and log.shallow():
        raise SourceError(
            f"what {environment} named before {stay.since.short} is not in this shallow clone",
            hint="git fetch --unshallow",
        )
    return None if before is None else before.release
