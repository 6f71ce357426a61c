"""Loads scikit-learn objects through skops, never by unpickling."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lockgate.adapters.sklearn.skops_import import UntrustedTypesFoundException, skops_io
from lockgate.errors import ModelError

# Classes that skops does not list itself; read, and found to run nothing of the file's when loaded.
# A tree's nodes are indices that scikit-learn follows unchecked, so they are checked here. A dtype, which an imputer
# keeps, is read off an empty array that numpy loads without pickle.
TRUSTED = [
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
]


def load(path: Path) -> Any:
    """What lies in the file. Raises ``ModelError`` for one that is not what it says."""
    try:
        loaded = skops_io.loads(path.read_bytes(), trusted=TRUSTED)
        _demand_sound_trees(loaded)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: missing", hint="train it: lockgate run") from error
    except UntrustedTypesFoundException as error:
        raise ModelError(
            f"{path}: holds types that are not trusted: {error}",
            hint="use scikit-learn's own estimators, or write the step in ONNX",
        ) from error
    except Exception as error:
        raise ModelError(
            f"{path}: not a scikit-learn model in skops form: {error}", hint="train it again: lockgate run"
        ) from error
    return loaded


def _demand_sound_trees(estimator: Any) -> None:
    """Raise ``ValueError`` where a tree's node points outside its tree, which would crash the process that asks it."""
    for part in parts(estimator):
        if (tree := getattr(part, "tree_", None)) is not None:
            _demand_within(tree.children_left, -1, tree.node_count)
            _demand_within(tree.children_right, -1, tree.node_count)
            _demand_within(tree.feature, -2, tree.n_features)
        for predictor in np.ravel(getattr(part, "_predictors", [])):
            _demand_within(predictor.nodes["left"], 0, len(predictor.nodes))
            _demand_within(predictor.nodes["right"], 0, len(predictor.nodes))
            _demand_within(predictor.nodes["feature_idx"], 0, part._n_features)  # noqa: SLF001 - it has no public way


def _demand_within(values: Any, low: int, end: int) -> None:
    indices = np.asarray(values, dtype=np.int64)
    if indices.size and not (low <= indices.min() and indices.max() < end):
        raise ValueError("a tree's node points outside the tree")


def parts(estimator: Any) -> Iterator[Any]:
    """An estimator and all that it is made of."""
    yield estimator
    inner = [step for _, step in getattr(estimator, "steps", [])]
    inner += [transformer for _, transformer, _ in getattr(estimator, "transformers_", [])]
    inner += list(np.ravel(getattr(estimator, "estimators_", [])))
    for part in inner:
        yield from parts(part)
