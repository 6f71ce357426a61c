"""Comma-separated text as a table, through pyarrow."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from lockgate.domain.model.signature import Array, Columns
from lockgate.domain.source import LFS_POINTER, LFS_TOLD
from lockgate.errors import DataError

LINES = "its first line names the columns, and every other has a value for each"
OTHERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_csv(path: Path, ignored: Collection[str] = ()) -> Columns:
    """A table with a header line; types are found by the values. A missing number is NaN, a missing text is ``""``.

    What cannot be read of the ``ignored`` columns is ``(rows, 0)``: no value of it is used.
    Raises ``DataError`` where it is missing or no such table.
    """
    try:
        table = csv.read_csv(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: missing", hint="name a table, .parquet or .csv") from error
    except (pa.ArrowException, OSError) as error:
        told = str(error).splitlines()[0]
        raise DataError(f"{path}: no table of comma-separated values: {told}", hint=LINES) from error
    names = table.column_names
    if names[:1] and names[0].encode().startswith(LFS_POINTER):
        told, helps = LFS_TOLD
        raise DataError(f"{path}: {told}", hint=helps)
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise DataError(f"{path}: two columns are called {twice!r}", hint="name each once")
    if len(names) == 1 and (mark := next((mark for mark in OTHERS if mark in names[0]), "")):
        raise DataError(f"{path}: its values are separated by {OTHERS[mark]}", hint="write commas, or Parquet")
    if not table.num_rows:
        raise DataError(f"{path}: has no row", hint="give it rows whose truth is known")
    return {name: _array_of(name, path, table, ignored) for name in names}


def _array_of(name: str, path: Path, table: pa.Table, ignored: Collection[str]) -> Array:
    try:
        return _array(f"{path}: column {name}", table.column(name), name)
    except DataError:
        if name not in ignored:
            raise
        return np.empty((table.num_rows, 0))


def _array(where: str, column: pa.ChunkedArray, name: str) -> Array:
    kind = column.type
    if pa.types.is_binary(kind):
        raise DataError(f"{where}: holds text that is not UTF-8", hint="write the table in UTF-8")
    if pa.types.is_null(kind):
        raise DataError(f"{where}: has no value at all", hint=f"leave it out: --ignore {name}")
    if pa.types.is_integer(kind) and column.null_count:
        column, kind = _with_gaps(where, column), pa.float64()
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False))
    if pa.types.is_boolean(kind) and not column.null_count:
        return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False)).astype(np.bool_)
    if pa.types.is_string(kind):
        return np.array(["" if value is None else value for value in column.to_pylist()], dtype=object)
    if (pa.types.is_date(kind) or pa.types.is_timestamp(kind)) and not column.null_count:
        unit = "D" if pa.types.is_date(kind) else "us"
        return np.array(column.to_pylist(), dtype=f"datetime64[{unit}]")
    raise DataError(
        f"{where}: holds {kind} with {column.null_count} missing values", hint="write it as text or numbers"
    )


def _with_gaps(where: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers as float64, which has NaN."""
    try:
        return column.cast(pa.float64())
    except pa.ArrowInvalid as error:
        told = f"{where}: has whole numbers that no float64 is, and {column.null_count} missing values"
        raise DataError(told, hint="leave the column out, or fill it") from error
