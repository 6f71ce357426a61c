"""Comma-separated text as a table: types by the values, and what is no table told."""

import numpy as np
import pytest

from lockgate.adapters.csv_table import read_csv
from lockgate.errors import DataError


@pytest.fixture
def table(tmp_path):
    def read(text):
        (tmp_path / "rows.csv").write_text(text)
        return read_csv(tmp_path / "rows.csv")

    return read


def test_types_are_found_by_the_values(table):
    found = table("n,x,t,b,d\n1,0.5,a,true,2026-01-31\n,,,false,2026-02-01\n")
    assert [found[name].dtype.kind for name in "nxtbd"] == ["f", "f", "O", "b", "M"]
    assert np.isnan(found["n"][1])
    assert np.isnan(found["x"][1])
    assert found["t"].tolist() == ["a", ""]
    assert table("n\n1\n2\n")["n"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no table"),
        ("a,b\n", "has no row"),
        ("a,b\n1\n", "no table"),
        ("a,a\n1,2\n", "two columns are called 'a'"),
        ("a,b\n1,\n2,\n", "b: has no value at all"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "rows.csv: a pointer of Git LFS"),
        ("a,b\n1,true\n2,\n", "bool with 1 missing"),
        ("a,b\n1,9007199254740993\n2,\n", "b: has whole numbers that no float64 is, and 1 missing values"),
    ],
)
def test_what_is_no_table(table, text, told):
    with pytest.raises(DataError, match=told):
        table(text)


def test_a_column_that_is_ignored_need_not_be_read(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,\n2,\n")
    found = read_csv(tmp_path / "rows.csv", ("b",))
    assert (found["a"].tolist(), found["b"].shape) == ([1, 2], (2, 0))


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="missing"):
        read_csv(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a;b\n1;2\n", "separated by semicolons"),
        (b"a\tb\n1\t2\n", "separated by tabs"),
        ("a,b\n1,\xe9\n".encode("latin-1"), "column b: holds text that is not UTF-8"),
        (b"a,b\n1\n", "Expected 2 columns, got 1"),
    ],
)
def test_a_table_of_another_form_is_told(tmp_path, content, told):
    (tmp_path / "odd.csv").write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_csv(tmp_path / "odd.csv")
