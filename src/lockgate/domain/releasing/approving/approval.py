"""An approval: a signed tag of git by which a person lets an environment serve one release; and when it counts."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from lockgate.domain.releasing.approving.rule import ApprovalRule, same_person
from lockgate.domain.releasing.deployment import ReleaseReference

PREFIX = "lockgate/approved"
_FIELD = re.compile(r"(?P<key>[A-Z][a-z-]+): (?P<value>\S.*)")
_SLUG_DIGITS = 8
SHOWN = 23
"""Of a key's fingerprint, for people: the tag has all of it."""


@dataclass(frozen=True)
class Asked:
    """What an approval must be of: a release, made from the source of a commit, for an environment."""

    environment: str
    reference: ReleaseReference
    commit: str

    @property
    def prefix(self) -> str:
        """What the names of all approvals of it begin with."""
        return f"{PREFIX}/{self.environment}/{self.reference.release.hex}/"

    def tag_of(self, person: str) -> str:
        """The name of a person's tag: one for each, whatever characters the person's name has."""
        letters = re.sub(r"[^a-z0-9]+", "-", person.casefold()).strip("-")
        return f"{self.prefix}{letters[:40]}-{hashlib.sha256(person.encode()).hexdigest()[:_SLUG_DIGITS]}"

    def message(self, person: str, *, recorded: bool) -> str:
        """What the tag says. ``recorded``: somebody else signs it, on behalf of the person."""
        fields = {
            "Environment": self.environment,
            "Release": self.reference.release,
            "Content": self.reference.content,
            "Source": self.commit,
            "Recorded-for" if recorded else "Approved-by": person,
        }
        head = f"Approve {self.reference.name} {self.reference.release.short} for {self.environment}"
        return "\n".join([head, "", *(f"{key}: {value}" for key, value in fields.items())]) + "\n"


@dataclass(frozen=True)
class Tag:
    """A tag as git has it: its name, its object, and what that says: which name, which commit, whose message.

    A lightweight tag has no object of its own: ``annotated`` is false, and ``object`` is the commit.
    """

    name: str
    object: str
    annotated: bool
    says: str = ""
    commit: str = ""
    tagger: str = ""
    tagged_at: str = ""
    message: str = ""


class SignatureState(StrEnum):
    """What git says of a signature, by the signers that it was given."""

    GOOD = "good"
    NONE = "none"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    BAD = "bad"


@dataclass(frozen=True)
class Signature:
    """A signature that was looked at: whose by the list of signers, with the fingerprints of which key."""

    state: SignatureState
    signer: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Approval:
    """A tag that was looked at: the person whose approval it is, and why it does not count; empty where it does."""

    tag: str
    object: str
    person: str = ""
    signer: str = ""
    key: str = ""
    tagged_at: str = ""
    tagger: str = ""
    problem: str = ""

    @property
    def recorded(self) -> bool:
        """Whether somebody else signed it for the person."""
        return bool(self.person) and self.person != self.signer

    def __str__(self) -> str:
        by = f", recorded by {self.signer}" if self.recorded else ""
        return f"{self.person}{by} ({self.key[:SHOWN]})"


SAID = {
    SignatureState.NONE: "it has no signature: anybody could have written it",
    SignatureState.BAD: "its signature does not fit what it says: it was edited",
}


def look_at(asked: Asked, tag: Tag, signature: Signature, revoked: Mapping[str, str], rule: ApprovalRule) -> Approval:
    """The approval that a tag of that name is, with why it does not count where it does not.

    ``revoked`` are fingerprints of keys, with the comment beside each.
    """
    looked = Approval(tag.name, tag.object, tagged_at=tag.tagged_at, tagger=tag.tagger)
    if not tag.annotated:
        return _not(looked, "it is a lightweight tag, without a signature: anybody could have set it")
    key = signature.keys[0] if signature.keys else "no key"
    if signature.state in SAID:
        return _not(looked, SAID[signature.state])
    if found := next((each for each in signature.keys if each in revoked), ""):
        return _not(looked, f"its key {found} is revoked: {revoked[found] or 'deploy/revoked_signers lists it'}")
    if signature.state is SignatureState.UNKNOWN:
        return _not(
            looked, f"its key {key} is nobody's: neither deploy/allowed_signers nor deploy/allowed_keys.asc has it"
        )
    if signature.state is not SignatureState.GOOD:
        return _not(looked, f"its key {key} is {signature.state}")
    fields = _fields(tag.message)
    recorded = fields.get("Recorded-for", "")
    person = recorded or signature.signer
    looked = Approval(tag.name, tag.object, person, signature.signer, key, tag.tagged_at, tag.tagger)
    return _not(
        looked, _unlike(asked, tag, fields) or _not_allowed(person, signature.signer, rule, recorded=bool(recorded))
    )


def _not(looked: Approval, problem: str) -> Approval:
    return replace(looked, problem=problem)


def _unlike(asked: Asked, tag: Tag, fields: Mapping[str, str]) -> str:
    """What a tag that somebody signed is of, where that is not what is asked."""
    if tag.says != tag.name:
        return f"it was signed as {tag.says} and has another name here"
    if tag.commit != asked.commit:
        return f"it tags the commit {tag.commit[:12]}, and the release was made from {asked.commit[:12]}"
    wanted = {"Environment": asked.environment, "Release": str(asked.reference.release)}
    for key, value in wanted.items():
        if fields.get(key) != value:
            return f"it says {key}: {fields.get(key, 'nothing')}, not {value}"
    return ""


def _not_allowed(person: str, signer: str, rule: ApprovalRule, *, recorded: bool) -> str:
    """Why the policy does not count this person's approval."""
    records = any(same_person(signer, each) for each in rule.on_behalf)
    if recorded and not records:
        return f"{signer} may not record approvals of others: `on_behalf` does not name it"
    if records and not recorded:
        return f"{signer} records approvals of others, and names nobody here"
    if rule.by and not any(same_person(person, each) for each in rule.by):
        return f"{person} is none of those whom the policy names: {', '.join(rule.by)}"
    return ""


def _fields(message: str) -> dict[str, str]:
    """The lines ``Key: value`` of a message; a key that stands there twice says nothing."""
    found: dict[str, str] = {}
    for line in message.splitlines():
        if match := _FIELD.fullmatch(line):
            found[match["key"]] = "" if match["key"] in found else match["value"]
    return {key: value for key, value in found.items() if value}
