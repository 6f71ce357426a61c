"""XGBoost models: kept in XGBoost's own JSON or UBJSON, which hold no code, and converted to ONNX.

Classifiers of trees go through onnxmltools. It has no form for several outputs, quantiles, rankers and dropped trees,
and gives some of them wrong answers: these are converted here, from XGBoost's own JSON.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxmltools
import xgboost
from onnxmltools.convert import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from lockgate.adapters.trees.xgboost_trees import converted, demand_trees, learner_of, outputs_of
from lockgate.domain.measuring.float64_truth import Reference, Thresholds
from lockgate.domain.model.signature import Array
from lockgate.errors import ModelError

OPSET = 15
PROBABILITIES = "probabilities"
CLASSIFIERS = ("binary:logistic", "multi:softprob", "multi:softmax")
MODELS = (xgboost.XGBClassifier, xgboost.XGBRegressor, xgboost.XGBRanker)


class XgboostNetworks:
    """The network-framework port on XGBoost: trees behind preprocessing."""

    def load(self, path: Path) -> "XgboostNetwork":
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""
        try:
            return XgboostNetwork(path.read_bytes())
        except FileNotFoundError as error:
            raise ModelError(f"{path}: missing", hint="train it: lockgate run") from error
        except (ValueError, TypeError, KeyError, xgboost.core.XGBoostError) as error:
            raise ModelError(
                f"{path}: not an XGBoost model of trees: {str(error).strip().splitlines()[0]}",
                hint="save it with lockgate.project.save_xgboost, and train again: lockgate run",
            ) from error


class XgboostNetwork:
    """A loaded model: a classifier answers probabilities, another one its numbers."""

    def __init__(self, content: bytes) -> None:
        if not content.startswith(b"{"):
            raise ValueError("neither JSON nor UBJSON")
        self._booster = xgboost.Booster()
        self._booster.load_model(bytearray(content))
        self._learner = learner_of(self._booster)
        demand_trees(self._learner)
        several = int(self._learner["learner_model_param"]["num_target"]) > 1
        self._model: Any = None
        if self._learner["objective"]["name"] in CLASSIFIERS and not several:
            self._model = xgboost.XGBClassifier()
            self._model.load_model(bytearray(content))

    def predict(self, features: Array) -> Array:
        """Probabilities or values ``(rows, width)`` for float32 ``(rows, features)``; XGBoost computes in float32."""
        try:
            if self._model is not None:
                answer: Array = self._model.predict_proba(features)
                return answer
            matrix = xgboost.DMatrix(features, feature_types=self._booster.feature_types, enable_categorical=True)
            found = self._booster.predict(matrix, iteration_range=(0, self._iterations() or 0))
        except (ValueError, xgboost.core.XGBoostError) as error:
            raise ModelError(
                f"the trees do not run on their features: {str(error).strip().splitlines()[0]}",
                hint="preprocessing and trees do not belong together: lockgate run",
            ) from error
        return np.asarray(found).reshape(len(features), outputs_of(self._learner))

    def _iterations(self) -> int | None:
        """How many rounds answer, where training ended early; ``None``: all."""
        best = self._booster.attributes().get("best_iteration")
        return None if best is None else int(best) + 1

    def reference(self, features: Array, answers: Array) -> Reference | None:  # noqa: ARG002 - it is the port's
        """None: XGBoost has no way in float64."""
        return None

    def thresholds(self) -> Thresholds:
        """Where the trees divide each feature that is a number."""
        table = self._booster.trees_to_dataframe()
        inner = table[(table["Feature"] != "Leaf") & table["Split"].notna()]
        names = self._booster.feature_names or [f"f{column}" for column in range(self._booster.num_features())]
        return [np.unique(inner.loc[inner["Feature"] == name, "Split"].to_numpy(np.float64)) for name in names]

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        converter = f"onnxmltools {onnxmltools.__version__}" if self._through_onnxmltools() else "lockgate"
        return {
            "exporter": f"{converter} on xgboost {xgboost.__version__}",
            "target_opset": str(OPSET),
            "dynamic_axes": "rows",
            "names": "features, probabilities",
        }

    def _through_onnxmltools(self) -> bool:
        return self._model is not None and self._learner["gradient_booster"]["name"] == "gbtree"

    def to_onnx(self) -> bytes:
        """Convert: input ``features``, output ``probabilities``. Raises ``ModelError``."""
        if not self._through_onnxmltools():
            return converted(self._learner, self._iterations(), OPSET, classes=self._model is not None)
        types = [("features", FloatTensorType([None, self._booster.num_features()]))]
        try:
            made = convert_xgboost(self._model, initial_types=types, target_opset=OPSET)
        except Exception as error:
            raise ModelError(
                f"onnxmltools cannot convert the trees: {str(error).strip().splitlines()[0]}",
                hint="train with booster gbtree and a classifier's objective",
            ) from error
        return _with_probabilities_alone(made)


def _with_probabilities_alone(made: Any) -> bytes:
    """The graph without its label, which Lockgate adds by the class's own name."""
    kept = [output for output in made.graph.output if output.name == PROBABILITIES]
    del made.graph.output[:]
    made.graph.output.extend(kept)
    if all(entry.domain for entry in made.opset_import):
        made.opset_import.add(domain="", version=OPSET)
    content: bytes = made.SerializeToString(deterministic=True)
    return content


def save(model: Any, path: Path) -> None:
    """Write a fitted ``XGBClassifier``, ``XGBRegressor`` or ``XGBRanker`` in UBJSON."""
    if not isinstance(model, MODELS):
        raise ModelError(
            f"{type(model).__name__} is no XGBClassifier, XGBRegressor or XGBRanker",
            hint="hand over the fitted model itself",
        )
    if not math.isnan(model.missing):
        # XGBoost's own file does not say it: what is read back would take such a number as one.
        raise ModelError(
            f"the model takes {model.missing:g} as missing, and its file does not say so",
            hint="make it NaN in the preprocessing (SimpleImputer, FunctionTransformer), and leave `missing` as it is",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(model.get_booster().save_raw("ubj")))
