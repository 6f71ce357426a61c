"""The candidate's worst errors for whoever reads its verdict: looked up in evidence that is there, never measured."""

from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.signature import Signature
from lockgate.domain.reviewing.worst_errors import WorstError, worst_errors
from lockgate.ports import Tables
from lockgate.usecases.measuring.score_tables import find_reference_scores
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.valid_documents import read_if_sound


def read_worst(project: Project, verdict: Verdict, tables: Tables) -> tuple[WorstError, ...]:
    """Worst first; none where the candidate's explanation cannot be read, or is of another model or other rows."""
    subject = verdict.candidate.subject
    path = project.layout.evidence(subject.candidate, NAMES[ExplanationEvidence])
    explanation = read_if_sound(project, path, ExplanationEvidence)
    if explanation is None or explanation.subject.differs_from(subject):
        return ()
    signature = project.documents.read(project.layout.candidate(subject.candidate).signature, Signature)
    reference = _reference_scores(project, verdict, tables)
    return tuple(worst_errors(explanation.worst, reference, signature.task, project.settings.tables.positive))


def _reference_scores(project: Project, verdict: Verdict, tables: Tables) -> ScoreTable | None:
    reference = read_if_sound(project, project.layout.reference, ReferenceEvidence)
    same = reference is not None and reference.data == verdict.candidate.subject.data
    return find_reference_scores(project, tables, reference) if same else None
