"""A framework of fake models."""

from collections.abc import Sequence
from pathlib import Path

from lockgate.domain.model.signature import Column, Columns, Output, Outputs
from lockgate.domain.model.task import Task
from lockgate.errors import ModelError
from lockgate.testing.fakes.making.logistic_model import LogisticModel


class FakeSourceModel:
    """A fake model as its framework sees it: answers in float64."""

    def __init__(self, model: LogisticModel, content: bytes) -> None:
        self._model = model
        self._content = content

    def outputs(self) -> Sequence[Output]:
        """Those of its task."""
        return self._model.outputs()

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """The same bytes, which ``FakeRuntime`` opens. Raises ``ModelError`` for other inputs."""
        if tuple(column.name for column in inputs) != self._model.inputs:
            raise ModelError(f"the fake model takes {', '.join(self._model.inputs)}")
        return self._content

    def predict(self, columns: Columns) -> Outputs:
        """The model's own answers, numbers in float64."""
        return self._model.answer(columns)


class FakeFramework:
    """Loads what ``fake_model`` makes."""

    def load(self, path: Path, inputs: Sequence[Column], task: Task) -> FakeSourceModel:
        """Raises ``ModelError`` for a file that is no fake model, or one of other inputs or another task."""
        model = LogisticModel.read(path)
        other = (model.kind, model.task.columns) != (task.kind, task.columns)
        if other or model.inputs != tuple(column.name for column in inputs):
            raise ModelError(f"{path}: a fake model of other inputs or another task")
        return FakeSourceModel(model, path.read_bytes())
