"""Evidence on explanation against the same measured again: the worst rows are the same but for ties."""

from dataclasses import replace

import numpy as np
import pytest

from lockgate.domain.judging.gates.explanation.asked_again import explained_otherwise
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance, LocalExplanation
from lockgate.domain.measuring.measured_again import first_difference
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.task import Binary
from lockgate.domain.statistics.bounds.means import Spread
from lockgate.testing.examples import SUBJECT

TASK = Binary(("no", "yes"), "yes")
POSITIVE = np.array([0.99, 0.95, 0.95, 0.10, np.nan])
ANSWERS = Answers(TASK, np.stack([1 - POSITIVE, POSITIVE], axis=1), np.array(["yes"] * 5, dtype=object))


def worst(row, score, age=0.1):
    return LocalExplanation(row, label=False, score=score, contributions={"age": age}, column="yes")


IMPORTANCE = Importance("age", 0.1, 0.2, 1.0, Spread(1e-8, 3.0, 40.0), 1e-8)
TODAY = ExplanationEvidence(SUBJECT, {}, 5, 3, (IMPORTANCE,), (worst(0, 0.99), worst(1, 0.95)), TASK)


@pytest.mark.parametrize(
    ("told", "same"),
    [
        ((worst(0, 0.99), worst(1, 0.95)), True),
        ((worst(1, 0.95), worst(0, 0.99)), True),
        ((worst(0, 0.99), worst(2, 0.95, age=0.7)), True),  # as bad as row 1: a rounding decides
        ((worst(0, 0.99), worst(3, 0.10)), False),
        ((worst(0, 0.99), worst(3, 0.95)), False),  # not what the model answers to row 3
        ((worst(0, 0.99), worst(4, 0.95)), False),
        ((worst(0, 0.99), worst(99, 0.95)), False),
        ((worst(0, 0.99, age=0.7), worst(1, 0.95)), False),
        ((worst(0, 0.5), worst(1, 0.95)), False),
        ((worst(0, 0.99),), False),
        ((), False),
    ],
)
def test_the_worst_rows_are_those_that_the_model_answers_worst(told, same):
    assert (explained_otherwise(replace(TODAY, worst=told), TODAY, ANSWERS) == "") is same


def test_a_tie_hides_no_other_difference():
    told = replace(TODAY, worst=(worst(0, 0.99), worst(2, 0.95)), importances=(replace(IMPORTANCE, share=0.5),))
    assert explained_otherwise(told, TODAY, ANSWERS).startswith("importances[age].share is 0.5")


def test_the_form_of_a_spread_counts_by_the_error_that_it_widens():
    """Of changes by a rounding, skewness and kurtosis are those of noise, and others on another processor."""
    noise = replace(IMPORTANCE, spread=Spread(1.1e-8, -9.0, 400.0))
    assert first_difference(replace(TODAY, importances=(noise,)), TODAY) == ""
    large = [replace(IMPORTANCE, spread=Spread(0.01, skewness, 40.0)) for skewness in (3.0, 1.0)]
    found = first_difference(*(replace(TODAY, importances=(each,)) for each in large))
    assert found.startswith("importances[age].spread.error times skewness is 0.03")
