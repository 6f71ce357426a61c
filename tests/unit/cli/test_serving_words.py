"""A served row in words: a tensor by its shape and the numbers in it, not by its cells."""

import pytest

from lockgate.cli.words.serving import _shown


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([[[15, 15], [15, 15]]], "(1, 2, 2: 15 in each cell)"),
        ([0.05882352963089943, 1.0, 0.25], "(3: cells from 0.0588235 to 1)"),
        ([[1], [3]], "(2, 1: cells from 1 to 3)"),
        ([], "(0)"),
        (None, "missing"),
        (0.5, "0.5"),
        ("a town", "a town"),
    ],
)
def test_a_value_is_told_on_a_line(value, said):
    assert _shown(value) == said
