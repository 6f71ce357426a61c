"""Histogram boosting with categories: the converter reads their codes as sizes, and leaves out who makes the codes."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from lockgate.errors import ModelError

BOOSTING = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
NEVER = -1.0
"""The code of no category, for a node that sends none of them its way."""
ML_OPSET = 3
WORD = 32
"""Bits to a word of a set of categories."""


def has_categories(estimator: Any) -> bool:
    """Whether it is histogram boosting that was fitted on categories."""
    return isinstance(estimator, BOOSTING) and getattr(estimator, "_preprocessor", None) is not None


def bare(estimator: Any) -> Any:
    """The trees alone, as the converter takes them: what makes their codes is put into the graph by ``repair``."""
    trees = copy.copy(estimator)
    trees._codes, trees._preprocessor = estimator._preprocessor, None  # noqa: SLF001 - it has no public way
    return trees


def repair_categories(model: onnx.ModelProto, estimator: Any) -> None:
    """Let the nodes of categories ask which of them it is, where the converter lets them ask how large its code is.

    Raises ``ModelError`` where the graph does not have the trees of the estimator.
    """
    trees = [tree for stage in estimator._predictors for tree in stage]  # noqa: SLF001 - the same
    known, places = estimator._bin_mapper.make_known_categories_bitsets()  # noqa: SLF001 - the same
    repaired = False
    for node in list(model.graph.node):
        if node.op_type.startswith("TreeEnsemble"):
            found = {attribute.name: attribute for attribute in node.attribute if attribute.name.startswith("nodes_")}
            rows = list(_rows(found))
            if [len(each) for each in rows] == [len(tree.nodes) for tree in trees]:
                made = [
                    entry
                    for each, tree in zip(rows, trees, strict=True)
                    for entry in _with_sets(each, tree, known, places)
                ]
                _put(found, made)
                _encode(model.graph, node, estimator)
                _demand_encoders(model)
                repaired = True
    if not repaired:
        raise ModelError(
            "skl2onnx cannot convert the pipeline: the categories of histogram boosting are not found in its graph",
            hint="encode them with OneHotEncoder, or leave categorical_features out: docs/estimators.md",
        )


def _encode(graph: onnx.GraphProto, trees: onnx.NodeProto, estimator: Any) -> None:
    """Codes of the categories first, then the numbers: what the trees take in place of the features as they came."""
    chosen = np.asarray(estimator.is_categorical_, dtype=bool)
    features, coded = trees.input[0], f"{trees.input[0]}/codes/{trees.output[0]}"
    encoder = {name: step for name, step, _ in estimator._codes.transformers_}["encoder"]  # noqa: SLF001
    nodes, parts = [], []
    for place, known in zip(np.flatnonzero(chosen), encoder.categories_, strict=True):
        raw, code = f"{coded}/{place}/raw", f"{coded}/{place}"
        nodes.append(_columns(graph, features, [int(place)], raw))
        keys = [(float(value), float(number)) for number, value in enumerate(known) if value == value]  # noqa: PLR0124
        names, codes = [list(each) for each in zip(*keys, strict=True)]
        nodes.append(
            helper.make_node(
                "LabelEncoder",
                [raw],
                [code],
                domain="ai.onnx.ml",
                keys_floats=names,
                values_floats=codes,
                default_float=float("nan"),
            )
        )
        parts.append(code)
    if (numbers := np.flatnonzero(~chosen)).size:
        parts.append(f"{coded}/numbers")
        nodes.append(_columns(graph, features, numbers.tolist(), parts[-1]))
    nodes.append(helper.make_node("Concat", parts, [coded], axis=1))
    at = list(graph.node).index(trees)
    graph.node[at].input[0] = coded
    for node in reversed(nodes):
        graph.node.insert(at, node)


def _demand_encoders(model: onnx.ModelProto) -> None:
    """The version of ai.onnx.ml that has encoders of numbers; trees are the same in it."""
    for entry in model.opset_import:
        if entry.domain == "ai.onnx.ml":
            entry.version = max(entry.version, ML_OPSET)


def _columns(graph: onnx.GraphProto, features: str, places: list[int], name: str) -> onnx.NodeProto:
    graph.initializer.append(numpy_helper.from_array(np.array(places, dtype=np.int64), f"{name}/places"))
    return helper.make_node("Gather", [features, f"{name}/places"], [name], axis=1)


def _rows(found: dict[str, onnx.AttributeProto]) -> Iterator[list[dict[str, Any]]]:
    """The nodes of each tree, with their entries by name."""
    columns = {name: helper.get_attribute_value(attribute) for name, attribute in found.items()}
    columns = {name: values for name, values in columns.items() if len(values)}
    trees: dict[int, list[dict[str, Any]]] = {}
    for entry in zip(*columns.values(), strict=True):
        row = dict(zip(columns, entry, strict=True))
        trees.setdefault(row["nodes_treeids"], []).append(row)
    yield from trees.values()


def _with_sets(rows: list[dict[str, Any]], tree: Any, known: Any, places: Any) -> Iterator[dict[str, Any]]:
    """The nodes of a tree; each of categories becomes one for each category that it sends the rarer way.

    What is unknown goes where a missing one goes, so a node asks for those that go the other way.
    """
    extra = len(rows)
    for row, node in zip(rows, tree.nodes, strict=True):
        if node["is_leaf"] or not node["is_categorical"]:
            yield row
            continue
        left = _members(tree.raw_left_cat_bitsets[node["bitset_idx"]])
        every = _members(known[places[node["feature_idx"]]])
        to_left = bool(node["missing_go_to_left"])
        asked = sorted(every - left) if to_left else sorted(left)
        hit, rest = ("right", "left") if to_left else ("left", "right")
        codes = [float(code) for code in asked] or [NEVER]
        ids = [row["nodes_nodeids"], *range(extra, extra + len(codes) - 1)]
        extra += len(codes) - 1
        for code, own, after in zip(codes, ids, [*ids[1:], int(node[rest])], strict=True):
            yield row | {
                "nodes_nodeids": own,
                "nodes_modes": b"BRANCH_EQ",
                "nodes_values": code,
                "nodes_truenodeids": int(node[hit]),
                "nodes_falsenodeids": after,
                "nodes_missing_value_tracks_true": 0,
            }


def _members(words: Any) -> set[int]:
    return {place * WORD + bit for place, word in enumerate(words) for bit in range(WORD) if int(word) >> bit & 1}


def _put(found: dict[str, onnx.AttributeProto], rows: list[dict[str, Any]]) -> None:
    for name, attribute in found.items():
        if name in rows[0]:
            attribute.CopyFrom(helper.make_attribute(name, [row[name] for row in rows]))
