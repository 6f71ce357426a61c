"""Columnar tables."""
# ruff: noqa: S101 - asserts are what a test is made of

from pathlib import Path

import numpy as np
import pytest

from lockgate.domain.model.request_rows import FLOATS, TYPES, WHOLE
from lockgate.domain.model.signature import Columns
from lockgate.errors import DataError
from lockgate.ports import Tables


class TablesContract:
    """The tables port."""

    def make(self) -> Tables:
        """The implementation."""
        raise NotImplementedError

    @pytest.fixture
    def tables(self) -> Tables:
        """The implementation."""
        return self.make()

    @pytest.fixture
    def columns(self) -> Columns:
        """One column of each kind."""
        return {
            "number": np.array([1.5, np.nan, -np.inf]),
            "single": np.array([1.5, np.nan, 0.1], dtype=np.float32),
            "whole": np.array([1, -2, 2**62], dtype=np.int64),
            "text": np.array(["ü", "", "<=50K"], dtype=object),
            "flag": np.array([True, False, True]),
            **{f"of {name}": np.array([0, 1, 2], dtype=TYPES[name].numpy) for name in (*FLOATS, *WHOLE)},
            "day": np.array(["2026-01-31", "1969-12-31", "0001-01-01"], dtype="datetime64[D]"),
            "time": np.array(["2026-01-31T12:00:00.000001", "1970", "9999"], dtype="datetime64[us]"),
            "image": np.arange(3 * 2 * 4, dtype=np.uint8).reshape(3, 2, 4),
            "window": np.array([[0.5, np.nan], [1.5, -0.0], [2.5, 1e-45]], dtype=np.float32),
            "with.dot": np.array([1.0, 2.0, 3.0]),
            "with": np.array([4.0, 5.0, 6.0]),
        }

    def test_what_is_written_is_read_back(self, tables: Tables, tmp_path: Path, columns: Columns) -> None:
        """With its types, its order and its missing values."""
        tables.write(tmp_path / "table", columns)
        found = tables.read(tmp_path / "table")
        assert list(found) == list(columns)
        for name, values in columns.items():
            assert found[name].dtype == values.dtype
            np.testing.assert_array_equal(found[name], values)

    def test_a_table_without_rows_is_read_back(self, tables: Tables, tmp_path: Path, columns: Columns) -> None:
        """With its types and shapes."""
        tables.write(tmp_path / "table", {name: values[:0] for name, values in columns.items()})
        found = tables.read(tmp_path / "table")
        for name, values in columns.items():
            assert (found[name].shape, found[name].dtype) == ((0, *values.shape[1:]), values.dtype), name

    def test_equal_columns_give_equal_bytes(self, tables: Tables, tmp_path: Path, columns: Columns) -> None:
        """So that a table has a digest that means something."""
        tables.write(tmp_path / "one", columns)
        tables.write(tmp_path / "two", dict(columns))
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    def test_a_missing_table_is_named(self, tables: Tables, tmp_path: Path) -> None:
        """As data, not as a fault."""
        with pytest.raises(DataError, match="absent"):
            tables.read(tmp_path / "absent")

    @pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PAR1 and then nothing PAR1"])
    def test_what_is_not_a_table_is_refused(self, tables: Tables, tmp_path: Path, content: bytes) -> None:
        """Never read as an empty one."""
        (tmp_path / "table").write_bytes(content)
        with pytest.raises(DataError, match="table"):
            tables.read(tmp_path / "table")
