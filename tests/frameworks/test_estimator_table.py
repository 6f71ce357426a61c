"""The tables of docs/estimators.md say of each of scikit-learn's estimators what becomes of it here."""

import re
from pathlib import Path

import estimator_table
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "estimators.md"
DIFFERENCE = re.compile(r"differs by (\S+), (\d+) of")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def in_words(row):
    return DIFFERENCE.sub("differs", row).partition(" of 200 rows")[0]


@pytest.mark.parametrize("kind", estimator_table.KINDS)
def test_the_table_says_what_becomes_of_each_estimator(kind, tmp_path):
    found, shown = estimator_table.lines(kind, tmp_path), estimator_table.shown(PAGE.read_text("utf-8"), kind)
    assert [in_words(row) for row in found] == [in_words(row) for row in shown]
    for ours, theirs in zip(found, shown, strict=True):
        # Processors sum in another order: a difference is stated by its size.
        for one, other in zip(DIFFERENCE.findall(ours), DIFFERENCE.findall(theirs), strict=True):
            assert float(other[0]) / 10 < float(one[0]) < float(other[0]) * 10, ours
