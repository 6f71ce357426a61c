"""Columnar tables as Parquet files, through pyarrow."""

import math
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.domain.model.signature import Array, Columns
from lockgate.domain.source import LFS_POINTER, LFS_TOLD
from lockgate.errors import DataError
from lockgate.ports import Files

MANY = 100_000
"""The rows from which on memory is given back after each column."""
MOST_TEXT = 2**31 - 1
"""The bytes of text that one array of short offsets holds."""
ALIKE = "the rows of a tensor have one shape: pad them to one length"


class ParquetTables:
    """The tables port on Parquet.

    In a table ``of_others`` a null is a missing number, NaN, or a missing text, ``""``, as in comma-separated text.
    What cannot be read of the ``ignored`` columns is ``(rows, 0)``: no value of it is used.
    """

    def __init__(self, files: Files, *, of_others: bool = False, ignored: Collection[str] = ()) -> None:
        self._files = files
        self._of_others = of_others
        self._ignored = ignored

    def read(self, path: Path) -> Columns:
        """Read a table. Raises ``DataError`` when it is missing or not a table."""
        try:
            # `read_table` would load pandas first, which takes longer than all of a verdict.
            with pq.ParquetFile(path) as file:
                return _columns(path, file, self._ignored, of_others=self._of_others)
        except FileNotFoundError as error:
            raise DataError(f"{path}: missing", hint="run the step that makes it: lockgate run") from error
        except (pa.ArrowException, OSError) as error:
            if is_pointer(path):
                told, helps = LFS_TOLD
                raise DataError(f"{path}: {told}", hint=helps) from error
            raise DataError(
                f"{path}: not a Parquet table: {str(error).splitlines()[0]}", hint="make it again: lockgate run"
            ) from error

    def write(self, path: Path, columns: Columns) -> None:
        """Write a table whole or not at all; equal columns give equal bytes.

        A tensor becomes Arrow's own ``fixed_shape_tensor``, a time a timestamp in UTC.
        """
        table = pa.table({name: _stored(values) for name, values in columns.items()})
        with self._files.writing(path) as file:
            pq.write_table(table, file, compression="zstd")
        if table.num_rows > MANY:
            del table
            pa.default_memory_pool().release_unused()


def _stored(values: Array) -> pa.Array:
    values = np.asarray(values)  # a list too, as before there were tensors
    if values.ndim > 1:
        kind = pa.fixed_shape_tensor(pa.from_numpy_dtype(values.dtype), values.shape[1:])
        cells = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), math.prod(values.shape[1:]))
        return pa.ExtensionArray.from_storage(kind, cells)
    if values.dtype.kind == "M" and values.dtype != np.dtype("datetime64[D]"):
        return pa.array(values.astype("datetime64[us]"), type=pa.timestamp("us", tz="UTC"))
    return pa.array(values)


def is_pointer(path: Path) -> bool:
    """Whether Git LFS has the table, and this is what stands in its place."""
    try:
        with path.open("rb") as file:
            return file.read(len(LFS_POINTER)) == LFS_POINTER
    except OSError:
        return False


def _columns(path: Path, file: pq.ParquetFile, ignored: Collection[str], *, of_others: bool) -> Columns:
    """One column after the other, so that no table is in memory twice."""
    columns, names = {}, file.schema_arrow.names
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise DataError(f"{path}: two columns are called {twice!r}", hint="name each once")
    for name in names:
        where, column = f"{path}: column {name}", _column(file, name)
        try:
            columns[name] = _array(where, _filled(name, where, column) if of_others and column.null_count else column)
        except (DataError, pa.ArrowException):
            if name not in ignored:
                raise
            columns[name] = np.empty((len(column), 0))
        if file.metadata.num_rows > MANY:
            pa.default_memory_pool().release_unused()
    return columns


def _column(file: pq.ParquetFile, name: str) -> pa.ChunkedArray:
    """A column; those of which the name goes on behind a dot are read with it."""
    part = file.read(columns=[name])
    return part.columns[part.column_names.index(name)]


