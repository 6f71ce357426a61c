"""The mitigated candidate: one ordinary model without sensitive inputs, chosen by a stated rule, always the same."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from census import fairlearn_candidate
from census.columns import CLASSES, LABEL, NUMBERS, SENSITIVE, TEXTS, inputs
from census.fairlearn_candidate import Tried, choose, train
from census.params import Mitigated
from census.plugin import Census
from lockgate.project import Column, ModelError

pytestmark = pytest.mark.slow

SETTINGS = Mitigated(
    learning_rate=0.2,
    max_iter=15,
    max_leaf_nodes=7,
    min_samples_leaf=5,
    l2_regularization=0.0,
    seed=7,
    attribute="sex",
    grid_size=5,
    grid_limit=0.5,
    max_difference=0.1,
)
INPUTS = [Column(name, "float32" if name in NUMBERS else "string") for name in inputs(sensitive=False)]


def people(seed, rows=600):
    """Men work longer and are older; income goes by age, and by hours a little."""
    random = np.random.default_rng(seed)
    table = {name: random.integers(0, 50, rows).astype(np.float32) for name in NUMBERS}
    table |= {name: random.choice(np.array(["a", "b", ""], dtype=object), rows) for name in (*TEXTS, *SENSITIVE)}
    table["sex"] = random.choice(np.array(["Female", "Male"], dtype=object), rows)
    table["age"] += np.float32(15) * (table["sex"] == "Male")
    earns = table["age"] + random.normal(0, 8, rows) > 35
    return table | {LABEL: np.where(earns, CLASSES[1], CLASSES[0]).astype(object)}


def fit(folder):
    """The run, what it made, and what it told of each weighting."""
    told = []
    run = SimpleNamespace(
        candidate="fairlearn",
        folder=folder,
        training=people(0),
        validation=people(1),
        epoch=lambda number, of, **metrics: told.append((number, of, metrics)),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fairlearn_candidate, "params", lambda *_: SETTINGS)
        return run, train(run, INPUTS), told


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Trained once for all tests that only look at it."""
    return fit(tmp_path_factory.mktemp("first"))


def test_it_is_a_scikit_learn_pipeline_that_answers_without_sensitive_columns(trained):
    run, made, _ = trained
    assert not {column.name for column in made.inputs} & set(SENSITIVE)
    answers = Census().open(made, run.folder).predict({column.name: run.validation[column.name] for column in INPUTS})
    assert set(answers["label"]) == set(CLASSES)
    assert (answers["label"] == run.validation[LABEL]).mean() > 0.7


def test_every_weighting_is_told_with_its_loss_and_its_difference(trained):
    _, _, told = trained
    assert [(number, of) for number, of, _ in told] == [(number, 5) for number in range(1, 6)]
    assert {name for _, _, metrics in told for name in metrics} == {
        "validation_loss",
        "accuracy",
        "equalized_odds_difference",
    }


def test_training_again_gives_the_same_bytes(trained, tmp_path):
    first, second = ((run.folder / made.model).read_bytes() for run, made, _ in (trained, fit(tmp_path)))
    assert first == second


def test_the_model_that_is_kept_is_fairer_than_the_one_that_nothing_was_asked_of(trained):
    _, _, told = trained
    differences = [metrics["equalized_odds_difference"] for _, _, metrics in told]
    assert min(differences) < differences[2]


def test_the_most_accurate_within_the_limit_is_kept_or_the_fairest_where_none_is():
    tried = [Tried("a", 0.9, 0.3), Tried("b", 0.8, 0.1), Tried("c", 0.7, 0.05), Tried("d", 0.8, 0.1)]
    assert choose(tried, 0.5).classifier == "a"
    assert choose(tried, 0.1).classifier == "b"
    assert choose(tried, 0.01).classifier == "c"


def test_where_no_weighting_leaves_both_labels_it_says_so():
    with pytest.raises(ModelError, match="one label only"):
        choose([], 0.1)


@pytest.mark.parametrize("change", [{"attribute": "age"}, {"grid_size": 0}, {"grid_limit": 0}, {"max_difference": 1.5}])
def test_settings_that_make_no_sense_are_refused(change):
    with pytest.raises(ValueError, match="must be"):
        replace(SETTINGS, **change)
