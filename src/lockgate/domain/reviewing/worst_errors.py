"""The candidate's worst errors, and what the glassbox says of the same rows: is a row hard, or the model wrong?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lockgate.domain.judging.gates.explanation.evidence import LocalExplanation
from lockgate.domain.judging.gates.explanation.evidence_glassbox import CONTRIBUTION
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.task import Task
from lockgate.domain.numbers import shown
from lockgate.domain.statistics.sample import AnySample, Sample

STRONGEST = 3
"""How many columns or terms are told of each row."""


@dataclass(frozen=True)
class WorstError:
    """One held-out row by its number, with what it truly is, and what both models say.

    Of a binary task a score is the probability of the positive class, of another one it is of what the truth names: the
    probability of that class or label, or the value of that target. ``columns`` are the candidate's strongest ones,
    with how much each raises the score; ``reference_terms`` the glassbox's, on its own scale; strongest first. The
    glassbox's are ``None`` and empty where it was not asked.
    """

    row: int
    truth: str
    score: float | None
    columns: tuple[tuple[str, float], ...]
    reference_score: float | None = None
    reference_terms: tuple[tuple[str, float], ...] = ()
    task: str = "binary"


def worst_errors(
    worst: Sequence[LocalExplanation], reference: ScoreTable | None, task: Task, positive: str
) -> Iterator[WorstError]:
    """The same rows, worst first; ``reference`` is the glassbox's table of the same held-out rows, ``None``: none."""
    for found in worst:
        truth, columns = _truth(found, task, positive), _strongest(found.contributions)
        if reference is None or not 0 <= found.row < reference.rows:
            yield WorstError(found.row, truth, found.score, columns, task=task.kind)
            continue
        said = {
            name.removeprefix(CONTRIBUTION): float(values[found.row])
            for name, values in reference.columns.items()
            if name.startswith(CONTRIBUTION)
        }
        score = _said(reference.sample, found)
        yield WorstError(found.row, truth, found.score, columns, score, _strongest(said), task.kind)


def _truth(found: LocalExplanation, task: Task, positive: str) -> str:
    """The class of a row, whether a label is true of it, or the value of a target."""
    if isinstance(found.label, str):
        return found.label
    if task.kind == "binary":
        others = [name for name in task.columns if name != positive]
        return positive if found.label else others[0] if len(others) == 1 else f"not {positive}"
    if isinstance(found.label, bool):
        return f"{found.column}: {'true' if found.label else 'false'}"
    return f"{found.column}: {shown(found.label)}" if len(task.truths) > 1 else shown(found.label)


def _said(sample: AnySample, found: LocalExplanation) -> float | None:
    """The glassbox's score of the same; ``None`` where it has none of that name."""
    row = sample.said[found.row]
    if isinstance(sample, Sample):
        return float(row)
    return float(row[sample.names.index(found.column)]) if found.column in sample.names else None


def _strongest(contributions: Mapping[str, float | None]) -> tuple[tuple[str, float], ...]:
    known = [(name, value) for name, value in contributions.items() if value is not None]
    return tuple(sorted(known, key=lambda each: -abs(each[1]))[:STRONGEST])
