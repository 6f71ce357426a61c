"""Metrics over millions of rows: what scikit-learn says, to rounding."""

from functools import partial

import numpy as np
import pytest

from lockgate.adapters.sklearn import many_rows
from lockgate.domain.statistics.metrics.registry import METRICS
from lockgate.domain.statistics.sample import Sample


@pytest.mark.parametrize("digits", [1, 2, 12])
@pytest.mark.parametrize("part", [1, 7, 60, 133])
@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "log_loss", "brier"])
def test_in_parts_they_are_what_they_are_at_once(monkeypatch, name, part, digits):
    random = np.random.default_rng(5)
    scores = random.random(200).round(digits)
    sample = Sample(random.random(200) < scores, scores > 0.5, scores)
    metric = getattr(many_rows, name)
    metric = partial(metric, ours=METRICS[name]) if name == "roc_auc" else metric
    once = metric(sample)
    monkeypatch.setattr(many_rows, "PART", part)
    assert metric(sample) == pytest.approx(once, rel=1e-12)


def test_scores_that_are_all_equal_have_the_precision_of_all_rows(monkeypatch):
    monkeypatch.setattr(many_rows, "PART", 3)
    sample = Sample(np.arange(10) < 4, np.ones(10, bool), np.full(10, 0.5))
    assert many_rows.average_precision(sample) == 0.4
