"""``lockgate status``: what is the champion, what is the candidate, what blocks it."""

from collections.abc import Iterable
from dataclasses import dataclass

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.rows_judged import RowsJudged
from lockgate.domain.names import listed
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.source import Source
from lockgate.ports import Repository, StageLock
from lockgate.usecases.project.champions import committed_champions
from lockgate.usecases.project.project import Project, find_candidate
from lockgate.usecases.project.sources import judged_source
from lockgate.usecases.project.standing import Since, changed_since
from lockgate.usecases.project.valid_documents import read_if_sound


@dataclass(frozen=True)
class CandidateStatus:
    """A candidate: its content digest where it was made, its verdict where there is one, and what blocks it.

    ``serves`` are the environments whose champion has exactly this content.
    """

    name: str
    content: Digest | None
    outcome: str | None
    blocked_by: tuple[str, ...]
    serves: tuple[str, ...] = ()


@dataclass(frozen=True)
class StatusReport:
    """The source, the champion of every environment (``None`` before the first promotion), and the candidates.

    Champions are those that the latest commit names; ``uncommitted`` are the environments whose file differs here.
    ``rows_judged`` is what the latest verdict says of its held-out rows. ``unread`` are the pages that commits since
    the verdict changed, and that neither tests nor stages have read.
    """

    model: str
    source: Source
    champions: dict[str, ReleaseReference | None]
    candidates: tuple[CandidateStatus, ...]
    uncommitted: tuple[str, ...] = ()
    rows_judged: RowsJudged | None = None
    unread: tuple[str, ...] = ()


def status(project: Project, repository: Repository, lock: StageLock) -> StatusReport:
    """Read; change nothing."""
    source = judged_source(project, repository)
    verdict = None
    if project.store.has(project.layout.verdict):
        verdict = project.documents.read(project.layout.verdict, Verdict)
    names = project.settings.environments
    champions = committed_champions(project, repository)
    differing = repository.uncommitted(*map(project.layout.environment, names))
    tests = read_if_sound(project, project.layout.tests, TestsEvidence)
    changed = None if verdict is None else changed_since(project, repository, lock, verdict.source.commit, tests)
    since = () if verdict is None else _since(verdict, source, champions, changed)
    candidates = tuple(_candidate(project, name, since, champions, verdict) for name in project.settings.candidates)
    uncommitted = tuple(name for name in names if project.layout.environment(name) in differing)
    judged = verdict.rows_judged if verdict else None
    unread = changed.unread if changed else ()
    return StatusReport(project.settings.model, source, champions, candidates, uncommitted, judged, unread)


def _candidate(
    project: Project,
    name: str,
    since: tuple[str, ...],
    champions: dict[str, ReleaseReference | None],
    verdict: Verdict | None,
) -> CandidateStatus:
    candidate = find_candidate(project, name)
    if candidate is None:
        return CandidateStatus(name, None, None, ("not made yet: lockgate run",))
    content = candidate.content
    serves = tuple(name for name, champion in champions.items() if champion and champion.content == content)
    if verdict is None or verdict.content != content:
        return CandidateStatus(name, content, None, () if serves else ("not judged yet: lockgate gate",), serves)
    blocked = tuple(f"{f.gate}: {f.message}" for f in verdict.blocking)
    return CandidateStatus(name, content, verdict.outcome, (*blocked, *since), serves)


def _since(
    verdict: Verdict, source: Source, champions: dict[str, ReleaseReference | None], changed: Since | None
) -> tuple[str, ...]:
    """What has changed since the verdict. A promotion changes nothing of what it was drawn from, but the champion."""
    reasons = [*_other_commit(verdict.source, source, changed), *_other_files(verdict.source, source)]
    champion = champions.get(verdict.environment)
    if champion and champion.content != verdict.content and str(verdict.champion or "") != str(champion.release):
        judged = f"against {verdict.champion.short}" if verdict.champion else "without a champion"
        reasons.append(f"judged {judged}, the champion of {verdict.environment} is {champion.release.short} now")
    return tuple(f"{reason}: lockgate deliver" for reason in reasons)


def _other_commit(judged: Source, now: Source, changed: Since | None) -> Iterable[str]:
    if judged.commit == now.commit:
        return
    there = f"judged at {judged.commit[:12]}"
    if changed is None:
        yield f"{there}, which is no commit of this clone"
    elif changed.read:
        yield f"{there}, and commits since then changed {listed(changed.read)}"


def _other_files(judged: Source, now: Source) -> Iterable[str]:
    if gone := sorted(set(judged.changed) - set(now.changed)):
        yield f"judged with uncommitted changes that are gone or committed now, of {listed(gone)}"
    if new := sorted(set(now.changed) - set(judged.changed)):
        yield f"judged before the uncommitted changes of {listed(new)}"
