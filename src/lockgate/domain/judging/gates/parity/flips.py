"""The rows whose label differs between two models, and which of them are between answers that are as good as equal."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lockgate.domain.judging.gates.parity.evidence import Flip
from lockgate.domain.model.answers import LIKELIER
from lockgate.domain.model.signature import Array, Outputs, Signature
from lockgate.domain.model.task import Multiclass, Multilabel, Task

WORST = 10


class Flips:
    """The rows whose label differs, those first of which the expected answers were surest."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._rows = 0
        self._found: int | None = 0
        self.worst: list[Flip] = []

    @property
    def count(self) -> int | None:
        """How many there are; ``None`` where labels could not be compared, or there was no row.

        Of several labels at once, each that is told of a row counts.
        """
        return self._found if self._rows else None

    def add(self, expected: Outputs, actual: Outputs) -> None:
        """Some more rows."""
        task, numbers = self._signature.task, self._signature.probabilities
        if isinstance(task, Multilabel):
            self._add_labels(task, expected.get(numbers), actual.get(numbers))
            return
        left, right = expected.get(self._signature.label), actual.get(self._signature.label)
        if left is None or right is None or left.size != len(right) or right.size != len(right):
            self._found = None
        elif self._found is not None:
            left, right = left.reshape(-1), right.reshape(-1)
            rows = _different(left, right)
            self._found += len(rows)
            self._keep(rows, left, right, expected.get(numbers))
        self._rows += 0 if left is None else len(left)

    def _add_labels(self, task: Multilabel, left: Array | None, right: Array | None) -> None:
        if left is None or right is None or left.shape != right.shape or left.shape[1:] != (task.width,):
            self._found = None
        elif self._found is not None:
            ours = left.astype(np.float64)
            rows, places = np.nonzero((ours >= LIKELIER) != (right.astype(np.float64) >= LIKELIER))
            self._found += len(rows)
            for row, place in zip(rows.tolist(), places.tolist(), strict=True):
                name, value = task.labels[place], float(ours[row, place])
                told = (name, f"not {name}") if value >= LIKELIER else (f"not {name}", name)
                self._kept([Flip(self._rows + row, *told, abs(value - LIKELIER) if np.isfinite(value) else None)])
        self._rows += 0 if left is None else len(left)

    def _keep(self, rows: npt.NDArray[np.intp], left: Array, right: Array, probabilities: Array | None) -> None:
        task = self._signature.task
        if isinstance(task, Multiclass) and probabilities is not None:
            margins = _between(task, probabilities, rows, left, right)
        else:
            margins = _margins(probabilities, rows)
        self._kept(
            [
                Flip(self._rows + int(row), str(left[row]), str(right[row]), margin)
                for row, margin in zip(rows, margins, strict=True)
            ]
        )

    def _kept(self, flips: Sequence[Flip]) -> None:
        unknown = np.inf if isinstance(self._signature.task, Multiclass | Multilabel) else 0.0
        self.worst = sorted([*self.worst, *flips], key=lambda flip: -_or(flip.margin, unknown))[:WORST]


def _different(left: Array, right: Array) -> npt.NDArray[np.intp]:
    """The rows whose labels, as text, are not the same."""
    candidates = np.flatnonzero(np.asarray(left != right)) if left.dtype == right.dtype else np.arange(len(left))
    apart = np.asarray(left[candidates].astype(str) != right[candidates].astype(str), dtype=np.bool_)
    return np.asarray(candidates[apart], dtype=np.intp)


def _margins(probabilities: Array | None, rows: npt.NDArray[np.intp]) -> list[float | None]:
    """How far the best class is above the second, at some rows."""
    if probabilities is None or probabilities.ndim != 2 or probabilities.shape[1] < 2:  # noqa: PLR2004 - two classes
        return [None] * len(rows)
    best = np.sort(probabilities[rows].astype(np.float64), axis=1)
    return [float(margin) if np.isfinite(margin) else None for margin in best[:, -1] - best[:, -2]]


def _between(
    task: Multiclass, probabilities: Array, rows: npt.NDArray[np.intp], left: Array, right: Array
) -> list[float | None]:
    """How far the one label is above the other, at some rows; ``None`` where one is no class."""
    if probabilities.shape[1:] != (task.width,):
        return [None] * len(rows)
    ours, theirs = (task.places(side[rows].astype(np.str_).astype(object)) for side in (left, right))
    found = probabilities[rows, ours].astype(np.float64) - probabilities[rows, theirs].astype(np.float64)
    known = (ours >= 0) & (theirs >= 0) & np.isfinite(found)
    return [abs(float(margin)) if there else None for margin, there in zip(found, known, strict=True)]


def _or(margin: float | None, unknown: float) -> float:
    return unknown if margin is None else margin


def without_ties(task: Task, flips: int, worst: Sequence[Flip], tolerance: float) -> tuple[int, int]:
    """How many labels flip, and how many more are ties: between answers that are equal within twice the tolerance.

    ``worst`` are the flips with the largest margins. Two classes have no ties: there a label is what the model says.
    """
    if not isinstance(task, Multiclass | Multilabel):
        return flips, 0
    apart = sum(flip.margin is None or not flip.margin <= 2 * tolerance for flip in worst)
    found = apart if apart < len(worst) or len(worst) == flips else flips
    return found, flips - found


def tied(count: int) -> str:
    """What is told of ties behind a message."""
    if not count:
        return ""
    return f"; {count} more {'is a tie' if count == 1 else 'are ties'}: both answers are equal within the tolerance"
