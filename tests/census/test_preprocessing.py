"""What the networks see has a number in every cell, whatever a client leaves out."""

import numpy as np
import pytest

from census.columns import NUMBERS, TEXTS, inputs
from census.preprocessing import fit, matrix
from lockgate.project import Column

INPUTS = [Column(name, "float32" if name in NUMBERS else "string") for name in inputs(sensitive=False)]


@pytest.fixture(scope="module")
def people():
    random = np.random.default_rng(0)
    numbers = {name: random.integers(0, 50, 101).astype(np.float32) for name in NUMBERS}
    return numbers | {name: random.choice(np.array(["a", "b", ""], dtype=object), 101) for name in TEXTS}


@pytest.mark.parametrize("missing", NUMBERS)
def test_a_missing_number_counts_as_the_median_of_the_training_rows(people, missing):
    transformer = fit(people, INPUTS)
    empty = people | {missing: np.full(101, np.nan, dtype=np.float32)}
    median = people | {missing: np.full(101, np.median(people[missing]), dtype=np.float32)}
    np.testing.assert_array_equal(matrix(transformer, empty, INPUTS), matrix(transformer, median, INPUTS))
    assert np.isfinite(matrix(transformer, empty, INPUTS)).all()


def test_a_text_never_seen_is_all_zeros(people):
    transformer = fit(people, INPUTS)
    odd = people | {name: np.full(101, "never seen", dtype=object) for name in TEXTS}
    assert (matrix(transformer, odd, INPUTS)[:, len(NUMBERS) :] == 0).all()
