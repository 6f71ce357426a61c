"""What git says that the registry should: a release for each environment, by the commits of its file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.history import Named
from lockgate.domain.releasing.registry_state import Mark, RegistryState, Wanted, aliases_of
from lockgate.ports import Commit, CommitLog
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.served_history import served_history

Periods = Mapping[str, tuple[Named[Commit], ...]]


@dataclass(frozen=True)
class ByGit:
    """For each environment what it should have, and what it has named before, the newest first."""

    wanted: tuple[Wanted, ...]
    periods: Periods

    def references(self) -> Mapping[Digest, ReleaseReference]:
        """Every release that an environment names or has named, the oldest first."""
        named = [period for periods in self.periods.values() for period in periods if period.release is not None]
        named.sort(key=lambda period: datetime.fromisoformat(period.since.committed_at))
        return {period.release.release: period.release for period in named if period.release is not None}

    def told(self) -> Mapping[Digest, str]:
        """Of every such release, where git names it, or until when it did; the oldest first."""
        words = {}
        for digest in self.references():
            named = [
                f"names for {environment}" if period.until is None else f"named for {environment} until {_day(period)}"
                for environment, periods in self.periods.items()
                for period in periods
                if period.release is not None and period.release.release == digest
            ]
            words[digest] = min(named, key=lambda text: text.startswith("named"))
        return words


def by_git(project: Project, log: CommitLog) -> ByGit:
    """By the history of the commit that is checked out; what is not committed says nothing."""
    names = project.settings.environments
    periods = {name: served_history(project, name, log) for name in names}
    return ByGit(tuple(_wanted(name, periods[name], names) for name in names), periods)


def _wanted(environment: str, periods: tuple[Named[Commit], ...], names: tuple[str, ...]) -> Wanted:
    aliases = aliases_of(environment, names)
    if not periods:
        unknown = f"deploy/{environment}.yaml is in no commit that this clone has"
        return Wanted(environment, aliases, None, unknown=unknown)
    now = periods[0]
    since = now.since
    unknown = f"{since.hash[:12]} cannot be read: {now.problem}" if now.problem else ""
    return Wanted(environment, aliases, now.release, since.hash, since.committed_at, since.author, unknown)


def as_far_as_known(by: ByGit, state: RegistryState, log: CommitLog) -> tuple[Wanted, ...]:
    """The same, ``unknown`` for an environment that a commit has pointed elsewhere which this clone does not have."""
    return tuple(each if each.unknown else _looked_at(each, by.periods, state, log) for each in by.wanted)


def _looked_at(wanted: Wanted, periods: Periods, state: RegistryState, log: CommitLog) -> Wanted:
    marks = [each.marks[wanted.environment] for each in state.versions if wanted.environment in each.marks]
    for mark in sorted(marks, key=lambda mark: _moment(mark.committed_at), reverse=True):
        if not _here(mark, periods[wanted.environment], log):
            unknown = f"it was pointed by commit {mark.commit[:12]}, which is not in the history of this clone's HEAD"
            return replace(wanted, unknown=unknown)
    return wanted


def _here(mark: Mark, periods: Iterable[Named[Commit]], log: CommitLog) -> bool:
    """Whether this history knows of that pointing: it has the commit, or it came to name that release later.

    A commit that was merged as another one, squashed, is known so. Where a shallow clone cannot tell, time does.
    """
    for period in periods:
        same = period.release is not None and str(period.release.release) == mark.release
        if period.since.hash == mark.commit or (
            same and _moment(period.since.committed_at) >= _moment(mark.committed_at)
        ):
            return True
    has = log.is_ancestor(mark.commit, "HEAD") if mark.commit else True
    if has is not None:
        return has
    head = log.commit("HEAD")
    return head is not None and _moment(mark.committed_at) <= _moment(head.committed_at)


def _moment(text: str) -> float:
    """Seconds; text that somebody has edited is of the beginning."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def _day(period: Named[Commit]) -> str:
    return "" if period.until is None else period.until.committed_at[:10]
