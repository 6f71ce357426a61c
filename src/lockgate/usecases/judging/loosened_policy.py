"""Whether the change that is judged brought a policy of its own: one that demands less than the champion's."""

from collections.abc import Iterator
from dataclasses import fields

from lockgate.domain.judging.deciding.policy_changes import PolicyChange, policy_changes
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.making.stage_records import overlap
from lockgate.domain.names import listed
from lockgate.domain.project.settings import Settings
from lockgate.domain.releasing.bundle_files import VERDICT
from lockgate.errors import InputError
from lockgate.ports import CommitLog, StageLock
from lockgate.usecases.project.project import Project

POINTER = ".dvc"


def loosened(project: Project, log: CommitLog, lock: StageLock, champion: Champion | None) -> tuple[str, ...]:
    """The settings that demand less than when the champion was judged, by commits that changed the candidate as well.

    Where this clone does not have the commits since then, every such setting: it cannot be told who loosened it.
    """
    folder = None if champion is None else project.releases.open(champion.release.short)
    if folder is None:
        return ()
    judged = project.documents.read(folder / VERDICT, Verdict)
    looser = [each for each in policy_changes(judged.policy, project.settings.gates) if each.looser]
    if not looser:
        return ()
    since = judged.source.commit
    if log.resolve(since) is None:
        return tuple(
            f"{each}, and this clone does not have the commits since: git fetch --unshallow" for each in looser
        )
    names = {each.name for each in looser}
    commits = log.commits("HEAD", since, project.layout.params)
    return tuple(told for commit in commits for told in _loosened_by(project, log, lock, commit.hash, names))


def _loosened_by(project: Project, log: CommitLog, lock: StageLock, commit: str, names: set[str]) -> Iterator[str]:
    """A merge brings what was committed before it, and counts for nothing of its own."""
    before, after = (_settings(project, log, revision) for revision in (f"{commit}^", commit))
    if before is None or after is None or log.resolve(f"{commit}^2") is not None:
        return
    changes = [each for each in policy_changes(before.gates, after.gates) if each.looser and _within(each, names)]
    others = [*_other_settings(before, after), *_files(log, lock, project, commit)] if changes else []
    for change in changes if others else ():
        yield f"{change} by the commit {commit[:12]}, which changed {listed(others)} as well"


def _within(change: PolicyChange, names: set[str]) -> bool:
    """Whether it is one of those settings, or the section of one."""
    return any(f"{name}.".startswith(f"{change.name}.") or change.name.startswith(f"{name}.") for name in names)


def _settings(project: Project, log: CommitLog, revision: str) -> Settings | None:
    path = project.layout.params
    content = log.content_at(revision, path)
    try:
        return None if content is None else project.documents.parse_settings(content, path.name, Settings)
    except InputError:  # it was mended since
        return None


def _other_settings(before: Settings, after: Settings) -> Iterator[str]:
    """The sections of `params.yaml`, but for the policy, that differ."""
    for each in fields(Settings):
        if each.name != "gates" and getattr(before, each.name) != getattr(after, each.name):
            yield each.name


def _files(log: CommitLog, lock: StageLock, project: Project, commit: str) -> Iterator[str]:
    """What the commit changed of the files that the stages read, data by its pointer."""
    try:
        read = {"dvc.yaml", *(path for stage in lock.stages() for path in stage.deps)}
    except InputError:
        read = set()
    params = project.layout.params.name
    for name in log.differing(f"{commit}^", commit) or ():
        if name != params and (not read or any(overlap(name.removesuffix(POINTER), path) for path in read)):
            yield name
