"""What the converter writes wrong, put right in its graph, so that it answers as the estimator does."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.tree._tree import Tree

from lockgate.adapters.sklearn.conversion.categories import BOOSTING, repair_categories
from lockgate.adapters.sklearn.sound_indices import everything

TREES = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")
MISSING = "nodes_missing_value_tracks_true"


def repair(model: onnx.ModelProto, estimator: Any) -> None:
    """Change the graph of this estimator where the converter is known to be wrong."""
    parts = list(everything(estimator))
    texts = (part for part in parts if isinstance(part, (TfidfTransformer, TfidfVectorizer)))
    if any(part.sublinear_tf for part in texts):
        _repair_sublinear(model.graph)
    for part in parts:
        if isinstance(part, BOOSTING):
            _repair_thresholds(model.graph, part)
            if hasattr(part, "_codes"):
                repair_categories(model, part)
    missing = [tree for tree in parts if isinstance(tree, Tree) and tree.missing_go_to_left.any()]
    if missing:
        _repair_missing(model.graph, missing)


def _repair_sublinear(graph: onnx.GraphProto) -> None:
    """Logarithms of counts: 1 + log(count), and 0 for none, where the converter writes log(1 + count)."""
    ones = {weight.name for weight in graph.initializer if _is_ones(weight)}
    makers = {node.output[0]: node for node in graph.node}
    for log in [node for node in graph.node if node.op_type == "Log"]:
        plus = makers.get(log.input[0])
        if plus is not None and plus.op_type == "Add" and plus.input[1] in ones:
            at_least, at_most, logged = (f"{log.output[0]}/{part}" for part in ("at_least_one", "at_most_one", "log"))
            counts, one, answer = plus.input[0], plus.input[1], log.output[0]
            place = list(graph.node).index(log)
            del graph.node[place]
            for node in reversed(
                (
                    helper.make_node("Max", [counts, one], [at_least]),
                    helper.make_node("Log", [at_least], [logged]),
                    helper.make_node("Min", [counts, one], [at_most]),
                    helper.make_node("Add", [logged, at_most], [answer]),
                )
            ):
                graph.node.insert(place, node)
            graph.node.remove(plus)


def _is_ones(weight: onnx.TensorProto) -> bool:
    values = numpy_helper.to_array(weight)
    return values.ndim == 1 and values.dtype.kind == "f" and bool((values == 1).all())


def _repair_missing(graph: onnx.GraphProto, trees: list[Any]) -> None:
    """Where a missing number goes in decision trees and forests: the converter sends each to the right."""
    by_size: dict[int, list[Any]] = {}
    for tree in trees:
        by_size.setdefault(int(tree.node_count), []).append(tree)
    for node in graph.node:
        if node.op_type in TREES:
            found = {attribute.name: attribute for attribute in node.attribute}
            flags = found[MISSING]
            values = list(flags.ints)
            for rows in _trees(found):
                for tree in by_size.get(len(rows), ()):
                    if _is_same(tree, found, rows):
                        for row, left in zip(rows, tree.missing_go_to_left.tolist(), strict=True):
                            values[row] = int(left)
            flags.ints[:] = values


def _repair_thresholds(graph: onnx.GraphProto, boosting: Any) -> None:
    """Thresholds of histogram boosting, float64, as the largest float32 that is no more: a float32 goes the same way.

    The converter takes the nearest float32, and a number that is this one goes to the other side where it is above.
    """
    nodes = [node for stage in boosting._predictors for tree in stage for node in tree.nodes]  # noqa: SLF001 - no public way
    exact = np.array([0.0 if node["is_leaf"] else node["num_threshold"] for node in nodes])
    asks_number = np.array([not node["is_leaf"] and not node["is_categorical"] for node in nodes])
    nearest = exact.astype(np.float32)
    below = np.where(asks_number & (nearest > exact), np.nextafter(nearest, np.float32(-np.inf)), nearest)
    for node in graph.node:
        if node.op_type in TREES:
            values = next(attribute for attribute in node.attribute if attribute.name == "nodes_values")
            found = np.array(values.floats, dtype=np.float32)
            if found.shape == nearest.shape and (found == nearest)[asks_number].all():
                values.floats[:] = np.where(asks_number, below, found).tolist()


def _trees(found: dict[str, onnx.AttributeProto]) -> Iterator[list[int]]:
    """The places of each tree's nodes in the attributes of an ensemble."""
    rows: dict[int, list[int]] = {}
    for place, tree in enumerate(found["nodes_treeids"].ints):
        rows.setdefault(tree, []).append(place)
    yield from rows.values()


def _is_same(tree: Any, found: dict[str, onnx.AttributeProto], rows: list[int]) -> bool:
    inner = tree.children_left != -1
    features = np.array(found["nodes_featureids"].ints)[rows]
    children = np.array(found["nodes_truenodeids"].ints)[rows]
    same = (features[inner] == tree.feature[inner]).all() and (children[inner] == tree.children_left[inner]).all()
    return bool(same)
