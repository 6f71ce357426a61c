"""``lockgate approve``: a signed tag by which a person lets an environment serve one release."""

from dataclasses import dataclass

from lockgate.domain.releasing.approving.approval import Approval, Asked, Tag
from lockgate.domain.releasing.approving.decision import Approved
from lockgate.domain.releasing.approving.rule import same_person
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import Release
from lockgate.errors import InputError, Refused, SourceError
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.stored.named_release import named_release
from lockgate.usecases.releasing.desired_state.approvals import (
    Authority,
    approvals_of,
    asked_of,
    authority_of,
    look_here,
)
from lockgate.usecases.releasing.desired_state.target import policy_here


@dataclass(frozen=True)
class Approving:
    """An approval that was given, or would be: its tag, what that says, and what the release has and lacks by now.

    ``made`` is false where the person has approved it before, or where this is a dry run.
    """

    environment: str
    reference: ReleaseReference
    tag: str
    person: str
    message: str
    approved: Approved
    demanded: bool
    made: bool
    pushed: bool


def approve_release(
    instruments: Instruments,
    version: str | None,
    environment: str,
    on_behalf_of: str | None,
    *,
    push: bool = False,
    dry_run: bool = False,
) -> Approving:
    """Sign the approval of a release for an environment, by git and with the key that git has for whoever runs it.

    One that would not count is not made: it is verified as a promotion will, by the policy and the signers that the
    branch has, and removed again where it does not hold. Running it again changes nothing, and pushes what was not.
    """
    project, tags = instruments.project(), instruments.signed_tags()
    name = project.settings.environment(environment)
    release, _ = named_release(instruments, version)
    asked = asked_of(release, name)
    _demand_source(instruments, release, asked)
    authority = authority_of(instruments, name, policy_here(instruments))
    person = _person(on_behalf_of) if on_behalf_of else tags.person()
    tag = asked.tag_of(person)
    message = asked.message(person, recorded=bool(on_behalf_of))
    there = _there(instruments, tag)
    if there is not None:
        _demand_counts(instruments, asked, authority, there, made=False)
    elif dry_run:
        _demand_allowed(authority, asked, person)
    else:
        tags.sign(tag, asked.commit, message)
        _demand_counts(instruments, asked, authority, _signed(instruments, tag), made=True)
    if push and not dry_run:
        tags.push(tag)
    return Approving(
        environment=name,
        reference=asked.reference,
        tag=tag,
        person=person,
        message=message,
        approved=approvals_of(instruments, release, name, authority, champion_of(project, name)),
        demanded=authority.rule is not None,
        made=there is None and not dry_run,
        pushed=push and not dry_run,
    )


def _demand_source(instruments: Instruments, release: Release, asked: Asked) -> None:
    log = instruments.commit_log()
    if log.resolve(asked.commit) is None:
        raise SourceError(
            f"{release.name} {release.version} was made from {asked.commit[:12]}, a commit that is not in this clone",
            hint="git fetch origin; in a shallow clone: git fetch --unshallow",
        )


def _person(name: str) -> str:
    """A name that stands in one line, as it is compared with those in the policy."""
    if not name.strip() or not name.isprintable():
        raise InputError(f"{name!r} is no name of a person", hint="--on-behalf-of NAME, as the policy has it")
    return name.strip()


def _there(instruments: Instruments, name: str) -> Tag | None:
    return next((tag for tag in instruments.signed_tags().find(name) if tag.name == name), None)


def _signed(instruments: Instruments, name: str) -> Tag:
    tag = _there(instruments, name)
    if tag is None:
        raise SourceError(f"the tag {name} was signed and is gone", hint="somebody removed it; run this again")
    return tag


def _demand_counts(instruments: Instruments, asked: Asked, authority: Authority, tag: Tag, *, made: bool) -> Approval:
    """Raise ``Refused`` unless a promotion will count it. What was ``made`` just now is removed again."""
    looked = look_here(instruments, asked, tag, authority)
    if not looked.problem:
        return looked
    if made:
        instruments.signed_tags().remove(tag)
        raise Refused(f"this approval would not count, and was not made: {looked.problem}", hint=_remedy())
    raise Refused(
        f"the tag {tag.name} is there, and does not count: {looked.problem}",
        hint=f"if it is yours to remove: git tag --delete {tag.name}; then approve again",
    )


def _remedy() -> str:
    line = 'echo "ADDRESS $(cat ~/.ssh/id_ed25519.pub)" >> deploy/allowed_signers'
    return f"who may sign is committed, and pushed, before it counts: {line}; see docs/approval.md"


def _demand_allowed(authority: Authority, asked: Asked, person: str) -> None:
    """Of a dry run: what can be told without a signature."""
    rule = authority.rule
    if rule is not None and rule.by and not any(same_person(person, each) for each in rule.by):
        raise Refused(
            f"this approval would not count: {person} is none of those whom the policy of {asked.environment} names",
            hint=f"approvals.{asked.environment}.by in params.yaml: {', '.join(rule.by)}",
        )
