"""What an environment was to serve, by the commits that changed its file: git is the authority, and remembers."""

from collections.abc import Callable, Iterable, Sequence
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


def way_back(named: Sequence[Named[C]], promoted: Callable[[C], bool]) -> ReleaseReference | None:
    """The release to go back to: the one that was served before the present one; ``named`` has the newest first.

    It is the present one where that was gone back to already: going back again goes no further by itself. ``promoted``
    tells whether a commit was a promotion; any other that names a release of before goes back to it, as `git revert`
    does. ``None``: nothing else was served before.
    """
    steps: list[ReleaseReference] = []
    gone_back = False
    for each in reversed(named):
        gone_back = each.release in steps and not promoted(each.since)
        if each.release is None:
            continue
        if gone_back:
            del steps[steps.index(each.release) + 1 :]
        else:
            steps.append(each.release)
    present = named[0].release if named else None
    return present if gone_back else next((each for each in reversed(steps) if each != present), None)
