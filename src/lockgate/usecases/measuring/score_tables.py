"""Reading score tables: only the one that the evidence names by its digest."""

from itertools import chain
from pathlib import Path

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.model.score_table import ScoreTable
from lockgate.errors import LockgateError
from lockgate.ports import Files, Tables
from lockgate.usecases.project.project import Project


def read_scores(
    tables: Tables, files: Files, path: Path, evidence: AccuracyEvidence | ReferenceEvidence
) -> ScoreTable | None:
    """The table of that evidence; ``None`` where it is absent, another, or not readable."""
    try:
        if files.sha256(path) != evidence.scores.digest:
            return None
        return ScoreTable.of(tables.read(path), evidence.task)
    except (LockgateError, KeyError, ValueError, TypeError):  # the last two where its columns are no scores
        return None


def find_scores(project: Project, tables: Tables, evidence: AccuracyEvidence | None) -> ScoreTable | None:
    """The table of that evidence wherever it lies, a candidate's or a champion's: a release carries none."""
    if evidence is None:
        return None
    # It lies beside the document: a path that leads elsewhere, or that is a pattern, names no table.
    patterns = (f"{kind}/*/evidence/*" for kind in ("candidates", "champions"))
    for path in chain.from_iterable(project.store.find(project.layout.build, pattern) for pattern in patterns):
        found = read_scores(tables, project.files, path, evidence) if path.name == evidence.scores.path else None
        if found is not None:
            return found
    return None


def find_reference_scores(project: Project, tables: Tables, evidence: ReferenceEvidence | None) -> ScoreTable | None:
    """The glassbox's table, the terms' contributions as columns; ``None`` where it is not that of the evidence."""
    if evidence is None:
        return None
    return read_scores(tables, project.files, project.layout.reference_scores, evidence)


def tables_beside(project: Project, tables: Tables, evidence: Evidence) -> dict[type, ScoreTable]:
    """Tables of answers that are not the candidate's, each by the document that it is of."""
    found = find_reference_scores(project, tables, evidence.of(ReferenceEvidence))
    return {} if found is None else {ReferenceEvidence: found}
