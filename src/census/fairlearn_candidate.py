"""The mitigated candidate: gradient boosting under Fairlearn's reduction, so that fairness competes with accuracy.

Agarwal et al., A Reductions Approach to Fair Classification (2018): each point of a grid weighs and relabels the
training rows by their group, and gives one ordinary model. One of them is kept, which takes no sensitive input.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from fairlearn.metrics import equalized_odds_difference
from fairlearn.reductions import EqualizedOdds, GridSearch
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import Pipeline

from census.boosting import pipeline
from census.columns import CLASSES, LABEL
from census.params import Mitigated
from census.preprocessing import frame
from lockgate.project import Array, Column, Columns, ModelError, Trained, TrainingRun, params, save_sklearn

NAMES = np.asarray(CLASSES, dtype=object)


@dataclass(frozen=True)
class Tried:
    """A model of the grid, and what it answers to the validation rows; both figures are from 0 to 1."""

    classifier: Any
    accuracy: float
    difference: float


def train(run: TrainingRun, inputs: Sequence[Column]) -> Trained:
    """Fit one model for each point of the grid, told as epochs, and keep the one that ``choose`` names."""
    settings = params(f"train.{run.candidate}", Mitigated)
    unfitted = pipeline(settings, tuple(column.name for column in inputs))
    columns = unfitted["columns"].fit(frame(run.training, inputs))
    features, judged = (columns.transform(frame(rows, inputs)) for rows in (run.training, run.validation))
    tried: list[Tried] = []

    def on_fit(classifier: Any) -> None:
        tried.append(_report(run, settings, classifier, judged, len(tried)))

    search(settings, _Named(unfitted["classifier"], on_fit), features, run.training)
    chosen = choose(tried, settings.max_difference)
    save_sklearn(Pipeline([("columns", columns), ("classifier", chosen.classifier)]), run.folder / "model.skops")
    return Trained("sklearn", "model.skops", tuple(inputs), CLASSES)


def search(settings: Mitigated, estimator: Any, features: Array, training: Columns) -> None:
    """Fit a copy of the estimator to ``(rows, features)`` under each weighting of the grid."""
    grid = GridSearch(
        estimator, constraints=EqualizedOdds(), grid_size=settings.grid_size, grid_limit=settings.grid_limit
    )
    labels = (training[LABEL] == CLASSES[1]).astype(np.int64)
    grid.fit(features, labels, sensitive_features=training[settings.attribute])


def choose(tried: Sequence[Tried], max_difference: float) -> Tried:
    """The most accurate of those within the limit, or the fairest where none is; of equal ones the first.

    Raises ``ModelError`` where nothing was fitted.
    """
    if not tried:
        raise ModelError("every weighting of the grid has one label only", hint="lower train.fairlearn.grid_limit")
    within = [one for one in tried if one.difference <= max_difference]
    return max(within, key=lambda one: one.accuracy) if within else min(tried, key=lambda one: one.difference)


def _report(run: TrainingRun, settings: Mitigated, classifier: Any, features: Array, before: int) -> Tried:
    truth = run.validation[LABEL] == CLASSES[1]
    probabilities = classifier.predict_proba(features)[:, 1]
    predicted = classifier.predict(features) == CLASSES[1]
    groups = run.validation[settings.attribute]
    found = Tried(
        classifier,
        float(accuracy_score(truth, predicted)),
        float(equalized_odds_difference(truth, predicted, sensitive_features=groups)),
    )
    run.epoch(
        before + 1,
        max(before + 1, settings.grid_size),
        validation_loss=float(log_loss(truth, probabilities)),
        accuracy=found.accuracy,
        equalized_odds_difference=found.difference,
    )
    return found


class _Named:
    """What the grid search copies and fits to labels 0 and 1: a classifier that answers the classes by their names."""

    def __init__(self, classifier: Any, on_fit: Callable[[Any], None]) -> None:
        self._classifier = classifier
        self._on_fit = on_fit

    def fit(self, features: Array, labels: Array, sample_weight: Array) -> None:
        """``(rows, features)``, ``(rows,)`` and ``(rows,)``; the fitted classifier is handed on."""
        self._classifier = deepcopy(self._classifier).fit(features, NAMES[np.asarray(labels)], sample_weight)
        self._on_fit(self._classifier)

    def predict(self, features: Array) -> Array:
        """0 or 1 for each row, ``(rows,)``."""
        return np.asarray(self._classifier.predict(features) == CLASSES[1], dtype=np.int64)
