"""The score table: what was answered to every held-out row, with the columns that it may be sliced by."""

from dataclasses import dataclass

import numpy as np

from lockgate.domain.identity import Digest
from lockgate.domain.model.signature import Array, Columns
from lockgate.domain.statistics.sample import Sample

RESERVED = ("row", "label", "predicted", "score")
OWN = "column of the rows: "
"""Before the name of a column of the rows' own that is called like one of the four; it is read back without."""


@dataclass(frozen=True)
class TableReference:
    """A columnar table that lies beside a document: its file name there, its rows, and the digest of its bytes."""

    path: str
    rows: int
    digest: Digest


@dataclass(frozen=True)
class ScoreTable:
    """One row for each held-out row: the sample that metrics are taken over, and the row's own columns ``(rows,)``.

    ``classes`` are those that its rows are of, and those that were answered; empty where they are not known.
    """

    sample: Sample
    columns: Columns
    classes: tuple[str, ...] = ()

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
        columns = {_own(name): values for name, values in table.items() if name not in RESERVED}
        return cls(
            sample, columns, tuple(sorted({str(found) for side in SIDES for found in set(table[side].tolist())}))
        )


SIDES = ("label", "predicted")


def score_table(labels: Array, predicted: Array, scores: Array, columns: Columns) -> Columns:
    """The table as it lies on disk, all ``(rows,)``: Lockgate's four columns, and the rows' own under other names."""
    return {
        "row": np.arange(len(labels), dtype=np.int64),
        "label": labels,
        "predicted": predicted,
        "score": scores,
        **{_stored(name): values for name, values in columns.items()},
    }


def _stored(name: str) -> str:
    return OWN + name if _bare(name) in RESERVED else name


def _own(stored: str) -> str:
    return stored.removeprefix(OWN) if _bare(stored) in RESERVED else stored


def _bare(name: str) -> str:
    while name.startswith(OWN):
        name = name.removeprefix(OWN)
    return name
