"""``lockgate gate``: evidence x policy x champion -> verdict. Runs no model."""

from pathlib import Path
from typing import TypeVar

from lockgate.domain.candidate import Candidate
from lockgate.domain.decision import Case, decide
from lockgate.domain.deployment import Waivers
from lockgate.domain.evidence import AccuracyEvidence, Evidence, ParityEvidence, TestsEvidence
from lockgate.domain.gates.accuracy import Champion
from lockgate.domain.layout import Layout
from lockgate.domain.selection import Selection
from lockgate.domain.source import Source
from lockgate.domain.verdict import Verdict, Waiver
from lockgate.ports import Registry, Repository
from lockgate.usecases.project import Project, read_candidate
from lockgate.usecases.releases import read_champion

T = TypeVar("T")


def gate(
    project: Project,
    name: str,
    environment: str,
    repository: Repository,
    registry: Registry | None,
    selection: Selection | None = None,
) -> Verdict:
    """Judge the candidate against the environment's champion and write ``build/verdict.json``."""
    forget(project.layout)
    candidate = read_candidate(project, name)
    champion = read_champion(project, environment, registry)
    paths = project.layout.candidate(name)
    verdict = judge(
        project,
        candidate,
        repository.source(),
        environment,
        champion,
        {"tests": project.layout.tests, "accuracy": paths.accuracy, "parity": paths.parity},
        selection,
    )
    project.documents.write(project.layout.verdict, verdict)
    return verdict


def forget(layout: Layout) -> None:
    """Remove the verdict of before: it must not be read as today's if today's cannot be drawn."""
    layout.verdict.unlink(missing_ok=True)


def judge(
    project: Project,
    candidate: Candidate,
    source: Source,
    environment: str,
    champion: Champion | None,
    documents: dict[str, Path],
    selection: Selection | None = None,
) -> Verdict:
    """Read the evidence documents that there are and decide; what is absent stays undecided."""
    evidence = Evidence(
        tests=_read(project, documents["tests"], TestsEvidence),
        accuracy=_read(project, documents["accuracy"], AccuracyEvidence),
        parity=_read(project, documents["parity"], ParityEvidence),
    )
    digests = {kind: project.files.sha256(path) for kind, path in documents.items() if path.exists()}
    waivers: tuple[Waiver, ...] = ()
    if project.layout.waivers.exists():
        waivers = project.documents.read_settings(project.layout.waivers, Waivers).waivers
    case = Case(candidate, source, environment, evidence, digests, champion, selection)
    return decide(project.settings.gates, case, waivers)


def _read(project: Project, path: Path, kind: type[T]) -> T | None:
    return project.documents.read(path, kind) if path.exists() else None
