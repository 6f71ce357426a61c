"""A plain ONNX model that came from elsewhere, with inputs and the outputs that its makers saw."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx

from lockgate.adapters.onnx.graphs.as_exported import AsExported, as_exported
from lockgate.domain.model.request_rows import typed
from lockgate.domain.model.signature import Array, Column, Columns, DType, Output, Outputs, dtype_name
from lockgate.domain.model.task import Task
from lockgate.errors import ModelError

INPUT, OUTPUT = "input:", "output:"


class OnnxModel:
    """The source-model port on a file of answers: the truth is what was stored, for the rows that were stored."""

    def __init__(self, path: Path, stored: Mapping[str, Array], inputs: Sequence[Column], task: Task) -> None:
        self._path, self._task, self._content = path, task, path.read_bytes()
        self._inputs = inputs
        self._made: dict[tuple[Column, ...], AsExported] = {}
        self._outputs = {n.removeprefix(OUTPUT): values for n, values in stored.items() if n.startswith(OUTPUT)}
        columns = {column.name: stored[INPUT + column.name] for column in inputs}
        self._places = {key: row for row, key in enumerate(_keys(columns, inputs))}

    def outputs(self) -> Sequence[Output]:
        """The stored outputs' names, types and shapes."""
        kinds = {"float64": "float32"}
        return [
            Output(name, cast("DType", kinds.get(dtype_name(values), dtype_name(values))), values.shape[1:])
            for name, values in self._outputs.items()
        ]

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """The model as it came, or brought to the form of every export. Raises ``ModelError`` where it cannot be."""
        return self._as_exported(inputs).content

    def adapted(self, inputs: Sequence[Column]) -> Sequence[str]:
        """What was changed of the file."""
        return self._as_exported(inputs).changes

    def _as_exported(self, inputs: Sequence[Column]) -> AsExported:
        """Made once: the file need not stay where it was."""
        wanted = tuple(inputs)
        if wanted not in self._made:
            self._made[wanted] = as_exported(self._path, wanted, self._task)
        return self._made[wanted]

    def predict(self, columns: Columns) -> Outputs:
        """The stored answers to these rows. Raises ``ModelError`` for a row that none was stored for."""
        keys = list(_keys(columns, self._inputs))
        if absent := [row for row, key in enumerate(keys) if key not in self._places]:
            hint = "store answers to every row of the validation and the test table: candidates compete on the one"
            raise ModelError(f"row {absent[0]} has no stored answer", hint=hint)
        rows = np.array([self._places[key] for key in keys], dtype=np.intp)
        return {name: values[rows] for name, values in self._outputs.items()}

    def stored_rows(self) -> int:
        """How many rows have an answer."""
        return len(self._places)

    def exporter(self) -> Mapping[str, str]:
        """Nothing was exported here."""
        model = onnx.load_from_string(self._content)
        return {"exporter": f"{model.producer_name or 'unknown'} {model.producer_version}".strip(), "source": "stored"}


def load(path: Path, reference: Path, inputs: Sequence[Column], task: Task) -> OnnxModel:
    """A model and its stored answers, ``.npz`` with ``input:<name>`` and ``output:<name>``. Raises ``ModelError``."""
    try:
        with np.load(reference, allow_pickle=False) as archive:
            stored = {name: _plain(archive[name]) for name in archive.files}
        return OnnxModel(path, stored, inputs, task)
    except FileNotFoundError as error:
        raise ModelError(f"{error.filename}: missing", hint="the hand-over names it: lockgate run") from error
    except (ValueError, KeyError, OSError, EOFError) as error:
        raise ModelError(
            f"{reference}: not stored answers: {error}", hint="write it with lockgate.project.save_reference"
        ) from error


def save(inputs: Columns, outputs: Outputs, path: Path) -> None:
    """Write ``(rows,)`` inputs and ``(rows, ...)`` outputs of a model that cannot be run here."""
    arrays = {INPUT + name: _storable(values) for name, values in inputs.items()}
    arrays |= {OUTPUT + name: _storable(values) for name, values in outputs.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, allow_pickle=False, **cast("Mapping[str, Any]", arrays))


def _storable(values: Array) -> Array:
    return values.astype(np.str_) if dtype_name(values) == "string" else values


def _plain(values: Array) -> Array:
    return values.astype(object) if dtype_name(values) == "string" else values


def _keys(columns: Columns, inputs: Sequence[Column]) -> Iterator[tuple[object, ...]]:
    """What tells rows apart: text as it is, numbers by their bytes, since NaN is not equal to itself."""
    parts: list[Sequence[object]] = []
    for column in inputs:
        values = columns[column.name]
        if column.dtype == "string":
            parts.append([str(value) for value in values])
        else:
            parts.append([value.tobytes() for value in typed(column.name, values, column.dtype)])
    return zip(*parts, strict=True)
