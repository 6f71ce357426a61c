"""An ONNX file that was handed over alone: there is no trained model, and nobody stored what it answered."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lockgate.adapters.onnx.graphs.as_exported import AsExported, answered, as_exported, session_of
from lockgate.adapters.onnx.graphs.confined import load as load_model
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Column, Columns, Output, Outputs, answer_names
from lockgate.domain.model.task import Task


class HandedOver:
    """The source-model port on the file itself, which is all that there is."""

    def __init__(self, path: Path, inputs: Sequence[Column], task: Task) -> None:
        self._path, self._inputs, self._task = path, tuple(inputs), task
        self._producer = ""
        self._made: dict[tuple[Column, ...], AsExported] = {}

    @classmethod
    def load(cls, path: Path, inputs: Sequence[Column], task: Task) -> "HandedOver":
        """Read, and brought to the form of every export. Raises ``ModelError`` for one that cannot be."""
        model = cls(path, inputs, task)
        model._as_exported(model._inputs)
        made = load_model(path)
        model._producer = f"{made.producer_name or 'unknown'} {made.producer_version}".strip()
        return model

    def _as_exported(self, inputs: Sequence[Column]) -> AsExported:
        wanted = tuple(inputs)
        if wanted not in self._made:
            self._made[wanted] = as_exported(self._path, wanted, self._task)
        return self._made[wanted]

    def outputs(self) -> Sequence[Output]:
        """The label, where the task has one, and a number for each of its columns."""
        numbers = Output(self._task.output, "float32", (self._task.width,))
        return (Output("label", "string"), numbers) if self._task.labelled else (numbers,)

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """The file in that form. Raises ``ModelError`` where it takes other inputs."""
        return self._as_exported(inputs).content

    def adapted(self, inputs: Sequence[Column]) -> Sequence[str]:
        """What was changed of it."""
        return self._as_exported(inputs).changes

    def predict(self, columns: Columns) -> Outputs:
        """Its own answers, in ONNX Runtime."""
        session = session_of(self.to_onnx(self._inputs), self._path)
        found = answered(session, Inputs.of(columns, self._inputs).fed(), self._path)
        label, numbers = answer_names(self._inputs, self._task)
        named = {"label": label, self._task.output: numbers} if self._task.labelled else {self._task.output: numbers}
        return {name: found[own] for name, own in named.items()}

    def without_source(self) -> str:
        """Nothing else answers what it answers."""
        return "an ONNX file was handed over without a trained model and without stored answers"

    def exporter(self) -> Mapping[str, str]:
        """Who made the file, and what was changed of it."""
        told = {"exporter": self._producer, "source": "none"}
        changes = self._as_exported(self._inputs).changes
        return {**told, "adapted": "; ".join(changes)} if changes else told
