"""Inputs that look like an id: nearly every row has a value of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lockgate.domain.model.request_rows import WHOLE
from lockgate.domain.model.signature import Array, Columns, Signature

SHARE: Final = 0.9
"""How many distinct values there are for each row that has one, from which on a column looks like an id."""


@dataclass(frozen=True)
class Identifier:
    """A column of text or whole numbers, how many training rows have a value, and how many different ones."""

    column: str
    rows: int
    distinct: int

    def __str__(self) -> str:
        return (
            f"{self.column} has {self.distinct} different values in {self.rows} rows, as an id has: a model learns "
            "nothing from them about other rows, and may keep them in the ONNX file; leave the column out of inputs() "
            "unless it is free text or a quantity"
        )


def identifiers_of(columns: Columns, signature: Signature, min_rows: int) -> tuple[Identifier, ...]:
    """The columns of text and whole numbers that look like an id; fewer than ``min_rows`` values tell nothing."""
    return tuple(_found(columns, signature, max(2, min_rows)))


def _found(columns: Columns, signature: Signature, min_rows: int) -> Iterator[Identifier]:
    for column in signature.inputs:
        if column.dtype in {"string", *WHOLE} and not column.axes:
            rows, distinct = _counts(columns[column.name])
            if rows >= min_rows and distinct >= SHARE * rows:
                yield Identifier(column.name, rows, distinct)


def _counts(values: Array) -> tuple[int, int]:
    known = [value for value in values.tolist() if value != ""]
    return len(known), len(set(known))
