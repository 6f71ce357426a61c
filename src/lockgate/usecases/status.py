"""``lockgate status``: what is the champion, what is the candidate, what blocks it."""

from dataclasses import dataclass

from lockgate.domain.deployment import Deployment, ReleaseReference
from lockgate.domain.identity import Digest
from lockgate.domain.source import Source
from lockgate.domain.verdict import Verdict
from lockgate.ports import Repository
from lockgate.usecases.project import Project, find_candidate


@dataclass(frozen=True)
class CandidateStatus:
    """A candidate: its content digest where it was made, its verdict where there is one, and what blocks it."""

    name: str
    content: Digest | None
    outcome: str | None
    blocked_by: tuple[str, ...]


@dataclass(frozen=True)
class StatusReport:
    """The source, the champion of every environment (``None`` before the first promotion), and the candidates."""

    model: str
    source: Source
    champions: dict[str, ReleaseReference | None]
    candidates: tuple[CandidateStatus, ...]


def status(project: Project, repository: Repository) -> StatusReport:
    """Read; change nothing."""
    source = repository.source()
    verdict = None
    if project.layout.verdict.exists():
        verdict = project.documents.read(project.layout.verdict, Verdict)
    champions = {
        name: project.documents.read_settings(project.layout.environment(name), Deployment).champion
        for name in project.settings.environments
    }
    candidates = tuple(_candidate(project, name, source, verdict) for name in project.settings.candidates)
    return StatusReport(project.settings.model, source, champions, candidates)


def _candidate(project: Project, name: str, source: Source, verdict: Verdict | None) -> CandidateStatus:
    candidate = find_candidate(project, name)
    if candidate is None:
        return CandidateStatus(name, None, None, ("not made yet: lockgate run",))
    content = candidate.content
    if verdict is None or verdict.content != content:
        return CandidateStatus(name, content, None, ("not judged yet: lockgate gate",))
    blocked = tuple(f"{f.gate}: {f.message}" for f in verdict.blocking)
    if verdict.source != source:
        blocked = (*blocked, f"judged at {verdict.source.commit[:12]}, the source is another now: lockgate deliver")
    return CandidateStatus(name, content, verdict.outcome, blocked)
