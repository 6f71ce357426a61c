"""A runtime that opens fake models."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lockgate.domain.measuring.run_conditions import AS_SERVED, CPU, RunCondition
from lockgate.domain.model.signature import Columns, Outputs, Signature
from lockgate.errors import ModelError
from lockgate.ports import Contestant
from lockgate.testing.fakes.making.logistic_model import LogisticModel


class FakeSession:
    """A fake model, loaded to serve: answers in float32."""

    def __init__(self, model: LogisticModel) -> None:
        self._model = model

    def input_names(self) -> Sequence[str]:
        """The names of the model's inputs."""
        return self._model.inputs

    def run(self, columns: Columns) -> Outputs:
        """What it answers to columns ``(rows, *shape)``. Raises ``ModelError`` where one is missing."""
        if absent := [name for name in self._model.inputs if name not in columns]:
            raise ModelError(f"the model takes {', '.join(absent)} too")
        found = self._model.answer(columns)
        return {name: values if values.dtype == object else values.astype(np.float32) for name, values in found.items()}


class FakeRuntime:
    """Opens what ``FakeSourceModel.to_onnx`` makes."""

    def open(self, path: Path, signature: Signature, setting: RunCondition = AS_SERVED) -> FakeSession:  # noqa: ARG002
        """Raises ``ModelError`` for a file that is no fake model."""
        return FakeSession(LogisticModel.read(path))

    def race(self, contestants: Sequence[Contestant], rounds: int, seconds: float) -> Sequence[Sequence[float]]:  # noqa: ARG002
        """A microsecond for each row in every round, whatever the model is. Raises ``ModelError`` for no fake model."""
        taken = []
        for each in contestants:
            answers = self.open(each.model, each.signature).run(each.columns)
            taken.append([1e-6 * len(next(iter(answers.values())))] * rounds)
        return taken

    def providers(self) -> Sequence[str]:
        """The processor."""
        return [CPU]

    def versions(self) -> Mapping[str, str]:
        """A fake tool of one version."""
        return {"fake": "1"}
