"""A row that breaks the contract is named with row, column and rule; missing has one meaning."""

import gzip

import pytest

from census.contract import read
from lockgate.project import DataError

GOOD = (
    "39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 2174, 0, 40, Cuba, "
    "<=50K"
)


@pytest.fixture
def raw(tmp_path):
    def write(*lines, name="adult.data.gz"):
        path = tmp_path / name
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
        return path

    return write


def test_a_good_row_is_read_as_the_client_has_it(raw):
    row = read(raw(GOOD)).iloc[0]
    assert (row["age"], row["native-country"], row["income"]) == (39.0, "Cuba", "<=50K")


def test_missing_is_the_empty_string(raw):
    assert read(raw(GOOD.replace("State-gov", "?"))).iloc[0]["workclass"] == ""


def test_the_comment_and_the_full_stops_of_the_test_file_are_not_data(raw):
    frame = read(raw("|1x3 Cross validator", GOOD + ".", ""))
    assert frame["income"].tolist() == ["<=50K"]
    assert frame.index.tolist() == [2]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("39,", "12,", "row 2, column age: 12.0 breaks in_range(17, 90)"),
        ("Bachelors", "Bachelor", "row 2, column education: 'Bachelor' breaks isin"),
        ("<=50K", "maybe", "row 2, column income: 'maybe' breaks isin"),
        ("77516", "many", "row 2, column fnlwgt: not a number: 'many'"),
        ("39,", "?,", "row 2, column age: not a number: '?'"),
        ("White, ", "", "row 2: 14 fields instead of 15"),
    ],
)
def test_a_broken_row_is_named_with_row_column_and_rule(raw, old, new, said):
    path = raw(GOOD, GOOD.replace(old, new, 1))
    with pytest.raises(DataError) as error:
        read(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_a_missing_file_says_how_to_get_it(tmp_path):
    with pytest.raises(DataError, match="dvc pull"):
        read(tmp_path / "adult.data.gz")


def test_a_file_that_is_no_gzip_says_so(tmp_path):
    path = tmp_path / "adult.data.gz"
    path.write_text(GOOD)
    with pytest.raises(DataError, match="not a gzip file"):
        read(path)
