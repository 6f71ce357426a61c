"""The reference profile: what the training rows looked like, column by column, without any single row."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lockgate.domain.signature import Array, Columns, Signature

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@dataclass(frozen=True)
class NumberProfile:
    """A number column: how many rows and missing ones, and its quantiles at ``QUANTILES``, in the column's unit."""

    name: str
    rows: int
    missing: int
    quantiles: tuple[float, ...]


@dataclass(frozen=True)
class TextProfile:
    """A text column: how many rows and missing ones (``""``), and how often each value occurred, most often first."""

    name: str
    rows: int
    missing: int
    counts: dict[str, int]


@dataclass(frozen=True)
class Profile:
    """The reference that served inputs are later compared with."""

    numbers: tuple[NumberProfile, ...]
    texts: tuple[TextProfile, ...]
    schema: Literal["lockgate/profile/1"] = "lockgate/profile/1"

    def typical_row(self) -> dict[str, float | str]:
        """A row that nobody is: the median of each number, the most frequent value of each text."""
        middle = QUANTILES.index(0.5)
        row: dict[str, float | str] = {p.name: p.quantiles[middle] for p in self.numbers if p.quantiles}
        row.update({p.name: next(iter(p.counts), "") for p in self.texts})
        return row


def profile_of(columns: Columns, signature: Signature) -> Profile:
    """Profile the signature's input columns over training rows; ``columns`` maps each name to ``(rows,)``."""
    numbers = tuple(_number(c.name, columns[c.name]) for c in signature.inputs if c.dtype != "string")
    texts = tuple(_text(c.name, columns[c.name]) for c in signature.inputs if c.dtype == "string")
    return Profile(numbers=numbers, texts=texts)


def _number(name: str, values: Array) -> NumberProfile:
    known = values.astype(np.float64)
    known = known[~np.isnan(known)]
    # "lower" picks values that occurred, so that the profile does not depend on how a platform interpolates.
    quantiles = np.quantile(known, QUANTILES, method="lower") if known.size else np.empty(0)
    return NumberProfile(name, len(values), len(values) - known.size, tuple(float(q) for q in quantiles))


def _text(name: str, values: Array) -> TextProfile:
    counts = Counter(str(value) for value in values)
    missing = counts.pop("", 0)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return TextProfile(name, len(values), missing, dict(ordered))
