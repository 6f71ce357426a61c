"""XGBoost classifiers: kept in XGBoost's own JSON or UBJSON, which hold no code, and converted by onnxmltools."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxmltools
import xgboost
from onnxmltools.convert import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from lockgate.domain.measuring.float64_truth import Reference, Thresholds
from lockgate.domain.model.signature import Array
from lockgate.errors import ModelError

OPSET = 15
PROBABILITIES = "probabilities"


class XgboostNetworks:
    """The network-framework port on XGBoost: trees behind preprocessing."""

    def load(self, path: Path) -> "XgboostNetwork":
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""
        try:
            return XgboostNetwork(path.read_bytes())
        except FileNotFoundError as error:
            raise ModelError(f"{path}: missing", hint="train it: lockgate run") from error
        except (ValueError, TypeError, xgboost.core.XGBoostError) as error:
            raise ModelError(
                f"{path}: not an XGBoost classifier: {str(error).strip().splitlines()[0]}",
                hint="save it with lockgate.project.save_xgboost, and train again: lockgate run",
            ) from error


class XgboostNetwork:
    """A loaded classifier."""

    def __init__(self, content: bytes) -> None:
        if not content.startswith(b"{"):
            raise ValueError("neither JSON nor UBJSON")
        self._model = xgboost.XGBClassifier()
        self._model.load_model(bytearray(content))
        self._booster = self._model.get_booster()

    def predict(self, features: Array) -> Array:
        """Probabilities ``(rows, classes)`` for float32 ``(rows, features)``; XGBoost computes in float32."""
        try:
            answer: Array = self._model.predict_proba(features)
        except (ValueError, xgboost.core.XGBoostError) as error:
            raise ModelError(
                f"the trees do not run on their features: {str(error).strip().splitlines()[0]}",
                hint="preprocessing and trees do not belong together: lockgate run",
            ) from error
        return answer

    def reference(self, features: Array, answers: Array) -> Reference | None:  # noqa: ARG002 - it is the port's
        """None: XGBoost has no way in float64."""
        return None

    def thresholds(self) -> Thresholds:
        """Where the trees divide each feature."""
        table = self._booster.trees_to_dataframe()
        inner = table[table["Feature"] != "Leaf"]
        names = self._booster.feature_names or [f"f{column}" for column in range(self._booster.num_features())]
        return [np.unique(inner.loc[inner["Feature"] == name, "Split"].to_numpy(np.float64)) for name in names]

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return {
            "exporter": f"onnxmltools {onnxmltools.__version__} on xgboost {xgboost.__version__}",
            "target_opset": str(OPSET),
            "dynamic_axes": "rows",
            "names": "features, probabilities",
        }

    def to_onnx(self) -> bytes:
        """Convert with onnxmltools: input ``features``, output ``probabilities``. Raises ``ModelError``."""
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
    """Write a fitted ``XGBClassifier`` in UBJSON."""
    if not isinstance(model, xgboost.XGBClassifier):
        raise ModelError(f"{type(model).__name__} is no XGBClassifier", hint="hand over the fitted classifier itself")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(model.get_booster().save_raw("ubj")))
