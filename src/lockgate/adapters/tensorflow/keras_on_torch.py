"""Keras networks on PyTorch: kept in Keras' own form, loaded in its safe mode, converted by PyTorch's exporter."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lockgate.errors import ModelError

# Keras chooses its backend while it is imported, once for the whole process.
if "keras" not in sys.modules:
    os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch

from lockgate.adapters.tensorflow.console_noise import first_line, quiet
from lockgate.adapters.tensorflow.direct import DirectKerasNetwork, by_name, direct, loaded
from lockgate.adapters.tensorflow.keras_archive import in_float64
from lockgate.domain.measuring.float64_truth import Reference, Thresholds
from lockgate.domain.model.inputs import Input
from lockgate.domain.model.request_rows import TYPES
from lockgate.domain.model.signature import Array

OPSET = 20
BATCH = 4096
PROBABILITIES = "probabilities"
EXPORTER = f"torch.onnx {torch.__version__.partition('+')[0]}, dynamo, of keras {keras.__version__}"


class KerasOnTorch:
    """The network-framework port on Keras with the backend ``torch``."""

    def load(self, path: Path) -> "KerasTorchNetwork":
        """Load without running code of the file's. Raises ``ModelError`` for a file that is not what it says."""
        _demand_backend()
        return KerasTorchNetwork(loaded(path))

    def load_direct(self, path: Path, inputs: Sequence[Input]) -> DirectKerasNetwork:
        """The same for a model that takes the inputs itself. Raises ``ModelError``, for one of other inputs too."""
        _demand_backend()
        return direct(path, inputs, _ask, _export, {"exporter": EXPORTER, "target_opset": str(OPSET)})


def _ask(model: keras.Model, packed: Any) -> Any:
    with torch.no_grad():
        given = keras.tree.map_structure(lambda each: torch.from_numpy(np.ascontiguousarray(each)), packed)
        return keras.tree.map_structure(lambda each: each.cpu().numpy(), model(given, training=False))


def _export(network: DirectKerasNetwork) -> bytes:
    rows = torch.export.Dim("rows", min=1)
    if varying := [each.name for each in network.inputs for axis in each.axes if axis.size is None]:
        hint = "fix it, or let the model run on TensorFlow"
        raise ModelError(
            f"Keras on PyTorch is exported for fixed axes alone, and one of {varying[0]} varies", hint=hint
        )
    shapes = [tuple(axis.size or 1 for axis in each.axes) or (1,) for each in network.inputs]
    example = tuple(
        torch.from_numpy(np.zeros((2, *shape), dtype=TYPES[each.dtype].numpy))
        for each, shape in zip(network.inputs, shapes, strict=True)
    )
    names = [f"input_{place}" for place in range(len(example))]
    answers = [f"output_{place}" for place in range(len(network.outputs()))]
    return _converted(_Direct(network), example, (tuple({0: rows} for _ in example),), names, answers)


class _Direct(torch.nn.Module):  # type: ignore[misc]
    """The model as it serves, with its inputs in a row."""

    def __init__(self, network: DirectKerasNetwork) -> None:
        super().__init__()
        self.model, self.packed = network.model, network.packed
        self.names = [each.name for each in network.inputs]

    def forward(self, *inputs: torch.Tensor) -> Any:
        """Its answers in a row."""
        packed = self.packed(dict(zip(self.names, inputs, strict=True)))
        return tuple(by_name(self.model(packed, training=False)).values())


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
                f"the network does not run on its features: {first_line(error)}",
                hint="preprocessing and network do not belong together: lockgate run",
            ) from error

    def reference(self, features: Array, answers: Array) -> Reference | None:
        """Its answers to float64 ``(rows, features)`` with weights in float64, beside those that it gave."""
        try:
            exact = _predict(in_float64(self._model), features.astype(np.float64))
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
            "exporter": EXPORTER,
            "target_opset": str(OPSET),
            "dynamic_axes": "rows",
            "names": "features, probabilities",
        }

    def to_onnx(self) -> bytes:
        """Convert with PyTorch's exporter: input ``features``, output ``probabilities``. Raises ``ModelError``."""
        example = (torch.zeros(2, self._model.input_shape[-1]),)
        rows = ({0: torch.export.Dim("rows", min=1)},)
        return _converted(_Evaluated(self._model), example, rows, ["features"], [PROBABILITIES])


def _converted(
    module: torch.nn.Module, example: tuple[torch.Tensor, ...], shapes: Any, names: list[str], outputs: Sequence[str]
) -> bytes:
    try:
        with quiet():
            program = torch.export.export(module.eval(), example, dynamic_shapes=shapes, strict=False)
            made = torch.onnx.export(
                program,
                dynamo=True,
                opset_version=OPSET,
                input_names=names,
                output_names=list(outputs),
                verbose=False,
            )
    except Exception as error:
        raise ModelError(
            f"PyTorch cannot export the network to ONNX: {first_line(error)}",
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


def _predict(model: keras.Model, features: Array) -> Array:
    with torch.no_grad():
        parts = [
            model(torch.from_numpy(np.ascontiguousarray(features[start : start + BATCH])), training=False).cpu().numpy()
            for start in range(0, len(features), BATCH)
        ]
    return np.concatenate(parts)
