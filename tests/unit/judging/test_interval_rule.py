"""The chance that a limit is kept to although what was measured breaks it, from the interval."""

import pytest
from scipy.stats import norm

from lockgate.domain.judging.protocol.interval_rule import chance
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
