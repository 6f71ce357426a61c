"""What a fitted scikit-learn estimator answers, in the form of its task; and why it cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier
from sklearn.feature_selection import SelectorMixin

from lockgate.domain.model.labels import problem_of_order, written_classes
from lockgate.domain.model.task import Multilabel, Regression, Task
from lockgate.domain.names import listed
from lockgate.errors import ModelError

CALIBRATE = "put CalibratedClassifierCV around it, which gives probabilities: docs/estimators.md"
BOTH = 2


@dataclass(frozen=True)
class Problem:
    """Why an estimator does not answer a task, and the way out."""

    what: str
    way: str


def numbers_of(estimator: Any, rows: Any, task: Task) -> npt.NDArray[np.floating]:
    """Its probabilities or values, ``(rows, width)``, in the order of the task's columns."""
    if isinstance(task, Regression):
        return np.asarray(estimator.predict(rows)).reshape(len(rows), -1)
    found = estimator.predict_proba(rows)
    if isinstance(task, Multilabel) and (isinstance(found, list) or np.ndim(found) > BOTH):
        # Of each label, the probabilities that it is false and true.
        return np.asarray(np.take(np.stack(found), 1, axis=2)).T
    return np.asarray(found)


def problem_of(estimator: Any, task: Task) -> Problem | None:
    """Why it does not answer the task; ``None`` where it does."""
    if isinstance(task, Regression):
        return _problem_of_numbers(estimator)
    if not hasattr(estimator, "predict_proba"):
        return _without_probabilities(estimator)
    return _problem_of_labels(estimator, task) if isinstance(task, Multilabel) else _problem_of_classes(estimator, task)


def _problem_of_numbers(estimator: Any) -> Problem | None:
    if is_classifier(estimator) or not hasattr(estimator, "predict"):
        told = f"{_named(estimator)} answers no numbers, and tables.task is regression"
        return Problem(told, "hand over a regressor, or name the task in params.yaml")
    return None


def _without_probabilities(estimator: Any) -> Problem:
    told = f"no classifier with probabilities: it has no predict_proba ({_named(estimator)})"
    return Problem(told, CALIBRATE if is_classifier(estimator) else "of a regressor, tables.task is regression")


def _problem_of_classes(estimator: Any, task: Task) -> Problem | None:
    try:
        classes = written_classes(estimator.classes_)
    except (TypeError, ValueError, AttributeError) as error:
        return Problem(f"no classifier of one label: classes_: {error}", "see tables.labels for several at once")
    problem = problem_of_order(task.columns, classes)
    return Problem(problem, "hand over tuple(model.classes_) as Trained.classes") if problem else None


def _problem_of_labels(estimator: Any, task: Multilabel) -> Problem | None:
    """Other than one probability for each label, or a label that is always or never true in training."""
    way = "fit it on (rows, labels) of 0 and 1, in the order of tables.labels"
    classes = estimator.classes_
    if len(classes) != task.width:
        told = f"it was fitted on {len(classes)} labels, and tables.labels are {listed(task.columns)}"
        return Problem(told, way)
    if not isinstance(classes, list):
        return None
    for name, found in zip(task.columns, classes, strict=True):
        if list(found) != [0, 1]:
            return Problem(f"label {name!r} has the classes {listed(map(str, found))} in training, not 0 and 1", way)
    return None


def problem_of_transformer(transformer: Any) -> Problem | None:
    """Why its graph would not transform; ``None`` where it does."""
    steps = getattr(transformer, "steps", None)
    last = steps[-1][1] if steps else transformer
    if not hasattr(last, "predict") or isinstance(last, SelectorMixin):
        return None
    told = f"skl2onnx makes of {_named(last)} what it predicts, and not what it transforms to"
    return Problem(told, "leave it out of the preprocessing")


def by_quantile(path: Path, found: Any, quantiles: Sequence[float]) -> list[Any]:
    """The model of each quantile, in their order. Raises ``ModelError`` where there is not one for each."""
    hint = "save one for each of tables.quantiles: save_sklearn({0.05: low, 0.5: middle, 0.95: high}, ...)"
    if not quantiles:
        raise ModelError(f"{path}: holds several models, and tables.quantiles has none", hint=hint)
    if not isinstance(found, Mapping):
        raise ModelError(f"{path}: holds one model, and there are {len(quantiles)} quantiles", hint=hint)
    if set(found) != set(quantiles):
        told = f"holds models of {listed(map(str, found))}, and the quantiles are {listed(map(str, quantiles))}"
        raise ModelError(f"{path}: {told}", hint=hint)
    return [found[quantile] for quantile in quantiles]


def _named(estimator: Any) -> str:
    steps = getattr(estimator, "steps", None)
    return type(steps[-1][1] if steps else estimator).__name__
