"""What every statistic is taken over: what is true of each row and what was answered to it, a class for each task."""

from dataclasses import dataclass, fields, replace
from typing import ClassVar, Self, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Truths: TypeAlias = npt.NDArray[np.bool_]
Places: TypeAlias = npt.NDArray[np.intp]


class Rows:
    """What samples of all tasks have: rows of which some can be taken, each with its truth."""

    task: ClassVar[str]
    blocks: Places | None
    TRUTH: ClassVar[str]
    """The name of the field that holds what is true of each row."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(getattr(self, self.TRUTH))

    def where(self, rows: Truths | npt.NDArray[np.intp]) -> Self:
        """The rows of a mask ``(rows,)``, or those at some places."""
        parts = {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]  # all are dataclasses
        taken = {name: part[rows] for name, part in parts.items() if isinstance(part, np.ndarray)}
        return replace(self, **taken)  # type: ignore[type-var]  # the same

    @property
    def true(self) -> npt.NDArray[np.generic]:
        """What is true of each row."""
        found: npt.NDArray[np.generic] = getattr(self, self.TRUTH)
        return found

    @property
    def said(self) -> Floats:
        """The numbers that were answered, as they were."""
        found: Floats = getattr(self, "scores")  # noqa: B009 - of all samples but that of numbers
        return found

    def same_truth(self, other: "Rows") -> bool:
        """Whether the other is of as many rows of the same task, and the same is true of each."""
        if type(other) is not type(self):
            return False
        return np.array_equal(getattr(self, self.TRUTH), getattr(other, self.TRUTH))

    def same_answers(self, other: "Rows") -> bool:
        """Whether the other answers every row alike."""
        mine, theirs = (
            [part for name, part in vars(each).items() if name != each.TRUTH and isinstance(part, np.ndarray)]
            for each in (self, other)
        )
        return len(mine) == len(theirs) and all(map(np.array_equal, mine, theirs))


@dataclass(frozen=True)
class Sample(Rows):
    """``(rows,)`` each: whether the row is of the positive class, was answered so, and with which probability.

    ``blocks`` ``(rows,)``, here and in the others, says which rows depend on each other: those of one number.
    """

    labels: Truths
    predicted: Truths
    scores: Floats
    blocks: Places | None = None

    task: ClassVar[str] = "binary"
    TRUTH: ClassVar[str] = "labels"

    @property
    def whole(self) -> bool:
        """Whether both classes are there and every score is a number: what every metric needs."""
        return 0 < int(self.labels.sum()) < self.rows and bool(np.isfinite(self.scores).all())

    def cells(self) -> Floats:
        """True positives, false positives, false negatives, true negatives: ``(4,)``."""
        code = 2 * ~self.labels + (self.labels ^ self.predicted)
        true_positive, false_negative, true_negative, false_positive = np.bincount(code, minlength=4)
        return np.array([true_positive, false_positive, false_negative, true_negative], dtype=np.float64)


@dataclass(frozen=True)
class ClassSample(Rows):
    """One of several classes: the place among ``names`` of the true and of the answered one, ``(rows,)``.

    An answer that is none of the classes is -1. ``scores`` ``(rows, classes)`` are probabilities.
    """

    truth: Places
    predicted: Places
    scores: Floats
    names: tuple[str, ...]
    blocks: Places | None = None

    task: ClassVar[str] = "multiclass"
    TRUTH: ClassVar[str] = "truth"

    @property
    def whole(self) -> bool:
        """Whether two classes at least are there, and every score is a number."""
        return len(np.unique(self.truth)) > 1 and bool(np.isfinite(self.scores).all())


@dataclass(frozen=True)
class LabelSample(Rows):
    """Any number of labels at once: which are true, which were answered, with which probability: ``(rows, labels)``."""

    truth: Truths
    predicted: Truths
    scores: Floats
    names: tuple[str, ...]
    blocks: Places | None = None

    task: ClassVar[str] = "multilabel"
    TRUTH: ClassVar[str] = "truth"

    @property
    def whole(self) -> bool:
        """Whether there is a row, and every score is a number."""
        return self.rows > 0 and bool(np.isfinite(self.scores).all())


@dataclass(frozen=True)
class ValueSample(Rows):
    """Numbers: what is true and what was answered, ``(rows, targets)``, each in the unit of its target.

    With ``quantiles``, ``at`` ``(rows, quantiles)`` are the answers for each of them, of the only target; ``values``
    are those of the middle one. ``naive`` ``(rows, targets)`` is what a forecast without a model says.
    """

    truth: Floats
    values: Floats
    names: tuple[str, ...]
    quantiles: tuple[float, ...] = ()
    at: Floats | None = None
    naive: Floats | None = None
    blocks: Places | None = None

    task: ClassVar[str] = "regression"
    TRUTH: ClassVar[str] = "truth"

    @property
    def said(self) -> Floats:
        """The numbers that were answered, of every quantile."""
        return self.values if self.at is None else self.at

    @property
    def whole(self) -> bool:
        """Whether there is a row, and every answer is a number."""
        return self.rows > 0 and bool(np.isfinite(self.truth).all() and np.isfinite(self.said).all())


AnySample: TypeAlias = Sample | ClassSample | LabelSample | ValueSample
