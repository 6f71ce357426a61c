"""LightGBM models: kept in LightGBM's own text, which holds no code, and converted by onnxmltools."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import onnxmltools
from onnxmltools.convert import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType
from scipy.special import expit, softmax

from lockgate.domain.measuring.float64_truth import Reference, Thresholds, crossing
from lockgate.domain.model.signature import Array
from lockgate.errors import ModelError

OPSET = 15
PROBABILITIES = "probabilities"
_LINE = re.compile(r"^(threshold|leaf_value|split_feature|decision_type)=(.*)$", re.MULTILINE)
_ROUNDED = frozenset({"threshold", "leaf_value"})
CATEGORICAL, ZERO = 1, 1
"""Bits of a decision: the first says that it is of categories, the third and fourth what counts as missing."""
TWO, SEVERAL = "binary", "multiclass"
EXPONENTIAL = ("poisson", "gamma", "tweedie")
PLAIN = ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg")
"""What a model of numbers is trained by: its answer is the sum of leaves, or the exponential of it."""


class LightgbmNetworks:
    """The network-framework port on LightGBM: trees behind preprocessing."""

    def load(self, path: Path) -> "LightgbmNetwork":
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""
        try:
            return LightgbmNetwork(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ModelError(f"{path}: missing", hint="train it: lockgate run") from error
        except (ValueError, lightgbm.basic.LightGBMError) as error:
            raise ModelError(
                f"{path}: not a LightGBM model that is converted: {str(error).strip().splitlines()[0]}",
                hint="save it with lockgate.project.save_lightgbm, and train again: lockgate run",
            ) from error


class LightgbmNetwork:
    """A loaded model: a classifier answers probabilities, another one its numbers."""

    def __init__(self, content: str) -> None:
        if not content.startswith("tree\n"):
            raise ValueError("no model text")
        self._content = content
        self._booster = lightgbm.Booster(model_str=content)
        self._kind, _, self._settings = self._objective().partition(" ")
        _demand_convertible(content, self._kind, self._settings)

    def _objective(self) -> str:
        found = re.search(r"^objective=(.*)$", self._content, re.MULTILINE)
        return found[1] if found else ""

    def predict(self, features: Array) -> Array:
        """Probabilities or values ``(rows, width)`` for float32 ``(rows, features)``; LightGBM computes in float64."""
        try:
            return self._in_columns(np.asarray(self._booster.predict(features.astype(np.float64))))
        except (ValueError, lightgbm.basic.LightGBMError) as error:
            raise ModelError(
                f"the trees do not run on their features: {str(error).strip().splitlines()[0]}",
                hint="preprocessing and trees do not belong together: lockgate run",
            ) from error

    def reference(self, features: Array, answers: Array) -> Reference | None:  # noqa: ARG002 - it is the port's
        """Its answers in float64, and with features, thresholds and leaves in float32 and sums in float32."""
        wide = features.astype(np.float64)
        exact = self._in_columns(np.asarray(self._booster.predict(wide)))
        rounded = self._in_float32(wide.astype(np.float32).astype(np.float64))
        return Reference({PROBABILITIES: exact}, {PROBABILITIES: rounded}, crossing(wide, self.thresholds()))

    def _in_float32(self, features: npt.NDArray[np.float64]) -> Array:
        # The sizes in its head are of the text as it was; without them LightGBM reads one tree after another.
        content = re.sub(r"^tree_sizes=.*\n", "", _LINE.sub(_rounded, self._content), flags=re.MULTILINE)
        booster = lightgbm.Booster(model_str=content)
        total: Any = np.float32(0.0)
        for tree in range(booster.current_iteration()):
            one = booster.predict(features, raw_score=True, start_iteration=tree, num_iteration=1)
            total = total + np.asarray(one).astype(np.float32)
        if self._kind == TWO:
            return self._in_columns(expit(total * np.float32(self._slope())))
        if self._kind == SEVERAL:
            return np.asarray(softmax(total, axis=1))
        return self._in_columns(np.exp(total) if self._kind in EXPONENTIAL else total)

    def _in_columns(self, answer: Array) -> Array:
        if answer.ndim != 1:
            return answer
        return np.column_stack([1 - answer, answer]) if self._kind == TWO else answer.reshape(-1, 1)

    def _slope(self) -> float:
        found = re.search(r"sigmoid:([\d.]+)", self._settings)
        return float(found[1]) if found else 1.0

    def thresholds(self) -> Thresholds:
        """Where the trees divide each feature that is a number."""
        pairs = list(_splits(self._content))
        features = np.concatenate([pair[0] for pair in pairs]) if pairs else np.empty(0, dtype=np.int64)
        values = np.concatenate([pair[1] for pair in pairs]) if pairs else np.empty(0)
        return [np.unique(values[features == column]) for column in range(self._booster.num_feature())]

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return {
            "exporter": f"onnxmltools {onnxmltools.__version__} on lightgbm {lightgbm.__version__}",
            "target_opset": str(OPSET),
            "dynamic_axes": "rows",
            "names": "features, probabilities",
            "zipmap": "no",
        }

    def to_onnx(self) -> bytes:
        """Convert with onnxmltools: input ``features``, output ``probabilities``. Raises ``ModelError``."""
        types = [("features", FloatTensorType([None, self._booster.num_feature()]))]
        try:
            made = convert_lightgbm(self._booster, initial_types=types, target_opset=OPSET, zipmap=False)
        except Exception as error:
            raise ModelError(
                f"onnxmltools cannot convert the trees: {str(error).strip().splitlines()[0]}",
                hint="train with boosting gbdt and without linear trees",
            ) from error
        _with_probabilities_alone(made.graph)
        made.graph.name = "lightgbm"  # the converter's is random
        content: bytes = made.SerializeToString(deterministic=True)
        return content


def _demand_convertible(content: str, kind: str, settings: str) -> None:
    """Raise ``ValueError``, by name, for what the converter gives other answers or none."""
    if kind not in {TWO, SEVERAL, *EXPONENTIAL, *PLAIN}:
        raise ValueError(f"objective {kind!r} is none of {', '.join((TWO, SEVERAL, *EXPONENTIAL, *PLAIN))}")
    if "sqrt" in settings.split():
        raise ValueError("reg_sqrt squares its answers, which is not converted: train on the square root yourself")
    if re.search(r"^is_linear=1$", content, re.MULTILINE):
        raise ValueError("linear_tree has a linear model in each leaf, which is not converted: train without it")
    if any((kinds >> 2 & 3 == ZERO).any() for kinds in _decisions(content)):
        raise ValueError("zero_as_missing takes zeros as missing, which is not converted: make them NaN yourself")
    if re.search(r"^average_output$", content, re.MULTILINE):
        raise ValueError("boosting rf takes the mean of its trees, which is not converted: train with gbdt or dart")


def _decisions(content: str) -> Iterator[npt.NDArray[np.int64]]:
    for line in _LINE.finditer(content):
        if line[1] == "decision_type":
            yield np.array(line[2].split(), dtype=np.int64)


def _with_probabilities_alone(graph: Any) -> None:
    """The numbers as the one output, by the name that networks have for them."""
    (numbers,) = [output for output in graph.output if output.name in {PROBABILITIES, "variable"}]
    for node in graph.node:
        node.output[:] = [PROBABILITIES if name == numbers.name else name for name in node.output]
    numbers.name = PROBABILITIES
    kept = [numbers]
    del graph.output[:]
    graph.output.extend(kept)


def save(model: Any, path: Path) -> None:
    """Write a fitted ``LGBMClassifier``, ``LGBMRegressor``, ``LGBMRanker`` or ``Booster`` as text."""
    booster = getattr(model, "booster_", model)
    if not isinstance(booster, lightgbm.Booster):
        raise ModelError(f"{type(model).__name__} is no LightGBM model", hint="hand over the fitted model itself")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(booster.model_to_string(), encoding="utf-8")


def _rounded(line: re.Match[str]) -> str:
    if line[1] not in _ROUNDED:
        return line[0]
    return f"{line[1]}=" + " ".join(repr(float(np.float32(value))) for value in line[2].split())


def _splits(content: str) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    """Of each tree, the feature and the threshold of every node that compares numbers."""
    parse: dict[str, Callable[[str], Any]] = {"threshold": float}
    for tree in content.split("\nTree=")[1:]:
        lines = {name: np.array([parse.get(name, int)(v) for v in text.split()]) for name, text in _numbers(tree)}
        if lines.get("threshold", np.empty(0)).size:
            numeric = (lines["decision_type"] & CATEGORICAL) == 0
            yield lines["split_feature"][numeric], lines["threshold"][numeric]


def _numbers(tree: str) -> Iterator[tuple[str, str]]:
    for line in _LINE.finditer(tree):
        if line[1] != "leaf_value":
            yield line[1], line[2]
