"""Whether the approvals of a release suffice: who counts, who does not and why, and what is missing."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lockgate.domain.names import listed
from lockgate.domain.releasing.approving.approval import Approval, Asked
from lockgate.domain.releasing.approving.rule import ApprovalRule, is_one_of, same_person

_SSH_PRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_GPG_PRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")
_SSH_KEY = re.compile(r"(?P<kind>[a-z0-9@.-]+)\s+(?P<blob>[A-Za-z0-9+/=]+)")


@dataclass(frozen=True)
class Approved:
    """The approvals of a release for an environment; ``missing`` says why they do not suffice, empty where they do."""

    environment: str
    counted: tuple[Approval, ...]
    others: tuple[Approval, ...]
    missing: str = ""


def decide_approvals(asked: Asked, rule: ApprovalRule, looked: Sequence[Approval], authors: frozenset[str]) -> Approved:
    """Count each person and each key once. ``authors`` are the names of whoever wrote the model's commits."""
    counted, others = list[Approval](), list[Approval]()
    for approval in sorted(looked, key=lambda each: (bool(each.problem), each.tagged_at, each.tag)):
        same = next((each for each in counted if _same(each, approval)), None)
        if approval.problem or same is None:
            (others if approval.problem else counted).append(approval)
        else:
            others.append(replace(approval, problem=f"it is of the same person or key as {same.tag}"))
    missing = _missing(asked, rule, counted, authors)
    return Approved(asked.environment, tuple(counted), tuple(others), missing)


def _same(one: Approval, other: Approval) -> bool:
    """Whether two approvals are one person's: by name, or by the key of those who sign for themselves."""
    own = not one.recorded and not other.recorded
    return same_person(one.person, other.person) or (own and one.key == other.key)


def _missing(asked: Asked, rule: ApprovalRule, counted: Sequence[Approval], authors: frozenset[str]) -> str:
    which = f"{asked.reference.name} {asked.reference.release.short}"
    if len(counted) < rule.count:
        have = listed(each.person for each in counted) or "none"
        whom = f" of {listed(rule.by)}" if rule.by else ""
        count = "1 approval" if rule.count == 1 else f"{rule.count} approvals"
        return f"{asked.environment} demands {count}{whom}, and {which} has {have}"
    if rule.second_person and all(is_one_of(_names(each), authors) for each in counted):
        wrote = listed(each.person for each in counted)
        return f"{asked.environment} demands a second person, and {wrote} wrote commits of {which}"
    return ""


def _names(approval: Approval) -> tuple[str, ...]:
    """What a person may be called: whoever signs is whom git says tagged, as well."""
    if approval.recorded:
        return (approval.person,)
    name, _, address = approval.tagger.rpartition(" <")
    return (approval.person, name, address.rstrip(">"))


def fingerprint(line: str) -> str:
    """The fingerprint of an SSH public key as it stands in a line of a `.pub` file. Raises ``ValueError``."""
    match = _SSH_KEY.match(line)
    if match is None:
        raise ValueError("no public key")
    try:
        blob = base64.b64decode(match["blob"], validate=True)
    except binascii.Error as error:
        raise ValueError("no public key") from error
    kind = match["kind"].encode()
    if blob[: 4 + len(kind)] != len(kind).to_bytes(4) + kind:
        raise ValueError("no public key")
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def revoked_keys(content: str) -> dict[str, str]:
    """The fingerprints that `deploy/revoked_signers` lists, with the comment beside each.

    A line is an SSH public key, its ``SHA256:`` fingerprint, or the fingerprint of a GPG key. Raises ``ValueError``
    with the line that is none of these: a key that was to be revoked must not stay.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(content.splitlines(), 1):
        told, _, comment = line.partition("#")
        if told := told.strip():
            try:
                key, rest = _revoked(told)
            except ValueError as error:
                raise ValueError(f"line {number}: {told!r} is neither an SSH public key nor a fingerprint") from error
            found[key] = " ".join(filter(None, (rest, comment.strip())))
    return found


def _revoked(told: str) -> tuple[str, str]:
    first, _, rest = told.partition(" ")
    if _SSH_PRINT.fullmatch(first):
        return first, rest.strip()
    if _GPG_PRINT.fullmatch(whole := told.replace(" ", "").upper()):
        return whole, ""
    if _GPG_PRINT.fullmatch(first.upper()):
        return first.upper(), rest.strip()
    return fingerprint(told), " ".join(told.split()[2:])
