"""What XGBoost keeps in its JSON, as trees: for regressors, rankers, several outputs, quantiles and dropped trees."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lockgate.adapters.trees.tree_graph import Tree, graph_of
from lockgate.errors import ModelError

LOGISTIC, POSITIVE = ("sigmoid", "logit"), ("exp", "log")
LINKS = {
    "reg:squarederror": ("identity", "same"),
    "reg:absoluteerror": ("identity", "same"),
    "reg:quantileerror": ("identity", "same"),
    "reg:pseudohubererror": ("identity", "same"),
    "rank:ndcg": ("identity", "same"),
    "rank:map": ("identity", "same"),
    "rank:pairwise": ("identity", "same"),
    "count:poisson": POSITIVE,
    "reg:gamma": POSITIVE,
    "reg:tweedie": POSITIVE,
    "reg:squaredlogerror": ("identity", "same"),
    "reg:logistic": LOGISTIC,
    "binary:logistic": LOGISTIC,
    "binary:logitraw": ("identity", "logit"),
    "multi:softprob": ("softmax", "same"),
    "multi:softmax": ("softmax", "same"),
}
"""What is made of the sum of the leaves, and how the base score, which is an answer, becomes a part of the sum."""
TO_MARGIN: Mapping[str, Callable[[float], float]] = {
    "same": float,
    "log": math.log,
    "logit": lambda share: math.log(share / (1 - share)),
}


def learner_of(booster: Any) -> Mapping[str, Any]:
    """The part of XGBoost's JSON that holds the model."""
    found: Mapping[str, Any] = json.loads(booster.save_raw("json"))["learner"]
    return found


def demand_trees(learner: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` for what is not a sum of trees with one number in each leaf."""
    kind = learner["gradient_booster"]["name"]
    if kind == "gblinear":
        raise ValueError("booster gblinear is a linear model, and no trees: use scikit-learn's LinearRegression")
    trees = _model(learner)["trees"]
    if any(int(tree["tree_param"]["size_leaf_vector"]) > 1 for tree in trees):
        raise ValueError("multi_strategy multi_output_tree has several numbers in a leaf: use one_output_per_tree")


def outputs_of(learner: Mapping[str, Any]) -> int:
    """How many numbers it answers to a row, before classes are made of them."""
    own = learner["learner_model_param"]
    return max(int(own["num_target"]), int(own["num_class"]), len(_base(learner)), 1)


def converted(learner: Mapping[str, Any], iterations: int | None, opset: int, *, classes: bool) -> bytes:
    """Its graph: ``features`` in, ``probabilities`` ``(rows, outputs)`` out, of the first ``iterations`` rounds.

    ``classes``: the answers are probabilities of two classes or more, of which just one is true.

    Raises ``ModelError`` for an objective that is not known.
    """
    objective = learner["objective"]["name"]
    if objective not in LINKS:
        raise ModelError(
            f"XGBoost's objective {objective!r} is not converted", hint=f"those that are: {', '.join(LINKS)}"
        )
    link, back = LINKS[objective]
    link = "two" if classes and link == "sigmoid" else link
    base = np.array([TO_MARGIN[back](score) for score in _base(learner)], dtype=np.float32)
    base = np.broadcast_to(base, (outputs_of(learner),))
    model, dropped = _model(learner), learner["gradient_booster"].get("weight_drop")
    indptr = model["iteration_indptr"]
    kept = indptr[min(iterations or len(indptr) - 1, len(indptr) - 1)]
    scales = dropped or [1.0] * len(model["trees"])
    trees = [
        _tree(tree, output, scale)
        for tree, output, scale in zip(model["trees"][:kept], model["tree_info"][:kept], scales[:kept], strict=True)
    ]
    return graph_of(trees, base, int(learner["learner_model_param"]["num_feature"]), link, opset)


def _base(learner: Mapping[str, Any]) -> list[float]:
    found = json.loads(learner["learner_model_param"]["base_score"])
    return [float(score) for score in found] if isinstance(found, list) else [float(found)]


def _model(learner: Mapping[str, Any]) -> Mapping[str, Any]:
    booster = learner["gradient_booster"]
    found: Mapping[str, Any] = booster["gbtree"]["model"] if "gbtree" in booster else booster["model"]
    return found


def _tree(tree: Mapping[str, Any], output: int, scale: float) -> Tree:
    """One of XGBoost's trees; a leaf's number stands where a node has its threshold."""
    sets = {}
    for node, start, size in zip(
        tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True
    ):
        sets[int(node)] = [float(code) for code in tree["categories"][start : start + size]]
    return Tree(
        output=int(output),
        feature=tree["split_indices"],
        threshold=tree["split_conditions"],
        left=tree["left_children"],
        right=tree["right_children"],
        default_left=[bool(each) for each in tree["default_left"]],
        leaf=[float(np.float32(each) * np.float32(scale)) for each in tree["split_conditions"]],
        categories=sets,
    )
