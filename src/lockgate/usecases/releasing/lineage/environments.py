"""What environments named through time, read from the commits of their files."""

from collections.abc import Iterator, Sequence

from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.history import Named
from lockgate.domain.releasing.lineage.environment_log import How, Stay, how_of, reason_of, times_in_order
from lockgate.domain.source import Commit
from lockgate.ports import CommitLog
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.served_history import served_history

CUT = "this clone has no commits before {}: it may have been so for longer (git fetch --unshallow)"


def stays_of(project: Project, environment: str, log: CommitLog, revision: str = "HEAD") -> tuple[Stay, ...]:
    """What an environment has named, the newest first. A merge is told with the commit that it brought."""
    history = served_history(project, environment, log, revision)
    return tuple(
        _stay(project, environment, log, named, [each.release for each in history[position + 1 :]])
        for position, named in enumerate(history)
    )


def doubts_of(stays: Sequence[Stay], log: CommitLog) -> tuple[str, ...]:
    """What of these stays this clone cannot confirm as a whole."""
    doubts = [CUT.format(stays[-1].since.short)] if stays and log.shallow() else []
    return (*doubts, *times_in_order([stay.since for stay in stays]))


def _stay(
    project: Project,
    environment: str,
    log: CommitLog,
    named: Named[Commit],
    earlier: Sequence[ReleaseReference | None],
) -> Stay:
    commit, how, doubts = named.since, How.BY_HAND, list[str]()
    for told in _tellers(project, environment, log, commit):
        commit, how = told, how_of(told.subject, named.release, earlier)
        if how is not How.BY_HAND:
            break
    if not earlier and log.shallow():
        doubts.append(CUT.format(named.since.short))
    return Stay(
        release=named.release,
        since=named.since,
        until=named.until,
        how=how,
        by=commit,
        reason=reason_of(log.message(commit.hash) or ""),
        problem=named.problem,
        doubts=tuple(doubts),
    )


def _tellers(project: Project, environment: str, log: CommitLog, commit: Commit) -> Iterator[Commit]:
    """The commits that may say why: one of a merge's that changed the file says more than the merge; then that."""
    before = f"{commit.hash}^1"
    if log.resolve(before) is not None:
        brought = log.commits(commit.hash, before, project.layout.environment(environment))
        yield from (each for each in brought if each.hash != commit.hash)
    yield commit
