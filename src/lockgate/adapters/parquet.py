"""Columnar tables as Parquet files, through pyarrow."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.domain.model.signature import Array, Columns
from lockgate.errors import DataError
from lockgate.ports import Files


class ParquetTables:
    """The tables port on Parquet."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def read(self, path: Path) -> Columns:
        """Read a table. Raises ``DataError`` when it is missing or not a table."""
        try:
            # `read_table` would load pandas first, which takes longer than all of a verdict.
            with pq.ParquetFile(path) as file:
                table = file.read()
        except FileNotFoundError as error:
            raise DataError(f"{path}: missing", hint="run the step that makes it: lockgate run") from error
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"{path}: not a Parquet table: {str(error).splitlines()[0]}", hint="make it again: lockgate run"
            ) from error
        columns = zip(table.column_names, table.columns, strict=True)
        return {name: _array(f"{path}: column {name}", column) for name, column in columns}

    def write(self, path: Path, columns: Columns) -> None:
        """Write a table whole or not at all; equal columns give equal bytes."""
        sink = io.BytesIO()
        pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), sink, compression="zstd")
        self._files.write_bytes(path, sink.getvalue())


def _array(where: str, column: pa.ChunkedArray) -> Array:
    if column.null_count and not pa.types.is_floating(column.type):
        raise DataError(
            f"{where}: {column.null_count} nulls in a column of {column.type}",
            hint='a missing text is "", a missing number is NaN',
        )
    # pyarrow's own `to_numpy` loads pandas too, where this does not.
    whole = column.combine_chunks()
    if pa.types.is_string(whole.type):
        return np.array(whole.to_pylist(), dtype=object)
    if whole.null_count or not (pa.types.is_floating(whole.type) or pa.types.is_integer(whole.type)):
        return np.asarray(whole.to_numpy(zero_copy_only=False))
    return np.from_dlpack(whole).copy()
