"""How evidence on explanation, or on the glassbox, differs from what can be had again without the project's code."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, LocalExplanation
from lockgate.domain.judging.gates.explanation.evidence_glassbox import CONTRIBUTION, ReferenceEvidence, Term
from lockgate.domain.measuring.measured_again import CLOSE, first_difference
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.signature import Array, Columns
from lockgate.domain.statistics.sample import Floats, Sample


def explained_otherwise(kept: ExplanationEvidence, today: ExplanationEvidence, answers: Answers) -> str:
    """The first difference between what was kept and what is measured now; empty where there is none.

    ``answers`` are today's to all held-out rows. Of rows that are answered equally badly, a rounding decides which is
    among the worst.
    """
    there = {_place(each) for each in kept.worst} & {_place(each) for each in today.worst}
    least = min((_error(each, today) for each in today.worst), default=0.0)
    ours = [each for each in kept.worst if _place(each) in there or not _ties(each, today, answers, least)]
    theirs = today.worst if len(ours) == len(kept.worst) else [each for each in today.worst if _place(each) in there]
    return first_difference(
        replace(kept, worst=tuple(sorted(ours, key=_place))), replace(today, worst=tuple(sorted(theirs, key=_place)))
    )


def _place(found: LocalExplanation) -> tuple[int, str]:
    return found.row, found.column


def _ties(found: LocalExplanation, today: ExplanationEvidence, answers: Answers, least: float) -> bool:
    """Whether it tells today's answer to its row, and that is as bad as the least of the worst."""
    if not 0 <= found.row < answers.rows or found.column not in answers.task.columns:
        return False
    score = float(answers.of_class(found.column)[found.row])
    return _near(found.score, score) and math.isclose(_error(found, today), least, rel_tol=CLOSE, abs_tol=CLOSE)


def _near(kept: float | None, today: float) -> bool:
    if kept is None or not math.isfinite(today):
        return kept is None and not math.isfinite(today)
    return math.isclose(kept, today, rel_tol=CLOSE, abs_tol=CLOSE)


def _error(found: LocalExplanation, evidence: ExplanationEvidence) -> float:
    """How far the answer is from the truth, in the spread of its target where that has one."""
    truth = 1.0 if isinstance(found.label, str) else float(found.label)
    spreads = evidence.spreads
    unit = spreads.get(found.column, next(iter(spreads.values()), 1.0))
    return math.inf if found.score is None else abs(truth - found.score) / unit


def glassbox_otherwise(evidence: ReferenceEvidence, table: ScoreTable, columns: Columns) -> str:
    """What shows that a table of contributions is of no glassbox; empty where nothing does. It is not fitted again.

    A term says the same of all rows that have the same in its ``columns``, the score is the sum of the terms, and the
    evidence has their sizes. That somebody made a whole glassbox worse is not found here.
    """
    return next(_of_glassbox(evidence, table, columns), "")


def _of_glassbox(evidence: ReferenceEvidence, table: ScoreTable, columns: Columns) -> Iterator[str]:
    binary = isinstance(table.sample, Sample)
    for term in evidence.terms:
        said = [np.asarray(values) for name, values in table.columns.items() if _is_of(name, term, evidence)]
        if not said:
            yield f"{term.name} is a term, and the table has no contribution of it"
            continue
        if (row := _unequal(said, [columns[name] for name in term.columns])) is not None:
            yield f"{term.name} says another thing of row {row} than of a row that has the same in {term.name}"
        size = float(np.mean([np.abs(each).mean() for each in said])) if table.rows else math.nan
        if binary and term.importance is not None and not math.isclose(term.importance, size, rel_tol=CLOSE):
            yield f"{term.name} moves answers by {term.importance:.6g}, and by {size:.6g} in the table"
    if binary and (row := _no_sum(evidence, table)) is not None:
        yield f"the contributions to row {row} do not add up to its score"


def _is_of(name: str, term: Term, evidence: ReferenceEvidence) -> bool:
    bare = f"{CONTRIBUTION}{term.name}"
    return name == bare or any(name == f"{bare} to {column}" for column in evidence.task.columns)


def _unequal(said: Sequence[Array], columns: Sequence[Array]) -> int | None:
    """The first row of which a term says something else than of one with the same values before it."""
    keys = [np.unique(_plain(values), return_inverse=True)[1].reshape(-1) for values in columns]
    same = np.unique(np.stack(keys, axis=1), axis=0, return_index=True, return_inverse=True)
    first = same[1][same[2].reshape(-1)]
    differs = np.zeros(len(first), dtype=np.bool_)
    for each in said:
        differs |= ~np.isclose(each, each[first], rtol=CLOSE, atol=1e-9, equal_nan=True)
    found = np.flatnonzero(differs)
    return int(found[0]) if len(found) else None


def _plain(values: Array) -> Array:
    return values if values.dtype.kind in "fiub" else values.astype(np.str_)


def _no_sum(evidence: ReferenceEvidence, table: ScoreTable) -> int | None:
    terms = [values for name, values in table.columns.items() if name.startswith(CONTRIBUTION)]
    total: Floats = np.full(table.rows, evidence.intercept) + np.sum(terms, axis=0)
    with np.errstate(over="ignore"):
        score = 1 / (1 + np.exp(-total))
    found = np.flatnonzero(~np.isclose(score, table.binary.scores, rtol=0.0, atol=CLOSE))
    return int(found[0]) if len(found) else None
