"""The split never moves, and no row of the test file is trained on."""

import pandas as pd
import pytest

from census.columns import LABEL, RAW
from census.split import is_validation, without_rows_of


def people(*ages: int, country: str = "Cuba", label: str = "<=50K") -> pd.DataFrame:
    row = dict.fromkeys(RAW, "Private") | {"native-country": country, LABEL: label}
    return pd.DataFrame([row | {"age": float(age), "fnlwgt": 1.0} for age in ages])[list(RAW)]


def test_appending_rows_moves_no_row():
    before, after = people(*range(20, 60)), people(*range(20, 60), *range(60, 90))
    assert is_validation(after, 20)[: len(before)].tolist() == is_validation(before, 20).tolist()


def test_reordering_rows_moves_no_row():
    frame = people(*range(20, 90))
    shuffled = frame.sample(frac=1.0, random_state=1)
    assert is_validation(shuffled, 20).sort_index().tolist() == is_validation(frame, 20).tolist()


def test_the_split_is_the_same_on_every_machine():
    assert is_validation(people(*range(20, 40)), 20).to_numpy().nonzero()[0].tolist() == [7, 9]


def test_people_with_equal_features_stay_on_one_side_whatever_their_label():
    poor, rich = people(*range(20, 90)), people(*range(20, 90), label=">50K")
    assert is_validation(poor, 30).tolist() == is_validation(rich, 30).tolist()


@pytest.mark.parametrize("percent", [10, 20, 50])
def test_validation_gets_about_its_share(percent):
    share = is_validation(pd.concat([people(*range(17, 90), country=str(c)) for c in range(40)]), percent).mean()
    assert share == pytest.approx(percent / 100, abs=0.03)


def test_only_exact_duplicates_are_left_out():
    known, test = people(30, 31, 32, 30), people(30, country="Cuba")
    assert without_rows_of(known, test)["age"].tolist() == [31.0, 32.0]
    assert len(without_rows_of(known, people(30, country="Peru"))) == len(known)
    assert len(without_rows_of(known, people(30, label=">50K"))) == len(known)
