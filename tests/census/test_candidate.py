"""The scikit-learn candidate takes raw columns, learns, and keeps sensitive attributes out unless told otherwise."""

import numpy as np
import pandas as pd
import pytest

from census.columns import NUMBERS, SENSITIVE, TEXTS, inputs
from census.params import Data, GradientBoosting
from census.sklearn_candidate import fit

pytestmark = pytest.mark.slow

SETTINGS = GradientBoosting(
    learning_rate=0.1, max_iter=20, max_leaf_nodes=7, min_samples_leaf=5, l2_regularization=0.0, seed=7
)


@pytest.fixture(scope="module")
def people():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({name: random.integers(0, 50, 400).astype(np.float32) for name in NUMBERS})
    for name in (*TEXTS, *SENSITIVE):
        frame[name] = random.choice(["a", "b", ""], 400)
    return frame, pd.Series(np.where(frame["age"] > 25, ">50K", "<=50K"))


def test_sensitive_attributes_are_inputs_only_by_the_switch():
    assert not set(SENSITIVE) & set(inputs(sensitive=False))
    assert set(SENSITIVE) <= set(inputs(sensitive=True))
    assert "fnlwgt" not in inputs(sensitive=True)


def test_the_pipeline_learns_from_raw_columns(people):
    frame, labels = people
    model = fit(SETTINGS, inputs(sensitive=False), frame, labels)
    assert (model.predict(frame) == labels).mean() > 0.95


def test_training_again_gives_the_same_model(people):
    frame, labels = people
    first, second = (fit(SETTINGS, inputs(sensitive=False), frame, labels).predict_proba(frame) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_unseen_and_missing_values_are_answered(people):
    frame, labels = people
    model = fit(SETTINGS, inputs(sensitive=False), frame, labels)
    odd = frame.head(2).assign(workclass=["never seen", ""], age=np.float32("nan"))
    assert np.isfinite(model.predict_proba(odd)).all()


@pytest.mark.parametrize("percent", [0, 51])
def test_a_validation_share_that_makes_no_sense_is_refused(percent):
    with pytest.raises(ValueError, match="from 1 to 50"):
        Data(validation_percent=percent)
