"""What is measured on tables: broken contracts, and rows that two tables share. Pure functions.

Columns are ``(rows,)`` arrays. Every column becomes integer codes first, equal for equal values, and all that follows
is arithmetic on codes: tens of thousands of rows take milliseconds.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.request_rows import RowError, typed
from lockgate.domain.model.signature import Array, Column, Columns, dtype_name
from lockgate.domain.names import listed

Codes = npt.NDArray[np.int64]
TOLERANCE = 1e-6
"""How far two float32 numbers that count as equal may be apart, relative to them or to the column's median size."""
WIDE = 4
"""A run of neighbouring values longer than so many tolerances is no rounding: the values are told apart exactly."""


def rows_of(table: Columns) -> int:
    """How many rows a table has; 0 for one without columns."""
    return len(next(iter(table.values()))) if table else 0


def problems_of(
    table: Columns,
    inputs: Sequence[Column],
    label: str,
    classes: frozenset[str],
    others: Sequence[str] = (),
    least: int = 1,
) -> tuple[str, ...]:
    """What breaks the contract, one text for each column and rule; empty where it holds.

    ``classes`` are the known ones, those of the training rows; without a ``label`` none is looked for. ``others`` are
    columns that only have to be there.
    An unknown class of fewer than ``least`` rows is counted and not named: it may be a value of somebody's row.
    """
    wanted = (*(column.name for column in inputs), *([label] if label else ()), *others)
    found = [f"has no column {name}" for name in wanted if name not in table]
    if not rows_of(table):
        found.append("has no rows")
    for column in inputs:
        if column.name in table:
            found += _input_problems(column, table[column.name])
    if label in table:
        found += _label_problems(label, table[label], classes, least)
    return tuple(found)


def classes_of(labels: Array) -> frozenset[str]:
    """The classes among ``(rows,)`` labels: the texts that are not empty."""
    return frozenset(label for label in set(labels.tolist()) if isinstance(label, str) and label)


def positives_of(labels: Array, positive: str) -> npt.NDArray[np.bool_]:
    """Which of ``(rows,)`` labels are the positive class."""
    return np.asarray(labels.astype(object) == positive, dtype=np.bool_)


def shared_rows(table: Columns, other: Columns, columns: Sequence[str], *, near: bool = False) -> int | None:
    """How many rows of a table are equal, in these columns, to a row of the other one.

    A missing value equals a missing value. With ``near``, float numbers are equal within ``TOLERANCE``. ``None`` where
    there is no column to compare by, or one of the tables lacks one.
    """
    if not columns or any(name not in side for side in (table, other) for name in columns):
        return None
    rows = rows_of(table)
    if not rows or not rows_of(other):
        return 0
    code = near_codes if near else codes
    identity = _combined([code(joined(table[name], other[name])) for name in columns])
    return int(np.isin(identity[:rows], identity[rows:]).sum())


def is_number(values: Array) -> bool:
    """Whether a column is of numbers or of truth values."""
    return values.dtype.kind in "biuf"


def as_numbers(values: Array) -> npt.NDArray[np.float64]:
    """Numbers in float64, with a missing one below all others."""
    numbers = values.astype(np.float64)
    return np.where(np.isnan(numbers), -np.inf, numbers)


def codes(values: Array) -> Codes:
    """One integer from 0 for each distinct value, ``(rows,)``; all missing numbers have the same."""
    if is_number(values):
        return np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64)
    every = values.tolist()
    number = {value: code for code, value in enumerate(dict.fromkeys(every))}
    return np.fromiter(map(number.__getitem__, every), dtype=np.int64, count=len(every))


def near_codes(values: Array) -> Codes:
    """The same, with one integer for all float numbers of a run in which neighbours are within ``TOLERANCE``."""
    if values.dtype.kind != "f":
        return codes(values)
    levels, inverse = np.unique(values.astype(np.float64), return_inverse=True)
    runs = np.arange(len(levels))
    finite = np.flatnonzero(np.isfinite(levels))
    if len(finite):
        runs[finite] = len(levels) + _runs(levels[finite])
    return runs[inverse.reshape(-1)].astype(np.int64)


