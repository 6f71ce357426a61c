"""The score table: what was answered to every held-out row, with the columns that it may be sliced by."""

from dataclasses import dataclass

import numpy as np

from lockgate.domain.identity import Digest
from lockgate.domain.model.signature import Array, Columns
from lockgate.domain.statistics.sample import Sample

RESERVED = ("row", "label", "predicted", "score")
SCORE = "score of "
"""Before the name of the class that a column of scores is of. Version 1 had one such column, called ``score``."""
OWN = "column of the rows: "
"""Before the name of a column of the rows' own that is called like one of these; it is read back without."""


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
        """From the table as it lies on disk, of version 1 too. Raises ``KeyError`` with a column that is not there."""
        # A column of the rows' own is called `score` in no table.
        score = RESERVED[-1] if RESERVED[-1] in table else SCORE + positive
        sample = Sample(
            np.asarray(table["label"] == positive, dtype=np.bool_),
            np.asarray(table["predicted"] == positive, dtype=np.bool_),
            np.asarray(table[score], dtype=np.float64),
        )
        columns = {_own(name): values for name, values in table.items() if name not in (*RESERVED, score)}
        return cls(
            sample, columns, tuple(sorted({str(found) for side in SIDES for found in set(table[side].tolist())}))
        )


SIDES = ("label", "predicted")


def score_table(labels: Array, predicted: Array, scores: Columns, columns: Columns) -> Columns:
    """The table as it lies on disk, all ``(rows,)``: Lockgate's columns, and the rows' own under other names.

    ``scores`` are float64 by the class that they are of: a binary task's positive one, every class of another.
    """
    return {
        "row": np.arange(len(labels), dtype=np.int64),
        "label": labels,
        "predicted": predicted,
        **{SCORE + name: values for name, values in scores.items()},
        **{_stored(name): values for name, values in columns.items()},
    }


def only_scores(table: Columns) -> Columns:
    """The table as it lies on disk without any column of the rows' own: row, truth, answer and scores alone."""
    return {name: values for name, values in table.items() if _is_taken(name)}


def _stored(name: str) -> str:
    return OWN + name if _is_taken(_bare(name)) else name


def _own(stored: str) -> str:
    return stored.removeprefix(OWN) if _is_taken(_bare(stored)) else stored


def _is_taken(name: str) -> bool:
    return name in RESERVED or name.startswith(SCORE)


def _bare(name: str) -> str:
    while name.startswith(OWN):
        name = name.removeprefix(OWN)
    return name
