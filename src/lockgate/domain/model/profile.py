"""The reference profile: what the training rows looked like, column by column, without any single row.

A value that few rows share is a value of somebody's row, and a profile travels with every release: it is counted, and
never kept. ``MIN_ROWS`` rows make a value everybody's, unless ``tables.min_rows_per_value`` says otherwise.
"""

import math
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.inputs import Axis
from lockgate.domain.model.request_rows import FLOATS, TIMES, as_text, limits
from lockgate.domain.model.signature import Array, Column, Columns, DType, Signature
from lockgate.domain.model.versions import Upgrades, extended

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
MIN_ROWS: Final = 10
"""How many rows share a value that is kept, where the settings do not say."""


@dataclass(frozen=True)
class NumberProfile:
    """A number column: how many rows and missing ones, and its quantiles at ``QUANTILES``, in the column's unit.

    Of a tensor, ``missing`` and the quantiles are of all its cells, and ``axes`` have the sizes that the rows had.

    A quantile is the value there where enough rows share it, else the mean of so many rows around it. The first and the
    last lie where so many rows are at or beyond them. Empty where there are fewer rows than that. Of a tensor, as many
    cells as so many rows have: fewer may all be of one row.
    """

    name: str
    rows: int
    missing: int
    quantiles: tuple[float, ...]
    axes: tuple[Axis, ...] = ()


@dataclass(frozen=True)
class TextProfile:
    """A text column: how many rows and missing ones (``""``), and how often each value occurred, most often first.

    Of a tensor, which has ``axes``, they are of all its cells.

    Of values that too few rows share there are two counts: how many rows hold one, and how many values they are.
    """

    name: str
    rows: int
    missing: int
    counts: dict[str, int]
    rare_rows: int = 0
    rare_values: int = 0
    axes: tuple[Axis, ...] = ()


@dataclass(frozen=True)
class Profile:
    """The reference that served inputs are later compared with.

    At least ``min_rows`` rows share each value in it; 1 in profiles of before that rule.
    """

    numbers: tuple[NumberProfile, ...]
    texts: tuple[TextProfile, ...]
    min_rows: int = 1
    schema: Literal["lockgate/profile/2"] = "lockgate/profile/2"

    UPGRADES: ClassVar[Upgrades] = {"lockgate/profile/1": extended("lockgate/profile/2")}

    def typical_row(self, signature: Signature) -> dict[str, object]:
        """A row that nobody is, as clients send it: the median of each number, the most frequent value of each text.

        Each value is of its column's type: ``None`` for floats and text that have none, 0 or false for the others. A
        tensor is that value in every cell, 0 where there is none, as lists in lists.
        """
        return {column.name: self.middle(column) for column in signature.inputs}

    def middle(self, column: Column) -> object:
        """The typical value of one column, or a tensor full of it."""
        if column.axes:
            middle = of_type(self.quantile(column.name, 0.5) or 0.0, column.dtype)
            return np.full(self.shape(column), middle).tolist()
        if column.dtype == "string":
            counts = next((text.counts for text in self.texts if text.name == column.name), {})
            return next(iter(counts), None)
        return of_type(self.quantile(column.name, 0.5), column.dtype)

    def shape(self, column: Column) -> tuple[int, ...]:
        """The shape of a tensor's row: an axis that varies is as long as it was in the training rows, else 1."""
        seen = next((number.axes for number in self.numbers if number.name == column.name), column.axes)
        sizes = [axis.size for axis in (seen if len(seen) == len(column.axes) else column.axes)]
        return tuple(axis.size or size or 1 for axis, size in zip(column.axes, sizes, strict=True))

    def quantile(self, name: str, share: float) -> float | None:
        """A number column's quantile, one of ``QUANTILES``; ``None`` where it has none."""
        quantiles = next((number.quantiles for number in self.numbers if number.name == name), ())
        return quantiles[QUANTILES.index(share)] if quantiles else None


def of_type(value: float | None, dtype: DType) -> object:
    """A quantile as a value of the column, as clients send it: whole for whole numbers, false or true for bool.

    Without one see ``typical_row``; a date is a text.
    """
    if dtype in FLOATS:
        return value
    if dtype == "bool":
        return bool(round(value or 0.0))
    least, most = limits(dtype)
    whole = max(least, min(most, round(value or 0.0)))
    return as_text(whole, dtype) if dtype in TIMES else whole


def profile_of(columns: Columns, signature: Signature, min_rows: int = MIN_ROWS) -> Profile:
    """Profile the signature's input columns over training rows; ``columns`` maps each name to ``(rows,)``."""
    numbers = tuple(_number(c, columns[c.name], min_rows) for c in signature.inputs if c.dtype != "string")
    texts = tuple(_text(c.name, columns[c.name], min_rows) for c in signature.inputs if c.dtype == "string")
    return Profile(numbers=numbers, texts=texts, min_rows=min_rows)


def _number(column: Column, values: Array, min_rows: int) -> NumberProfile:
    numbers = values.astype(np.float64).reshape(-1)
    known = np.sort(numbers[np.isfinite(numbers)])
    # A row's cells are all of that row.
    least = min_rows * (numbers.size // len(values) if len(values) else 1)
    quantiles = tuple(_quantile(known, share, least) for share in QUANTILES) if known.size >= least else ()
    if column.dtype not in FLOATS:
        # A mean of whole numbers need not be one.
        quantiles = tuple(float(round(quantile)) for quantile in quantiles)
    missing, axes = int(np.isnan(numbers).sum()), zip(column.axes, values.shape[1:], strict=True)
    return NumberProfile(
        column.name, len(values), missing, quantiles, tuple(Axis(axis.name, size) for axis, size in axes)
    )


def _quantile(known: npt.NDArray[np.float64], share: float, min_rows: int) -> float:
    """The value at that place of ascending numbers where ``min_rows`` share it, else the mean of those around it."""
    # No interpolation, so that the profile does not depend on how a platform does it.
    place = math.floor(share * (known.size - 1))
    place = max(min_rows - 1, min(known.size - min_rows, place)) if known.size >= 2 * min_rows else known.size // 2
    value = known[place]
    sharing = np.searchsorted(known, value, side="right") - np.searchsorted(known, value, side="left")
    if sharing >= min_rows:
        return float(value)
    start = max(0, min(known.size - min_rows, place - min_rows // 2))
    return math.fsum(known[start : start + min_rows]) / min_rows


def _text(name: str, values: Array, min_rows: int) -> TextProfile:
    counts = Counter(str(value) for value in values)
    missing = counts.pop("", 0)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    kept = {value: count for value, count in ordered if count >= min_rows}
    rare = [count for value, count in ordered if value not in kept]
    return TextProfile(name, len(values), missing, kept, sum(rare), len(rare))
