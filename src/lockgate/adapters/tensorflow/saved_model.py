"""TensorFlow SavedModels: a folder with a graph and weights, of which the serving signature is what counts."""

import os
from collections.abc import Mapping
from pathlib import Path

from lockgate.domain.names import listed

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import tensorflow as tf
import tf2onnx
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from lockgate.adapters.tensorflow.console_noise import first_line, quiet
from lockgate.adapters.tensorflow.onnx_export import OPSET, convert
from lockgate.domain.measuring.float64_truth import Reference, Thresholds
from lockgate.domain.model.signature import Array
from lockgate.errors import ModelError

BATCH = 4096
SIGNATURE = "serving_default"
FORBIDDEN = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc", "ReadFile", "WriteFile", "LoadLibrary"})


class SavedModels:
    """The network-framework port on SavedModels: features to probabilities by the serving signature."""

    def load(self, path: Path) -> "SavedModel":
        """Load a folder. Raises ``ModelError`` for one that is not what it says, or whose graph reaches for files."""
        try:
            _demand_harmless((path / "saved_model.pb").read_bytes())
            with quiet():
                return SavedModel(tf.saved_model.load(str(path)))
        except FileNotFoundError as error:
            raise ModelError(f"{path}: no saved_model.pb", hint="train it: lockgate run") from error
        except (DecodeError, ValueError, KeyError, OSError, tf.errors.OpError) as error:
            raise ModelError(
                f"{path}: not a SavedModel from features to probabilities: {first_line(error)}",
                hint=f"export it with one input and one output in the signature {SIGNATURE}: lockgate run",
            ) from error


def _demand_harmless(content: bytes) -> None:
    """Raise ``ValueError`` for operators that run Python or touch files, before TensorFlow sees the graph."""
    graphs = saved_model_pb2.SavedModel.FromString(content).meta_graphs
    for graph in graphs:
        inner = [node.op for function in graph.graph_def.library.function for node in function.node_def]
        if found := FORBIDDEN & {*inner, *(node.op for node in graph.graph_def.node)}:
            raise ValueError(f"its graph holds {listed(sorted(found))}")


class SavedModel:
    """A loaded serving signature."""

    def __init__(self, loaded: object) -> None:
        self._loaded = loaded  # the signature does not keep its weights alive
        self._function = loaded.signatures[SIGNATURE]  # type: ignore[attr-defined]
        (self._input,) = self._function.structured_input_signature[1]
        (self._output,) = self._function.structured_outputs

    def predict(self, features: Array) -> Array:
        """Probabilities ``(rows, classes)`` for float32 ``(rows, features)``, in float32 as trained."""
        parts = [self._ask(tf.constant(features[start : start + BATCH])) for start in range(0, len(features), BATCH)]
        return np.concatenate(parts)

    def _ask(self, features: object) -> Array:
        try:
            answer: Array = self._function(**{self._input: features})[self._output].numpy()
        except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
            raise ModelError(
                f"the network does not run on its features: {first_line(error)}",
                hint="preprocessing and network do not belong together: lockgate run",
            ) from error
        return answer

    def reference(self, features: Array, answers: Array) -> Reference | None:  # noqa: ARG002 - it is the port's
        """None: a SavedModel's graph is fixed in float32."""
        return None

    def thresholds(self) -> Thresholds:
        """None: a network has no trees."""
        return ()

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return {
            "exporter": f"tf2onnx {tf2onnx.__version__}",
            "target_opset": str(OPSET),
            "dynamic_axes": "rows",
            "names": f"features for {self._input}, probabilities for {self._output}",
        }

    def to_onnx(self) -> bytes:
        """Convert with tf2onnx: input ``features``, output ``probabilities``. Raises ``ModelError``."""
        width = self._function.structured_input_signature[1][self._input].shape[-1]
        return convert(lambda features: self._function(**{self._input: features})[self._output], width)
