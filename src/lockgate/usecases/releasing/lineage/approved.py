"""Who approved a release, for which environment, and whether that counts now."""

from collections.abc import Iterator
from dataclasses import replace

from lockgate.domain.releasing.approving.approval import Approval as Looked
from lockgate.domain.releasing.approving.approval import Asked
from lockgate.domain.releasing.lineage.document import Approval, Doubt
from lockgate.domain.releasing.lineage.moments import moment_of_git
from lockgate.domain.releasing.release import Release
from lockgate.errors import LockgateError
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.desired_state.approvals import FETCH, approvals_of, authority_of
from lockgate.usecases.releasing.desired_state.target import policy_here
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
    approved = approvals_of(instruments, release, environment, authority)
    return (*approved.counted, *approved.others)


def _unjudged(instruments: Instruments, found: FoundRelease, environment: str, why: str) -> Iterator[Approval]:
    asked = Asked(environment, found.reference, "")
    for tag in instruments.signed_tags().find(asked.prefix):
        yield Approval(environment, "", tag.name, moment_of_git(tag.tagged_at), None, why, tagger=tag.tagger)
