"""An ONNX graph of trees whose answers are summed: what a converter of others has no form for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from lockgate.domain.model.signature import Array

IR_VERSION = 8
FEATURES, PROBABILITIES = "features", "probabilities"
NEVER = -1.0
"""The code of no category, for a node without any."""
LINKS = {"identity": "Identity", "exp": "Exp", "sigmoid": "Sigmoid", "two": "Sigmoid", "softmax": "Softmax"}
"""What is made of the sums; ``two`` is the sigmoid of one sum, and what it leaves for the class before it."""


@dataclass(frozen=True)
class Tree:
    """One tree that adds to one output: arrays by node, ``-1`` as the child of a leaf.

    A row goes left where its feature is below the threshold. At a node with ``categories`` it goes right where its
    feature is one of them, and left where it is another. A missing number goes left where ``default_left`` says so.
    """

    output: int
    feature: Sequence[int]
    threshold: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    default_left: Sequence[bool]
    leaf: Sequence[float]
    categories: Mapping[int, Sequence[float]]


@dataclass
class _Nodes:
    """The attributes of ``TreeEnsembleRegressor``, one entry for each node or each leaf."""

    columns: dict[str, list[Any]] = field(default_factory=dict)

    def put(self, **entry: object) -> None:
        for name, value in entry.items():
            self.columns.setdefault(name, []).append(value)

    def node(self, tree: int, node: int, mode: str, **more: object) -> None:
        plain = {"featureids": 0, "values": 0.0, "truenodeids": 0, "falsenodeids": 0, "missing_value_tracks_true": 0}
        entry = plain | {"treeids": tree, "nodeids": node, "modes": mode, "hitrates": 1.0} | more
        self.put(**{f"nodes_{name}": value for name, value in entry.items()})


def graph_of(trees: Sequence[Tree], base: Array, features: int, link: str, opset: int) -> bytes:
    """``features`` float32 ``(rows, features)`` in, ``probabilities`` ``(rows, outputs)`` out: link(base + sum)."""
    nodes = _Nodes()
    for number, tree in enumerate(trees):
        _add(nodes, number, tree)
    outputs = len(base) + (link == "two")
    attributes: dict[str, Any] = {"n_targets": len(base), **nodes.columns}
    ensemble = helper.make_node("TreeEnsembleRegressor", [FEATURES], ["sum"], domain="ai.onnx.ml", **attributes)
    start = numpy_helper.from_array(np.asarray(base, dtype=np.float32).reshape(1, -1), "base")
    graph = helper.make_graph(
        [ensemble, helper.make_node("Add", ["sum", "base"], ["margin"]), *_head(link)],
        "trees",
        [helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, [None, features])],
        [helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, [None, outputs])],
        [start, *([numpy_helper.from_array(np.ones((1, 1), dtype=np.float32), "one")] if link == "two" else [])],
    )
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    )
    made.ir_version = IR_VERSION
    onnx.checker.check_model(made)
    content: bytes = made.SerializeToString(deterministic=True)
    return content


def _head(link: str) -> list[onnx.NodeProto]:
    answer = "positive" if link == "two" else PROBABILITIES
    axis: dict[str, Any] = {"axis": 1} if link == "softmax" else {}
    made = [helper.make_node(LINKS[link], ["margin"], [answer], **axis)]
    if link == "two":
        made.append(helper.make_node("Sub", ["one", answer], ["negative"]))
        made.append(helper.make_node("Concat", ["negative", answer], [PROBABILITIES], axis=1))
    return made


def _add(nodes: _Nodes, number: int, tree: Tree) -> None:
    """Every node that can be reached, the root first; a node of categories becomes one for each of them."""
    extra = len(tree.left)
    waiting = [0]
    while waiting:
        node = waiting.pop()
        left, right = int(tree.left[node]), int(tree.right[node])
        if left < 0:
            nodes.node(number, node, "LEAF")
            nodes.put(target_treeids=number, target_nodeids=node)
            nodes.put(target_ids=tree.output, target_weights=float(tree.leaf[node]))
            continue
        waiting += [right, left]
        feature, missing_left = int(tree.feature[node]), bool(tree.default_left[node])
        if node not in tree.categories:
            nodes.node(
                number,
                node,
                "BRANCH_LT",
                featureids=feature,
                values=float(tree.threshold[node]),
                truenodeids=left,
                falsenodeids=right,
                missing_value_tracks_true=int(missing_left),
            )
            continue
        codes = list(tree.categories[node]) or [NEVER]
        places = [node, *range(extra, extra + len(codes) - 1)]
        extra += len(codes) - 1
        for code, place, after in zip(codes, places, [*places[1:], left], strict=True):
            nodes.node(
                number,
                place,
                "BRANCH_EQ",
                featureids=feature,
                values=float(code),
                truenodeids=right,
                falsenodeids=after,
                missing_value_tracks_true=int(not missing_left),
            )
