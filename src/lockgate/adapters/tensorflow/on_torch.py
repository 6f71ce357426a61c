"""Keras networks on PyTorch: kept in Keras' own form, loaded in its safe mode, converted by PyTorch's exporter."""

import contextlib
import io
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

from lockgate.errors import ModelError

# Keras chooses its backend while it is imported, once for the whole process.
if "keras" not in sys.modules:
    os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch

from lockgate.adapters.tensorflow.archive import stable
from lockgate.domain.reference import Reference, Thresholds
from lockgate.domain.signature import Array

OPSET = 20
BATCH = 4096
PROBABILITIES = "probabilities"


class KerasOnTorch:
    """The network-framework port on Keras with the backend ``torch``."""

    def load(self, path: Path) -> "KerasTorchNetwork":
        """Load without running code of the file's. Raises ``ModelError`` for a file that is not what it says."""
        _demand_backend()
        if not path.exists():
            raise ModelError(f"{path}: missing", hint="train it: lockgate run")
        try:
            with _quiet():
                return KerasTorchNetwork(keras.saving.load_model(path, compile=False, safe_mode=True))
        except Exception as error:
            raise ModelError(
                f"{path}: not a Keras model that can be loaded safely: {_first_line(error)}",
                hint="save it with lockgate.project.save_keras, without Lambda layers: lockgate run",
            ) from error


def _demand_backend() -> None:
    if keras.backend.backend() != "torch":
        raise ModelError(
            f"Keras runs on {keras.backend.backend()} in this process",
            hint="one process has one backend: set KERAS_BACKEND=torch, and do not import keras on TensorFlow",
        )


class KerasTorchNetwork:
    """A loaded model on the CPU."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model

    def predict(self, features: Array) -> Array:
        """Probabilities ``(rows, classes)`` for float32 ``(rows, features)``, in float32 as trained."""
        try:
            return _predict(self._model, features)
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"the network does not run on its features: {_first_line(error)}",
                hint="preprocessing and network do not belong together: lockgate run",
            ) from error

    def reference(self, features: Array, answers: Array) -> Reference | None:
        """Its answers to float64 ``(rows, features)`` with weights in float64, beside those that it gave."""
        try:
            exact = _predict(_in_float64(self._model), features.astype(np.float64))
        except (ValueError, TypeError, RuntimeError):  # a layer that knows no float64
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
            "exporter": f"torch.onnx {torch.__version__.partition('+')[0]}, dynamo, of keras {keras.__version__}",
            "target_opset": str(OPSET),
            "dynamic_axes": "rows",
            "names": "features, probabilities",
        }

    def to_onnx(self) -> bytes:
        """Convert with PyTorch's exporter: input ``features``, output ``probabilities``. Raises ``ModelError``."""
        example = (torch.zeros(2, self._model.input_shape[-1]),)
        rows = ({0: torch.export.Dim("rows", min=1)},)
        try:
            with _quiet():
                module = _Evaluated(self._model).eval()
                program = torch.export.export(module, example, dynamic_shapes=rows, strict=False)
                made = torch.onnx.export(
                    program,
                    dynamo=True,
                    opset_version=OPSET,
                    input_names=["features"],
                    output_names=[PROBABILITIES],
                    verbose=False,
                )
        except Exception as error:
            raise ModelError(
                f"PyTorch cannot export the network to ONNX: {_first_line(error)}",
                hint="its exporter names the operator; replace it, or write the layer otherwise",
            ) from error
        content: bytes = made.model_proto.SerializeToString(deterministic=True)
        return content


class _Evaluated(torch.nn.Module):  # type: ignore[misc]
    """The model as it serves: dropout and batch normalisation are told so in the call."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Probabilities."""
        answer: torch.Tensor = self.model(features, training=False)
        return answer


def save(model: object, path: Path) -> None:
    """Write a trained Keras model; equal models give equal bytes."""
    if not isinstance(model, keras.Model):
        raise ModelError(f"{type(model).__name__} is no keras.Model", hint="hand over the trained network itself")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _quiet():
        written = Path(folder) / "network.keras"
        model.save(written)
        path.write_bytes(stable(written))


def _predict(model: keras.Model, features: Array) -> Array:
    with torch.no_grad():
        parts = [
            model(torch.from_numpy(np.ascontiguousarray(features[start : start + BATCH])), training=False).cpu().numpy()
            for start in range(0, len(features), BATCH)
        ]
    return np.concatenate(parts)


def _in_float64(model: keras.Model) -> keras.Model:
    def layer_in_float64(layer: keras.Layer) -> keras.Layer:
        return layer.__class__.from_config({**layer.get_config(), "dtype": "float64"})

    made = keras.models.clone_model(model, clone_function=layer_in_float64)
    made.set_weights(model.get_weights())
    return made


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
