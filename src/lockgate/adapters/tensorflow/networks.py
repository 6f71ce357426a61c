"""Keras networks on TensorFlow: kept in Keras' own form, loaded in its safe mode, converted by tf2onnx."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# TensorFlow reads these while it is imported: no word of missing GPUs on the console, and sums in one order everywhere.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf
import tf2onnx

from lockgate.adapters.tensorflow.console_noise import first_line, quiet
from lockgate.adapters.tensorflow.direct import DirectKerasNetwork, by_name, direct, loaded
from lockgate.adapters.tensorflow.keras_archive import in_float64
from lockgate.adapters.tensorflow.onnx_export import OPSET, convert, convert_direct
from lockgate.domain.measuring.float64_truth import Reference, Thresholds
from lockgate.domain.model.inputs import Input
from lockgate.domain.model.signature import Array
from lockgate.errors import ModelError

PROBABILITIES = "probabilities"
BATCH = 4096


class KerasNetworks:
    """The network-framework port on Keras."""

    def load(self, path: Path) -> "KerasNetwork":
        """Load without running code of the file's. Raises ``ModelError`` for a file that is not what it says."""
        return KerasNetwork(loaded(path))

    def load_direct(self, path: Path, inputs: Sequence[Input]) -> DirectKerasNetwork:
        """The same for a model that takes the inputs itself. Raises ``ModelError``, for one of other inputs too."""
        settings = {"exporter": f"tf2onnx {tf2onnx.__version__}", "target_opset": str(OPSET), "dynamic_axes": "rows"}
        return direct(path, inputs, _ask, _export, settings)


def _ask(model: keras.Model, packed: Any) -> Any:
    try:
        return keras.tree.map_structure(lambda each: each.numpy(), model(packed, training=False))
    except tf.errors.OpError as error:
        raise ValueError(first_line(error)) from error


def _export(network: DirectKerasNetwork) -> bytes:
    def answer(values: Sequence[Any]) -> Sequence[Any]:
        named = {each.name: value for each, value in zip(network.inputs, values, strict=True)}
        return [*by_name(network.model(network.packed(named), training=False)).values()]

    return convert_direct(answer, network.inputs)


class KerasNetwork:
    """A loaded model."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model

    def predict(self, features: Array) -> Array:
        """Probabilities ``(rows, classes)`` for float32 ``(rows, features)``, in float32 as trained."""
        try:
            return _predict(self._model, features)
        except (ValueError, tf.errors.InvalidArgumentError) as error:
            raise ModelError(
                f"the network does not run on its features: {first_line(error)}",
                hint="preprocessing and network do not belong together: lockgate run",
            ) from error

    def reference(self, features: Array, answers: Array) -> Reference | None:
        """Its answers to float64 ``(rows, features)`` with weights in float64, beside those that it gave."""
        try:
            with quiet():
                model = in_float64(self._model)
                exact = _predict(model, features.astype(np.float64))
        except (ValueError, TypeError, tf.errors.InvalidArgumentError):  # a layer that knows no float64
            return None
        if exact.dtype != np.float64:
            return None
        return Reference({PROBABILITIES: exact}, {PROBABILITIES: answers}, np.zeros(len(exact), dtype=np.bool_))

    def thresholds(self) -> Thresholds:
        """None: a network has no trees."""
        return ()

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return {
            "exporter": f"tf2onnx {tf2onnx.__version__}",
            "target_opset": str(OPSET),
            "dynamic_axes": "rows",
            "names": "features, probabilities",
        }

    def to_onnx(self) -> bytes:
        """Convert with tf2onnx: input ``features``, output ``probabilities``. Raises ``ModelError``."""
        return convert(lambda features: self._model(features, training=False), self._model.input_shape[-1])


def _predict(model: keras.Model, features: Array) -> Array:
    parts = [model(features[start : start + BATCH], training=False).numpy() for start in range(0, len(features), BATCH)]
    return np.concatenate(parts)
