"""What an environment was to serve, by the commits that changed its file: git is the authority, and remembers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from lockgate.domain.releasing.deployment import ReleaseReference

C = TypeVar("C")


@dataclass(frozen=True)
class Named(Generic[C]):
    """A release that an environment named from a commit on, ``until`` another; ``None``: it still does.

    ``release`` is ``None`` where the environment was to serve nothing. ``problem`` says why a file cannot be read.
    """

    release: ReleaseReference | None
    since: C
    until: C | None = None
    problem: str = ""


def periods(states: Iterable[tuple[C, ReleaseReference | None, str]]) -> tuple[Named[C], ...]:
    """The releases in turn, the newest first, from what each commit said, the newest first, and what is wrong with it.

    A commit that names the same release as before begins nothing new.
    """
    found: list[Named[C]] = []
    for commit, release, problem in reversed(tuple(states)):
        if found and (found[-1].release, found[-1].problem) == (release, problem):
            continue
        if found:
            found[-1] = Named(found[-1].release, found[-1].since, commit, found[-1].problem)
        found.append(Named(release, commit, None, problem))
    return tuple(reversed(found))