def _filled(name: str, where: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with NaN and ``""`` for nulls; of other types, and of numbers that no float64 is, as it was."""
    if pa.types.is_null(column.type):
        raise DataError(f"{where}: has no value at all", hint=f"leave it out: --ignore {name}")
    if pa.types.is_integer(column.type):
        try:
            return column.cast(pa.float64())
        except pa.ArrowInvalid:
            return column
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return column.fill_null("") if text else column


def _array(where: str, column: pa.ChunkedArray) -> Array:
    whole = _in_one(column)
    if whole.null_count and not pa.types.is_floating(whole.type):
        raise DataError(
            f"{where}: {whole.null_count} nulls in a column of {whole.type}",
            hint='a missing text is "", a missing number is NaN',
        )
    if isinstance(whole.type, pa.FixedShapeTensorType):
        shape = (len(whole), *whole.type.shape)
        if pa.types.is_boolean(whole.type.value_type):  # of which no view is made
            return np.array(_plain(whole.storage.flatten())).reshape(shape)
        return np.array(whole.to_numpy_ndarray()).reshape(shape)
    if pa.types.is_nested(whole.type):
        return _tensor(where, whole)
    if pa.types.is_string(whole.type) or pa.types.is_large_string(whole.type):
        return _texts(whole)
    if pa.types.is_date(whole.type) or pa.types.is_timestamp(whole.type):
        return _times(where, whole)
    return _plain(whole)


def _in_one(column: pa.ChunkedArray) -> pa.Array:
    # pyarrow's own `to_numpy` of a chunked array loads pandas too, where this does not.
    if pa.types.is_string(column.type) and column.nbytes > MOST_TEXT:
        column = column.cast(pa.large_string())
    whole = column.combine_chunks()
    return whole.dictionary_decode() if pa.types.is_dictionary(whole.type) else whole


def _plain(whole: pa.Array) -> Array:
    if whole.null_count or not (pa.types.is_floating(whole.type) or pa.types.is_integer(whole.type)):
        return np.asarray(whole.to_numpy(zero_copy_only=False))
    return np.from_dlpack(whole).copy()


def _texts(whole: pa.Array) -> Array:
    """One text for all rows that have it: a column of a few categories takes no more than their places."""
    encoded = whole.dictionary_encode()
    known = np.empty(len(encoded.dictionary), dtype=object)
    known[:] = encoded.dictionary.to_pylist()
    return known[np.from_dlpack(encoded.indices)] if len(known) else np.empty(0, dtype=object)


def _times(where: str, whole: pa.Array) -> Array:
    """Dates as days, times as microseconds in UTC; one without a zone is taken to be in UTC."""
    if pa.types.is_date(whole.type):
        return np.asarray(whole.cast(pa.date32()).to_numpy(zero_copy_only=False))
    try:
        made = whole.cast(pa.timestamp("us", tz=whole.type.tz))
    except pa.ArrowInvalid as error:
        raise DataError(f"{where}: {error}", hint="times are told to the microsecond") from error
    return np.asarray(made.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False))


def _tensor(where: str, whole: pa.Array) -> Array:
    """Lists in lists, of one length on each level, as one array ``(rows, *shape)``."""
    if not _is_list(whole.type):
        raise DataError(f"{where}: holds {whole.type}", hint="a column holds numbers, texts, true and false, or times")
    shape = [len(whole)]
    while _is_list(whole.type):
        if whole.null_count:
            raise DataError(f"{where}: {whole.null_count} nulls among its lists", hint=ALIKE)
        shape.append(_length(where, whole, math.prod(shape[1:])))
        whole = whole.flatten()
    if not (pa.types.is_integer(whole.type) or pa.types.is_floating(whole.type) or pa.types.is_boolean(whole.type)):
        raise DataError(f"{where}: lists of {whole.type}", hint="a tensor holds numbers, or true and false")
    return _array(where, pa.chunked_array([whole])).reshape(shape)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _length(where: str, lists: pa.Array, lists_a_row: int) -> int:
    """How long each of the lists is. Raises ``DataError`` with the row of one that is not as long as the first."""
    lengths = np.asarray(lists.value_lengths().to_numpy(zero_copy_only=False))
    if (other := np.asarray(lengths != lengths[:1])).any():
        place = int(other.argmax())
        raise DataError(
            f"{where}: row {place // lists_a_row} has a list of {lengths[place]} values, row 0 one of {lengths[0]}",
            hint=ALIKE,
        )
    return int(lengths[0]) if len(lengths) else 0