def _runs(levels: npt.NDArray[np.float64]) -> Codes:
    """A number for each of the rising ``levels``; those in a run get the same, unless the run is ``WIDE``."""
    sizes = np.abs(levels)
    usual = np.median(sizes[sizes > 0]) if sizes.any() else 0.0
    tolerance = TOLERANCE * np.maximum(sizes, usual)
    starts = np.concatenate([[True], np.diff(levels) > np.maximum(tolerance[1:], tolerance[:-1])])
    first = np.flatnonzero(starts)
    last = np.concatenate([first[1:], [len(levels)]]) - 1
    wide = levels[last] - levels[first] > WIDE * np.maximum(tolerance[first], tolerance[last])
    run = np.cumsum(starts) - 1
    return np.where(wide[run], len(first) + np.arange(len(levels)), run).astype(np.int64)


def _input_problems(column: Column, values: Array) -> Iterator[str]:
    dtype = dtype_name(values)
    if dtype != column.dtype:
        yield f"column {column.name} is {dtype}, the input signature says {column.dtype}"
    elif problem := _problem_of_shape(column, values):
        yield problem
    elif dtype == "string":
        if alien := set(map(type, values.tolist())) - {str}:
            kinds = ", ".join(sorted(kind.__name__ for kind in alien))
            yield f"column {column.name} has values that are no text: {kinds}"
    elif values.dtype.kind == "f" and (infinite := int(np.isinf(values).sum())):
        yield f"column {column.name} has {infinite} infinite numbers"


def _problem_of_shape(column: Column, values: Array) -> str:
    if not column.axes and values.ndim == 1:
        return ""
    try:
        typed(column.name, values, column.type)
    except RowError as error:
        return f"column {column.name}: {error}"
    return ""


def _label_problems(label: str, values: Array, classes: frozenset[str], least: int) -> Iterator[str]:
    if dtype_name(values) != "string":
        yield f"label {label} is {dtype_name(values)}, classes are texts"
    counts = Counter(values.tolist())
    if missing := sum(count for value, count in counts.items() if _missing(value)):
        yield f"label {label} is missing in {missing} rows"
    unknown = {str(value): rows for value, rows in counts.items() if not _missing(value) and value not in classes}
    if named := sorted(name for name, rows in unknown.items() if rows >= least):
        yield f"label {label} has unknown classes: {listed(named)}"
    if rare := len(unknown) - len(named):
        yield f"label {label} has {rare} unknown classes of fewer than {least} rows each"


def _missing(value: object) -> bool:
    return value is None or value == "" or value != value  # noqa: PLR0124 - only NaN differs from itself


def joined(first: Array, second: Array) -> Array:
    """Both columns in one; of numbers where both are, else of objects.

    A row of a tensor ``(rows, *shape)`` is a digest of its cells: equal where they are, bit by bit.
    """
    if first.ndim > 1 or second.ndim > 1:
        return np.concatenate([_digests(first), _digests(second)])
    if is_number(first) and is_number(second):
        return np.concatenate([first, second])
    return np.concatenate([first.astype(object), second.astype(object)])


def _digests(values: Array) -> Array:
    shape = str(values.shape[1:]).encode()
    rows = np.ascontiguousarray(values) if values.ndim > 1 else map(np.asarray, values.astype(np.str_))
    digests = [sha256(shape + row.tobytes()).digest() for row in rows]
    found = np.empty(len(digests), dtype=object)
    found[:] = digests
    return found


def one_value(values: Array) -> Array:
    """A column that distances and classes can be told of, ``(rows,)``: of a tensor the mean of each row's known cells.

    Dates and times are numbers.
    """
    if values.dtype.kind == "M":
        return values.astype(np.int64)
    if values.ndim == 1:
        return values
    cells = values.reshape(len(values), -1).astype(np.float64)
    known = np.isfinite(cells)
    count = known.sum(axis=1)
    total = np.where(known, cells, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _combined(columns: Sequence[Codes]) -> Codes:
    """One integer for each distinct row of ``(rows,)`` codes."""
    identity = codes(columns[0])
    for column in columns[1:]:
        identity = codes(identity * (int(column.max()) + 1) + column)
    return identity
