"""Looks for indices that scikit-learn follows unchecked, and that could crash whoever asks the model."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.neighbors import BallTree, KDTree
from sklearn.tree._tree import Tree

ASTRAY = "a tree's node points outside the tree"
READS_FILES = "its input= makes it read the files that rows name: it takes texts alone, input='content'"


def demand_sound(loaded: Any) -> None:
    """Raise ``ValueError`` for an index that points outside of what it is an index of, wherever it lies."""
    for part in everything(loaded):
        if isinstance(part, Tree):
            _demand_tree(part)
        elif isinstance(part, TreePredictor):
            _demand_predictor(part)
        elif isinstance(part, (KDTree, BallTree)):
            _demand_neighbours(part)
        elif issparse(part):
            part.check_format(full_check=True)
        elif isinstance(part, BaseEstimator) and getattr(part, "input", "content") != "content":
            raise ValueError(f"{type(part).__name__}: {READS_FILES}")
        else:
            _demand_width(part)


def everything(loaded: Any) -> Iterator[Any]:
    """Every object that can be reached from it, each once, but for plain values and arrays of numbers."""
    seen: set[int] = set()
    waiting = [loaded]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, (str, bytes, bool, int, float, type(None))):
            continue
        seen.add(id(part))
        yield part
        waiting.extend(_inside(part))


def members(estimator: Any) -> list[Any]:
    """The estimators that an ensemble is of, in the order in which it keeps them."""
    found = getattr(estimator, "estimators_", [])
    return found.ravel().tolist() if isinstance(found, np.ndarray) else list(found)


def _inside(part: Any) -> Iterator[Any]:
    if isinstance(part, np.ndarray):
        yield from part.ravel().tolist() if part.dtype == object else ()
    elif isinstance(part, Mapping):
        yield from (*part.keys(), *part.values())
    elif isinstance(part, (list, tuple, set, frozenset)):
        yield from part
    elif isinstance(part, partial):
        yield from (part.func, *part.args, *part.keywords.values())
    if not isinstance(part, type):
        yield from getattr(part, "__dict__", {}).values()


def _demand_tree(tree: Any) -> None:
    inner = tree.children_left != -1
    if (inner != (tree.children_right != -1)).any():
        raise ValueError(ASTRAY)
    _demand_forward(tree.children_left, inner)
    _demand_forward(tree.children_right, inner)
    _demand_within(tree.feature[inner], 0, tree.n_features)


def _demand_predictor(predictor: Any) -> None:
    nodes = predictor.nodes
    inner = nodes["is_leaf"] == 0
    _demand_forward(nodes["left"], inner)
    _demand_forward(nodes["right"], inner)
    categorical = inner & (nodes["is_categorical"] != 0)
    for bitsets in (predictor.raw_left_cat_bitsets, predictor.binned_left_cat_bitsets):
        if bitsets.ndim != 2 or bitsets.shape[1] != 8:  # noqa: PLR2004 - 256 categories, 32 to a word
            raise ValueError(ASTRAY)
        _demand_within(nodes["bitset_idx"][categorical], 0, len(bitsets))


def _demand_forward(children: Any, inner: npt.NDArray[np.bool_]) -> None:
    """Children within the tree, and behind their parent, as scikit-learn numbers them: no way leads in a circle."""
    places = np.asarray(children, dtype=np.int64)[inner]
    own = np.flatnonzero(inner)
    if places.size and not ((places > own).all() and places.max() < len(inner)):
        raise ValueError(ASTRAY)


def _demand_width(part: Any) -> None:
    """The trees of an ensemble ask for no feature that its rows do not have."""
    width = getattr(part, "n_features_in_", None)
    if width is None:
        return
    trees = [getattr(each, "tree_", None) for each in (part, *members(part))]
    if any(isinstance(tree, Tree) and tree.n_features > width for tree in trees):
        raise ValueError("a tree asks for a feature that no row has")
    for predictor in np.ravel(getattr(part, "_predictors", [])):
        nodes = predictor.nodes[predictor.nodes["is_leaf"] == 0]
        _demand_within(nodes["feature_idx"], 0, width)
        found = getattr(part, "_is_categorical_remapped", None)
        known = np.zeros(0, bool) if found is None else np.asarray(found, bool)
        asked = nodes["feature_idx"][nodes["is_categorical"] != 0].astype(np.intp)
        if asked.size and not (asked.max() < len(known) and known[asked].all()):
            raise ValueError("a tree asks for categories of a feature that has none")


def _demand_neighbours(tree: Any) -> None:
    """Every node of a tree of neighbours is of rows that there are."""
    state = tree.__getstate__()
    data, places, nodes = state[0], state[1], state[2]
    _demand_within(places, 0, len(data))
    _demand_within(nodes["idx_start"], 0, len(data) + 1)
    _demand_within(nodes["idx_end"], 0, len(data) + 1)
    bounds, levels, count = state[3], int(state[5]), int(state[6])
    sized = len(places) == len(data) and len(nodes) == count == 2**levels - 1
    if not sized or bounds.shape[1] != count or bounds.shape[2] != data.shape[1]:
        raise ValueError("a tree of neighbours is not of the rows that it holds")


def _demand_within(values: Any, low: int, end: int) -> None:
    indices = np.asarray(values, dtype=np.int64)
    if indices.size and not (low <= indices.min() and indices.max() < end):
        raise ValueError(ASTRAY)
