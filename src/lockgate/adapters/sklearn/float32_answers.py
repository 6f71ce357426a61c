"""What a scikit-learn estimator loses in float32: features, thresholds and weights rounded, sums in float32."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model._base import LinearModel

from lockgate.adapters.sklearn.safe_loading import parts
from lockgate.domain.measuring.float64_truth import Reference, Thresholds, crossing

Matrix: TypeAlias = npt.NDArray[np.floating]
Ask: TypeAlias = Callable[[Any, Any], Matrix]
"""What asks an estimator for its numbers, ``(rows, width)``, about rows of features."""
FORESTS = (RandomForestClassifier, ExtraTreesClassifier, RandomForestRegressor, ExtraTreesRegressor)


def reference(estimator: Any, features: Matrix, ask: Ask, output: str) -> Reference:
    """Its answers on float64 ``(rows, features)``, and on the same in float32, under the output's name."""
    exact = ask(estimator, features)
    rounded = _in_float32(_rounded(estimator), features.astype(np.float32), ask)
    # Trees of the forest kind round their inputs themselves.
    seen = features.astype(np.float32) if _has_trees(estimator) else features
    moved = crossing(seen, thresholds(estimator))
    return Reference({output: exact}, {output: rounded}, moved)


def dense(features: Any) -> Matrix:
    """A matrix of float64, however it came."""
    plain = features.toarray() if hasattr(features, "toarray") else features
    return np.asarray(plain, dtype=np.float64)


def thresholds(estimator: Any) -> Thresholds:
    """Every threshold of every tree, by feature."""
    width = int(getattr(estimator, "n_features_in_", 0))
    pairs = [pair for part in parts(estimator) for pair in _splits(part)]
    if not pairs:
        return [np.empty(0) for _ in range(width)]
    features, values = (np.concatenate(each) for each in zip(*pairs, strict=True))
    return [np.unique(values[features == column]) for column in range(width)]


def _splits(part: Any) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    """The feature and the threshold of each node that divides."""
    if (tree := getattr(part, "tree_", None)) is not None:
        inner = tree.children_left != -1
        yield tree.feature[inner].astype(np.int64), tree.threshold[inner].astype(np.float64)
    order = _features(part)
    for predictor in np.ravel(getattr(part, "_predictors", [])):
        inner = (predictor.nodes["is_leaf"] == 0) & (predictor.nodes["is_categorical"] == 0)
        nodes = predictor.nodes[inner]
        places = nodes["feature_idx"].astype(np.int64)
        yield places if order is None else order[places], nodes["num_threshold"].astype(np.float64)


def _features(part: Any) -> npt.NDArray[np.int64] | None:
    """Which feature stands at each place, where histogram boosting puts its categories first; else ``None``."""
    if getattr(part, "_preprocessor", None) is None or not hasattr(part, "is_categorical_"):
        return None
    chosen = np.asarray(part.is_categorical_, dtype=bool)
    return np.concatenate([np.flatnonzero(chosen), np.flatnonzero(~chosen)]).astype(np.int64)


def _has_trees(estimator: Any) -> bool:
    return any(hasattr(part, "tree_") for part in parts(estimator))


def _rounded(estimator: Any) -> Any:
    """A copy whose weights and thresholds are float32 numbers."""
    made = copy.deepcopy(estimator)
    for part in parts(made):
        if (tree := getattr(part, "tree_", None)) is not None:
            state = tree.__getstate__()
            state["nodes"]["threshold"] = state["nodes"]["threshold"].astype(np.float32)
            state["values"] = _to_float32_and_back(state["values"])
            tree.__setstate__(state)
        for predictor in np.ravel(getattr(part, "_predictors", [])):
            for field in ("num_threshold", "value"):
                predictor.nodes[field] = predictor.nodes[field].astype(np.float32)
        for name, value in vars(part).items():
            if isinstance(value, np.ndarray) and value.dtype == np.float64:
                setattr(part, name, _weights(part, value))
    return made


def _weights(part: Any, values: npt.NDArray[np.float64]) -> Matrix:
    # A linear model whose weights are float32 computes in it; others would refuse.
    linear = isinstance(part, (LogisticRegression, LinearModel))
    return values.astype(np.float32) if linear else _to_float32_and_back(values)


def _to_float32_and_back(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return values.astype(np.float32).astype(np.float64)


def _in_float32(estimator: Any, features: Matrix, ask: Ask) -> Matrix:
    """Its numbers, with the sums over trees in float32, as a runtime makes them."""
    if isinstance(estimator, FORESTS):
        trees = [ask(tree, features).astype(np.float32) for tree in estimator.estimators_]
        return np.asarray(sum(trees) / np.float32(len(trees)))
    if _is_boosted(estimator):
        return _boosted(estimator, features)
    if isinstance(estimator, GradientBoostingRegressor):
        return np.asarray(_summed(estimator.staged_predict(features))).reshape(-1, 1)
    return ask(estimator, features)


def _is_boosted(estimator: Any) -> bool:
    if isinstance(estimator, HistGradientBoostingClassifier):
        return True
    return isinstance(estimator, GradientBoostingClassifier) and estimator.loss == "log_loss"


def _boosted(estimator: Any, features: Matrix) -> Matrix:
    total = _summed(estimator.staged_decision_function(features))
    if total.ndim == 1 or total.shape[1] == 1:
        positive = expit(total.reshape(-1))
        return np.column_stack([np.float32(1) - positive, positive])
    return np.asarray(softmax(total, axis=1))


def _summed(stages: Iterator[Any]) -> Any:
    """What the stages come to, each stage's part added in float32."""
    before: Any = np.float64(0.0)
    total: Any = np.float32(0.0)
    for after in stages:
        total = total + (after - before).astype(np.float32)
        before = after
    return total
