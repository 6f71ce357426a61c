"""What a release was made of is in the history of what it is promoted on: else nobody could look it up later."""

from lockgate.domain.names import listed
from lockgate.domain.releasing.release import Release
from lockgate.errors import Refused, SourceError
from lockgate.ports import CommitLog


def demand_source(log: CommitLog, release: Release, onto: str, name: str) -> None:
    """Raise ``Refused`` unless the release's commit is in the history of ``onto``, which people call ``name``.

    Raises ``SourceError`` where this clone cannot tell.
    """
    commit, what = release.verdict.source.commit, f"release {release.version} was made of the commit"
    found = log.is_ancestor(commit, onto)
    if found:
        return
    if found is None:
        deeper = "git fetch --unshallow" if log.shallow() else "git fetch origin"
        raise SourceError(
            f"{what} {commit[:12]}, and this clone cannot tell whether {name} has that in its history",
            hint=f"get the history: {deeper}",
        )
    branches = log.branches(commit)
    has = (
        f"{listed(branches)} of this clone {'has' if len(branches) == 1 else 'have'} it"
        if branches
        else ("no branch of this clone has it")
    )
    merge = f"merge that commit into {name} first, or " if branches else ""
    raise Refused(
        f"{what} {commit[:12]}, which {name} does not have in its history; {has}",
        hint=f"{merge}deliver what {name} has: lockgate deliver",
    )
