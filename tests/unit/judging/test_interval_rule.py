"""The chance that a limit is kept to although what was measured breaks it, from the interval."""

from dataclasses import replace

import pytest
from scipy.stats import norm

from lockgate.domain.judging.protocol.interval_rule import MORE, Rule, chance, judge_interval
from lockgate.domain.statistics.interval import Estimate, Interval

LEVEL = 0.9
REACH = norm.ppf((1 + LEVEL) / 2)


def measured(value, low, high):
    return Estimate(value, Interval(low, high, LEVEL, "any"), 100)


@pytest.mark.parametrize("errors", [-1.0, 0.0, 2.0])
def test_it_goes_by_the_side_that_reaches_to_the_limit(errors):
    above, below = measured(0.5, 0.5 - 0.1 * REACH, 1.0), measured(0.5, 0.0, 0.5 + 0.1 * REACH)
    assert chance(above, 0.5 - 0.1 * errors, at_least=False) == pytest.approx(norm.sf(errors))
    assert chance(below, 0.5 + 0.1 * errors, at_least=True) == pytest.approx(norm.sf(errors))


def test_a_bound_at_the_value_leaves_no_doubt():
    certain = measured(0.5, 0.5, 0.5)
    assert [chance(certain, limit, at_least=True) for limit in (0.4, 0.5, 0.6)] == [1.0, 1.0, 0.0]
    assert [chance(certain, limit, at_least=False) for limit in (0.4, 0.5, 0.6)] == [0.0, 1.0, 1.0]


def test_where_nothing_was_measured_nothing_is_claimed():
    assert chance(Estimate(None, None, 0), 0.5, at_least=True) == 1.0


RECALL = Rule("accuracy", "floor", "recall", 0.1, at_least=True, reason="below-floor")


@pytest.mark.parametrize(
    ("low", "remedy"), [(0.0, MORE), (0.01, "about 193 rows would decide it; better by 0.0900 would pass")]
)
def test_a_bound_at_the_end_of_what_a_metric_can_be_tells_not_how_many_rows_would_decide(low, remedy):
    assert judge_interval(replace(RECALL, ends=(0.0, 1.0)), measured(0.333, low, 0.9)).remedy == remedy


def test_a_difference_of_which_rows_tell_nothing_names_no_margin_beyond_what_there_is():
    rule = replace(RECALL, limit=-0.3, strict=True, setting="gates.accuracy.margin", ends=(-1, 1))

    assert judge_interval(rule, measured(0.333, -1, 1)).remedy == MORE
    assert "equal one passes from" in judge_interval(rule, measured(0.333, -0.99, 1)).remedy
