"""Probabilities a little above 1, as float32 makes of a forest's sums: they have every metric all the same."""

import numpy as np
import pytest
from sklearn import metrics

from lockgate.adapters.sklearn.metrics import SklearnMetrics
from lockgate.domain.statistics.sample import ClassSample, Sample

ABOVE = 1 + 4e-7


def classes(highest):
    scores = np.array([[highest, 0, 0], [0.2, 0.7, 0.1], [0, 0.5, 0.5], [0.1, 0.2, 0.7]])
    return ClassSample(np.array([0, 1, 2, 0]), scores.argmax(axis=1), scores, ("a", "b", "c"))


def two(highest):
    scores = np.array([highest, 0.2, 0.7, 0.4])
    return Sample(np.array([True, False, True, True]), scores >= 0.5, scores)


@pytest.mark.parametrize("sample_of", [classes, two])
def test_what_rounding_brought_beyond_1_has_the_metrics_of_1(sample_of):
    exact, rounded = (SklearnMetrics().measure(sample_of(highest)) for highest in (1.0, ABOVE))
    assert None not in exact.values()
    assert rounded == pytest.approx(exact, abs=1e-6)


def test_scikit_learn_itself_refuses_them():
    with pytest.raises(ValueError, match="greater than 1"):
        metrics.brier_score_loss([False, True], [0.5, ABOVE])


@pytest.mark.parametrize("sample_of", [classes, two])
def test_what_is_no_probability_has_no_loss(sample_of):
    assert SklearnMetrics().measure(sample_of(1.3))["log_loss"] is None
