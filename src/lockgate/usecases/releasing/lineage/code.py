"""The commits of a release, its params and its waivers, as git confirms them or not."""

from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.verdict import Waiver
from lockgate.domain.names import listed
from lockgate.domain.releasing.deployment import Waivers
from lockgate.domain.releasing.lineage.document import Code, Doubt, Params, UsedWaiver
from lockgate.domain.releasing.release import Provenance
from lockgate.domain.source import Commit, Source
from lockgate.errors import LockgateError
from lockgate.ports import CommitLog
from lockgate.usecases.project.project import Project

UNSHALLOW = "git fetch --unshallow"


def code_of(log: CommitLog, source: Source, champion: Source | None) -> tuple[Code, list[Doubt]]:
    """The commit that was released, and those since the champion's; ``champion`` is ``None`` where there was none."""
    doubts = []
    if source.changed:
        doubts.append(Doubt("source", f"the working copy differed from the commit: {listed(source.changed)}"))
    commit = log.commit(source.commit)
    if commit is None:
        return Code(source), [*doubts, _no_commit(log, "source", source.commit)]
    ancestor = log.is_ancestor(commit.hash, "HEAD")
    if ancestor is False:
        doubts.append(
            Doubt("source", "the commit is not in the history of what is checked out", "see: git branch -a --contains")
        )
    elif ancestor is None:
        doubts.append(Doubt("source", "a shallow clone cannot tell whether the commit is in this history", UNSHALLOW))
    if champion is None:
        return Code(source, commit), doubts
    if log.commit(champion.commit) is None:
        doubts.append(_no_commit(log, "commits", champion.commit))
        return Code(source, commit, champion.commit), doubts
    between = log.commits(commit.hash, champion.commit)
    if log.shallow():
        doubts.append(Doubt("commits", "a shallow clone may not have all of them", UNSHALLOW))
    return Code(source, commit, champion.commit, between), doubts


def params_of(project: Project, log: CommitLog, provenance: Provenance) -> tuple[Params, list[Doubt]]:
    """The digest that was sealed, held to what the commit has."""
    content = log.content_at(provenance.source.commit, project.layout.params)
    doubts = []
    if content is None:
        doubts.append(Doubt("params", "the release alone says so: this clone does not have the file of that commit"))
    elif sha256(content) != provenance.params:
        doubts.append(Doubt("params", "params.yaml of the commit is another one"))
    return Params(provenance.params), doubts


def waivers_of(
    project: Project, log: CommitLog, waivers: tuple[Waiver, ...], source: Source
) -> tuple[tuple[UsedWaiver, ...], list[Doubt]]:
    """Each waiver with the commit that brought it into git, on the line to the commit that was released."""
    told, doubts = [], []
    for waiver in waivers:
        commit = _brought_by(project, log, waiver, source.commit) or _brought_by(project, log, waiver, "HEAD")
        told.append(UsedWaiver(waiver, commit))
        if commit is None:
            why = "no commit here has it" + (": the clone is shallow" if log.shallow() else "")
            doubts.append(Doubt(f"waiver: {waiver.gate}", why, UNSHALLOW if log.shallow() else ""))
    return tuple(told), doubts


def _brought_by(project: Project, log: CommitLog, waiver: Waiver, revision: str) -> Commit | None:
    """The first of the latest commits in a row that have it."""
    found = None
    for version in log.versions(project.layout.waivers, revision):
        try:
            content = version.content or b""
            there = project.documents.parse_settings(content, project.layout.waivers.name, Waivers).waivers
        except LockgateError:
            there = ()
        if waiver in there:
            found = version.commit
        elif found is not None:
            break
    return found


def _no_commit(log: CommitLog, about: str, commit: str) -> Doubt:
    if log.shallow():
        return Doubt(about, f"this shallow clone does not have commit {commit[:12]}", UNSHALLOW)
    return Doubt(about, f"no commit of this clone is {commit[:12]}", "git fetch --all --tags; or it was never pushed")
