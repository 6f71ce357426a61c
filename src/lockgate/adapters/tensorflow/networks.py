"""Keras networks on TensorFlow: kept in Keras' own form, loaded in its safe mode, converted by tf2onnx."""

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

# TensorFlow reads these while it is imported: no word of missing GPUs on the console, and sums in one order everywhere.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf
import tf2onnx

from lockgate.adapters.tensorflow.archive import stable
from lockgate.domain.reference import Reference, Thresholds
from lockgate.domain.signature import Array
from lockgate.errors import ModelError

OPSET = 18
PROBABILITIES = "probabilities"
BATCH = 4096


class KerasNetworks:
    """The network-framework port on Keras."""

    def load(self, path: Path) -> "KerasNetwork":
        """Load without running code of the file's. Raises ``ModelError`` for a file that is not what it says."""
        if not path.exists():
            raise ModelError(f"{path}: missing", hint="train it: lockgate run")
        try:
            with _quiet():
                return KerasNetwork(keras.saving.load_model(path, compile=False, safe_mode=True))
        except Exception as error:
            raise ModelError(
                f"{path}: not a Keras model that can be loaded safely: {_first_line(error)}",
                hint="save it with lockgate.project.save_keras, without Lambda layers: lockgate run",
            ) from error


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
                f"the network does not run on its features: {_first_line(error)}",
                hint="preprocessing and network do not belong together: lockgate run",
            ) from error

    def reference(self, features: Array, answers: Array) -> Reference | None:
        """Its answers to float64 ``(rows, features)`` with weights in float64, beside those that it gave."""
        try:
            with _quiet():
                model = _in_float64(self._model)
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
        width = self._model.input_shape[-1]

        # from_keras fails on Sequential models; a function of any model converts.
        signature = [tf.TensorSpec((None, width), tf.float32, name="features")]
        answer = tf.function(lambda features: {"probabilities": self._model(features, training=False)}, signature)

        try:
            with _quiet():
                made, _ = tf2onnx.convert.from_function(answer, signature, opset=OPSET)
        except Exception as error:
            raise ModelError(
                f"tf2onnx cannot convert the network: {_first_line(error)}",
                hint="it names the operator; replace it, or write the layer otherwise",
            ) from error
        content: bytes = made.SerializeToString(deterministic=True)
        return content


def _predict(model: keras.Model, features: Array) -> Array:
    parts = [model(features[start : start + BATCH], training=False).numpy() for start in range(0, len(features), BATCH)]
    return np.concatenate(parts)


def _in_float64(model: keras.Model) -> keras.Model:
    """The same model with every layer and every weight in float64; plain cloning would stay in float32."""

    def layer_in_float64(layer: keras.Layer) -> keras.Layer:
        return layer.__class__.from_config({**layer.get_config(), "dtype": "float64"})

    made = keras.models.clone_model(model, clone_function=layer_in_float64)
    made.set_weights(model.get_weights())
    return made


def save(model: object, path: Path) -> None:
    """Write a trained Keras model; equal models give equal bytes."""
    if not isinstance(model, keras.Model):
        raise ModelError(f"{type(model).__name__} is no keras.Model", hint="hand over the trained network itself")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _quiet():
        written = Path(folder) / "network.keras"
        model.save(written)
        path.write_bytes(stable(written))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
