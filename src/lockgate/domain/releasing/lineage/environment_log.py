"""The log of an environment: what it named, since when, until when, by whom and why; git is what it is read from."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.source import Commit

_FACT = re.compile(r"[A-Z][A-Za-z-]*:? +\S+$|[A-Z][A-Za-z]*-[A-Za-z-]+: |Against:? ")


class How(StrEnum):
    """How an environment came to name what it names: by a verb, by `git revert`, or by another commit."""

    PROMOTION = "promotion"
    ROLLBACK = "rollback"
    REVERT = "revert"
    BY_HAND = "by hand"


@dataclass(frozen=True)
class Stay:
    """A release, from the commit by which an environment named it to the one that ended that.

    ``release`` is ``None`` where it named none, and ``until`` where it still does. ``by`` is the commit that somebody
    wrote: that of ``since``, or the one that it merged. ``reason`` is what its message says below its subject.
    ``where`` the release can be had is empty where it cannot; ``verified`` is ``None`` where that was not asked.
    ``problem`` says why the file of that time cannot be read or the release is not sound, ``doubts`` what cannot be
    confirmed.
    """

    release: ReleaseReference | None
    since: Commit
    until: Commit | None
    how: How
    by: Commit
    reason: str = ""
    where: str = ""
    verified: bool | None = None
    problem: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class EnvironmentLog:
    """Every release that an environment named, the newest first, by the history of one commit."""

    environment: str
    head: str
    branch: str | None
    stays: tuple[Stay, ...]
    doubts: tuple[str, ...] = ()
    schema: Literal["lockgate/environment-log/1"] = "lockgate/environment-log/1"


def how_of(subject: str, release: ReleaseReference | None, earlier: Iterable[ReleaseReference | None]) -> How:
    """How a commit of that subject came to name a release; ``earlier`` are those that were named before it.

    A subject alone is believed of nothing: it must name the release, and a way back must lead to one that was there.
    """
    came_before = release in set(earlier)
    named = release is not None and release.release.short in subject
    if subject.startswith("Promote ") and named:
        return How.PROMOTION
    if subject.startswith(("Roll ", "Rollback ")) and named and came_before:
        return How.ROLLBACK
    if subject.startswith('Revert "') and (came_before or release is None):
        return How.REVERT
    return How.BY_HAND


def reason_of(message: str) -> str:
    """The first paragraph below the subject that is a text and no list of facts, in one line; empty where none is."""
    _, _, body = message.partition("\n")
    for paragraph in re.split(r"\n\s*\n", body.strip()):
        lines = [line.strip() for line in paragraph.splitlines()]
        if lines and lines[0] and not _are_facts(lines):
            return " ".join(lines)
    return ""


def _are_facts(lines: Sequence[str]) -> bool:
    """Whether they are a titled list, or each a name with its value, as Lockgate and `git commit --trailer` write."""
    return lines[0].endswith(":") or all(map(_FACT.match, lines))


def times_in_order(commits: Sequence[Commit]) -> tuple[str, ...]:
    """What is wrong with the times of commits that follow each other, the newest first: a clock may have been wrong."""
    return tuple(
        f"commit {new.short} says {new.committed_at}, which is before {old.short}, the one that it follows"
        for new, old in itertools.pairwise(commits)
        if datetime.fromisoformat(new.committed_at) < datetime.fromisoformat(old.committed_at)
    )
