"""The score table: what was answered to every held-out row, with the columns that it may be sliced by."""

from dataclasses import dataclass

import numpy as np

from lockgate.domain.signature import Columns
from lockgate.domain.statistics.sample import Sample

RESERVED = ("row", "label", "predicted", "score")


@dataclass(frozen=True)
class ScoreTable:
    """One row for each held-out row: the sample that metrics are taken over, and the row's own columns ``(rows,)``."""

    sample: Sample
    columns: Columns

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.sample.labels)

    def same_rows(self, other: "ScoreTable") -> bool:
        """Whether the other has as many rows, each with the same true class."""
        return np.array_equal(self.sample.labels, other.sample.labels)

    @classmethod
    def of(cls, table: Columns, positive: str) -> "ScoreTable":
        """From the table as it lies on disk. Raises ``KeyError`` with the name of a column that is not there."""
        sample = Sample(
            np.asarray(table["label"] == positive, dtype=np.bool_),
            np.asarray(table["predicted"] == positive, dtype=np.bool_),
            np.asarray(table["score"], dtype=np.float64),
        )
        return cls(sample, {name: values for name, values in table.items() if name not in RESERVED})
