"""What every statistic is taken over: truth, answer and score of each row."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Truths: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """``(rows,)`` each: whether the row is of the positive class, was answered so, and with which probability."""

    labels: Truths
    predicted: Truths
    scores: Floats

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.labels)

    @property
    def whole(self) -> bool:
        """Whether both classes are there and every score is a number: what every metric needs."""
        return 0 < int(self.labels.sum()) < self.rows and bool(np.isfinite(self.scores).all())

    def where(self, rows: Truths | npt.NDArray[np.intp]) -> "Sample":
        """The rows of a mask ``(rows,)``, or those at some places."""
        return Sample(self.labels[rows], self.predicted[rows], self.scores[rows])

    def cells(self) -> Floats:
        """True positives, false positives, false negatives, true negatives: ``(4,)``."""
        code = 2 * ~self.labels + (self.labels ^ self.predicted)
        true_positive, false_negative, true_negative, false_positive = np.bincount(code, minlength=4)
        return np.array([true_positive, false_positive, false_negative, true_negative], dtype=np.float64)
