"""The candidate's worst errors, and what the glassbox says of the same rows: is a row hard, or the model wrong?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lockgate.domain.judging.gates.explanation.evidence import LocalExplanation
from lockgate.domain.judging.gates.explanation.evidence_glassbox import CONTRIBUTION
from lockgate.domain.model.score_table import ScoreTable

STRONGEST = 3
"""How many columns or terms are told of each row."""


@dataclass(frozen=True)
class WorstError:
    """One held-out row by its number, with its true class, and both models' probabilities of the positive class.

    ``columns`` are the candidate's strongest ones, with how much each raises the probability; ``reference_terms`` the
    glassbox's, with their log-odds; strongest first. The glassbox's are ``None`` and empty where it was not asked.
    """

    row: int
    truth: str
    score: float | None
    columns: tuple[tuple[str, float], ...]
    reference_score: float | None = None
    reference_terms: tuple[tuple[str, float], ...] = ()


def worst_errors(
    worst: Sequence[LocalExplanation], reference: ScoreTable | None, classes: Sequence[str], positive: str
) -> Iterator[WorstError]:
    """The same rows, worst first; ``reference`` is the glassbox's table of the same held-out rows, ``None``: none."""
    others = [name for name in classes if name != positive]
    other = others[0] if len(others) == 1 else f"not {positive}"
    for found in worst:
        truth, columns = positive if found.label else other, _strongest(found.contributions)
        if reference is None or not 0 <= found.row < reference.rows:
            yield WorstError(found.row, truth, found.score, columns)
            continue
        said = {
            name.removeprefix(CONTRIBUTION): float(values[found.row])
            for name, values in reference.columns.items()
            if name.startswith(CONTRIBUTION)
        }
        score = float(reference.binary.scores[found.row])
        yield WorstError(found.row, truth, found.score, columns, score, _strongest(said))


def _strongest(contributions: Mapping[str, float | None]) -> tuple[tuple[str, float], ...]:
    known = [(name, value) for name, value in contributions.items() if value is not None]
    return tuple(sorted(known, key=lambda each: -abs(each[1]))[:STRONGEST])
