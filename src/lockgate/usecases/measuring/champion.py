"""``lockgate check champion``: ask an environment's champion the rows that today's candidates are judged on."""

from dataclasses import replace
from typing import TypeVar

from lockgate.domain.identity import Digest
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.gate import Champion
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.model.candidate import MODEL, Subject
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.release import ACCURACY, MANIFEST, Manifest, sealed
from lockgate.errors import LockgateError
from lockgate.ports import Metrics, Registry, Repository, Runtime, Tables
from lockgate.usecases.measuring.accuracy import measure_accuracy, open_export
from lockgate.usecases.measuring.explanation import measure_explanation
from lockgate.usecases.measuring.methods import measured_here, method_here
from lockgate.usecases.measuring.score_tables import read_scores
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import fetch_release

D = TypeVar("D", AccuracyEvidence, ExplanationEvidence)


def committed_champion(project: Project, environment: str, repository: Repository) -> ReleaseReference | None:
    """The champion that the latest commit names: git is the authority, and a file here may say something else."""
    path = project.layout.environment(environment)
    if not repository.uncommitted(path):
        return project.documents.read_settings(path, Deployment).champion
    content = repository.content(path)
    return None if content is None else project.documents.parse_settings(content, path.name, Deployment).champion


def asked_already(project: Project, environment: str) -> bool:
    """Whether there is nothing to ask: no champion, or its scores on today's rows are here."""
    deployment = project.documents.read_settings(project.layout.environment(environment), Deployment)
    if deployment.champion is None:
        return True
    version = deployment.champion.release.short
    found = _asked(project, version)
    if found is None or found.subject.data != _rows(project) or not measured_here(project, "accuracy", found.method):
        return False
    if project.settings.gates.explanation is None:
        return True
    explained = _explained(project, version, found.subject.model)
    return explained is not None and measured_here(project, "explanation", explained.method)


def ask_champion(
    project: Project, environment: str, registry: Registry | None, runtime: Runtime, metrics: Metrics, tables: Tables
) -> AccuracyEvidence | None:
    """Run the champion's ONNX model on the held-out rows and keep its scores; ``None`` where it cannot be had.

    Where the policy asks for explanations, its importances are measured on these rows too.

    Raises ``ModelError`` or ``DataError`` where the champion does not take today's rows.
    """
    deployment = project.documents.read_settings(project.layout.environment(environment), Deployment)
    folder = None if deployment.champion is None else fetch_release(project, deployment.champion, registry)
    if folder is None or deployment.champion is None:
        return None
    name = deployment.champion.release.short
    subject = Subject(name, project.files.sha256(folder / MODEL), _rows(project))
    judged = open_export(project, name, folder, runtime, tables)
    paths = project.layout.champion(name)
    if project.settings.gates.explanation is not None:
        truths = judged.truths(project.settings.tables.label)
        explained = measure_explanation(judged, truths, subject, dict(runtime.versions()))
        explained = replace(explained, method=method_here(project, "explanation"))
        project.documents.write(paths.document("explanation"), explained)
    return measure_accuracy(project, judged, subject, paths, runtime, metrics, tables)


def read_champion(project: Project, environment: str, registry: Registry | None, tables: Tables) -> Champion | None:
    """The environment's champion with its evidence on today's rows, else its sealed one; ``None``: there is none."""
    deployment = project.documents.read_settings(project.layout.environment(environment), Deployment)
    if deployment.champion is None:
        return None
    folder = fetch_release(project, deployment.champion, registry)
    if folder is None:
        return Champion(deployment.champion.release, None)
    release = deployment.champion.release
    model = project.documents.read(folder / MANIFEST, Manifest).files[MODEL]
    size = (folder / MODEL).stat().st_size
    own = _of(model, project.documents.read(folder / ACCURACY, AccuracyEvidence))
    explanation, path = None, folder / sealed("explanation")
    if path.exists():
        explanation = _of(model, project.documents.read(path, ExplanationEvidence))
    asked = _asked(project, release.short)
    if asked is None or asked.subject.model != model:
        return Champion(release, own, None, explanation, model, size)
    scores = read_scores(tables, project.files, project.layout.champion(release.short).scores, asked)
    explained = _explained(project, release.short, model)
    kinds = frozenset({"accuracy"} if explained is None else {"accuracy", "explanation"})
    return Champion(release, asked, scores, explained or explanation, model, size, kinds)


def champion_scores(project: Project, environment: str, tables: Tables) -> ScoreTable | None:
    """The champion's scores on today's rows, where it was asked them; no registry is needed."""
    deployment = project.documents.read_settings(project.layout.environment(environment), Deployment)
    version = deployment.champion.release.short if deployment.champion else ""
    asked = _asked(project, version) if version else None
    return None if asked is None else read_scores(tables, project.files, project.layout.champion(version).scores, asked)


def _of(model: Digest, document: D) -> D | None:
    """The document, where it is of the champion's own model: of another one it says nothing."""
    return document if document.subject.model == model else None


def _asked(project: Project, version: str) -> AccuracyEvidence | None:
    paths = project.layout.champion(version)
    try:
        return project.documents.read(paths.accuracy, AccuracyEvidence) if paths.accuracy.exists() else None
    except LockgateError:  # unreadable: it is asked again
        return None


def _explained(project: Project, version: str, model: Digest) -> ExplanationEvidence | None:
    """Its importances on today's rows; older ones say less, and are not taken, nor are those of another model."""
    path = project.layout.champion(version).document("explanation")
    try:
        found = project.documents.read(path, ExplanationEvidence) if path.exists() else None
    except LockgateError:  # unreadable: it is asked again
        return None
    return _of(model, found) if found is not None and found.subject.data == _rows(project) else None


def _rows(project: Project) -> Digest:
    return project.files.md5(project.layout.root / project.settings.tables.test)
