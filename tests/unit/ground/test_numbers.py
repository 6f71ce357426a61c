"""Numbers in messages: 0 has no sign, and what is not 0 never looks like it."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.domain.judging.protocol.interval_rule import Rule, judge_interval
from lockgate.domain.numbers import rounded_up, shown, shown_limit
from lockgate.domain.statistics.interval import Estimate, Interval


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (0.0, True, "0.0000"),
        (-0.0, True, "0.0000"),
        (-0.0, False, "0.0000"),
        (3e-6, True, "+3.0e-06"),
        (-3e-6, False, "-3.0e-06"),
        (0.01754, True, "+0.0175"),
        (np.float64(-0.5), False, "-0.5000"),
        (math.inf, True, "+inf"),
    ],
)
def test_a_number_that_is_shown_is_0_only_where_it_is_0(value, signed, text):
    assert shown(value, signed=signed) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 6), st.booleans())
def test_no_number_is_shown_as_a_0_with_a_sign_and_none_as_a_0_that_it_is_not(value, digits, signed):
    text = shown(value, digits, signed=signed)
    assert not re.fullmatch(r"[+-]0\.0+", text)
    assert (float(text) == 0) == (value == 0)


def test_a_limit_keeps_the_digits_that_make_it():
    assert shown_limit(0.00015) == "0.00015"
    assert shown_limit(-0.002, signed=True) == "-0.0020"


@given(st.floats(1e-9, 1e6))
def test_a_margin_is_rounded_to_two_digits_and_never_below_what_is_needed(value):
    found = rounded_up(value)
    assert value <= found * (1 + 1e-12) <= value * 1.11
    assert float(f"{found:.2g}") == found


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_reach_needs_no_margin(value):
    assert rounded_up(value) == 0.0


def test_a_limit_and_a_difference_of_nothing_have_no_sign():
    rule = Rule("accuracy", "champion", "roc_auc", -0.0, at_least=True, reason="worse", strict=True)
    found = judge_interval(rule, Estimate(-1e-6, Interval(-3e-6, 0.0, 0.9, "delong"), 171))
    assert found.message == "roc_auc -1.0e-06 [-3.0e-06, 0.0000], above 0.0000 demanded"
