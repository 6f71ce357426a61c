"""Keras networks that take their inputs themselves, on whichever backend: by the names that the model gives them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import keras
import numpy as np

from lockgate.adapters.tensorflow.console_noise import first_line, quiet
from lockgate.adapters.tensorflow.keras_archive import in_float64
from lockgate.domain.model.inputs import Input
from lockgate.domain.model.signature import Array, DType, Output
from lockgate.domain.names import listed
from lockgate.errors import ModelError

BATCH = 1024
NAMES = "name them as inputs() does: keras.Input(shape, name=...); a column is keras.Input((1,), name=...)"
Ask: TypeAlias = Callable[[keras.Model, Any], Any]
"""Asks a model inputs in its own structure, as NumPy arrays, and gives answers in the structure of its own."""
Export: TypeAlias = Callable[["DirectKerasNetwork"], bytes]
"""Converts a network to ONNX, as the port of networks says."""


class DirectKerasNetwork:
    """A loaded model that takes each input as the graph does: a tensor, or a column as ``(rows, 1)``."""

    def __init__(
        self, model: keras.Model, inputs: Sequence[Input], ask: Ask, export: Export, settings: Mapping[str, str]
    ) -> None:
        """Raises ``ValueError`` for a model of other inputs, or that answers no tensors by name."""
        self.model, self.inputs = model, tuple(inputs)
        self._ask, self._export, self._settings = ask, export, settings
        self._names = _names(model, self.inputs)
        self._outputs = tuple(_output(name, value) for name, value in by_name(model.output).items())

    def outputs(self) -> Sequence[Output]:
        """What it answers, by name; one tensor alone has none."""
        return self._outputs

    def packed(self, values: Mapping[str, Any]) -> Any:
        """Values by the inputs' names in the structure that the model takes."""
        return keras.tree.pack_sequence_as(self.model.input, [values[name] for name in self._names])

    def predict(self, fed: Mapping[str, Array]) -> Mapping[str, Array]:
        """Its answers to inputs as a graph takes them, in float32 as trained. Raises ``ModelError``."""
        try:
            return self._answers(self.model, fed)
        except (ValueError, RuntimeError, TypeError, ArithmeticError) as error:
            raise ModelError(f"the network does not run on its inputs: {first_line(error)}", hint=NAMES) from error

    def exact(self, fed: Mapping[str, Array]) -> Mapping[str, Array] | None:
        """The same with floats and weights in float64; ``None`` where a layer knows no float64."""
        wide = {name: each.astype(np.float64) if each.dtype.kind == "f" else each for name, each in fed.items()}
        try:
            with quiet():
                found = self._answers(in_float64(self.model), wide)
        except (ValueError, RuntimeError, TypeError, ArithmeticError):
            return None
        return found if all(each.dtype == np.float64 for each in found.values() if each.dtype.kind == "f") else None

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return {**self._settings, "names": listed(each.name for each in self.inputs)}

    def to_onnx(self) -> bytes:
        """Convert: ``input_0``, ``output_0`` and so on. Raises ``ModelError``."""
        return self._export(self)

    def _answers(self, model: keras.Model, fed: Mapping[str, Array]) -> dict[str, Array]:
        rows = len(next(iter(fed.values())))
        parts = [
            by_name(self._ask(model, self.packed({name: each[start : start + BATCH] for name, each in fed.items()})))
            for start in range(0, rows or 1, BATCH)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def loaded(path: Path) -> keras.Model:
    """A model, without running code of the file's. Raises ``ModelError`` for a file that is not what it says."""
    if not path.exists():
        raise ModelError(f"{path}: missing", hint="train it: lockgate run")
    try:
        with quiet():
            return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise ModelError(
            f"{path}: not a Keras model that can be loaded safely: {first_line(error)}",
            hint="save it with lockgate.project.save_keras, without Lambda layers: lockgate run",
        ) from error


def direct(
    path: Path, inputs: Sequence[Input], ask: Ask, export: Export, settings: Mapping[str, str]
) -> DirectKerasNetwork:
    """A model that takes these inputs itself. Raises ``ModelError`` as ``loaded``, and for one of other inputs."""
    model = loaded(path)
    try:
        return DirectKerasNetwork(model, inputs, ask, export, settings)
    except (ValueError, AttributeError) as error:
        raise ModelError(f"{path}: {first_line(error)}", hint=NAMES) from error


def by_name(found: Any) -> dict[str, Any]:
    """Raises ``ValueError`` for what is neither one value nor a dict of them."""
    if isinstance(found, dict) and found and not any(isinstance(each, dict | list | tuple) for each in found.values()):
        return {str(name): value for name, value in found.items()}
    if isinstance(found, dict | list | tuple):
        raise ValueError(  # noqa: TRY004 - of the file, not of a caller
            f"it answers a {type(found).__name__}; give keras.Model one output, or a dict of them by name"
        )
    return {"": found}


def _names(model: keras.Model, inputs: Sequence[Input]) -> tuple[str, ...]:
    """The signature's name of each input of the model, in the model's order."""
    theirs = [str(each.name) for each in keras.tree.flatten(model.input)]
    ours = [each.name for each in inputs]
    if sorted(theirs) == sorted(ours):
        return tuple(theirs)
    if len(theirs) == len(ours) == 1:
        return tuple(ours)
    raise ValueError(f"its inputs are {listed(theirs)}, and those of the signature {listed(ours)}")


def _output(name: str, value: Any) -> Output:
    """Raises ``ValueError`` for an axis that varies beside that of the rows."""
    shape = tuple(value.shape)[1:]
    if any(size is None for size in shape):
        told = name or "alone"
        raise ValueError(f"its output {told} has an axis that varies; an output has a fixed shape for each row")
    return Output(name, cast("DType", keras.backend.standardize_dtype(value.dtype)), tuple(map(int, shape)))
