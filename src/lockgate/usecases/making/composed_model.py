"""A trained model in its own framework: a pipeline that takes raw columns, or a network behind preprocessing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lockgate.domain.measuring.float64_truth import Reference
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import tensors
from lockgate.domain.model.signature import Array, Column, Columns, Output, Outputs
from lockgate.domain.model.task import Task
from lockgate.domain.names import listed
from lockgate.errors import ModelError
from lockgate.ports import Composer, Framework, Network, NetworkFramework, Preprocessing, Preprocessor, SourceModel


@dataclass(frozen=True)
class Composed:
    """The source-model port on fitted preprocessing and a network."""

    preprocessing: Preprocessing
    network: Network
    composer: Composer
    task: Task

    def outputs(self) -> Sequence[Output]:
        """The label, where the task has one, and a number for each of its columns."""
        numbers = Output(self.task.output, "float32", (self.task.width,))
        return (Output("label", "string"), numbers) if self.task.labelled else (numbers,)

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """One graph of both, with one input for each raw column. Raises ``ModelError``."""
        return self.composer.compose(self.preprocessing.to_onnx(inputs), self.network.to_onnx(), self.task)

    def predict(self, columns: Columns) -> Outputs:
        """The network's own answers on preprocessed columns, in float64; and the likeliest label."""
        numbers = self.network.predict(self.preprocessing.transform(columns)).astype(np.float64)
        if numbers.ndim != 2 or numbers.shape[1] != self.task.width:  # noqa: PLR2004 - rows and columns
            each = "probability for each class" if self.task.labelled else f"number for each of {self.task.columns}"
            raise ModelError(
                f"the network answers {list(numbers.shape)} instead of [rows, {self.task.width}]",
                hint=f"its last layer must give one {each}",
            )
        if not self.task.labelled:
            return {self.task.output: numbers}
        labels = np.asarray(self.task.columns, dtype=object)[numbers.argmax(axis=1)]
        return {"label": labels, "probabilities": numbers}

    def reference(self, columns: Columns, answers: Outputs) -> Reference | None:
        """Preprocessing and network in float64, beside what was answered; ``None`` where the network has no truth."""
        features = self.preprocessing.transform_in_float64(columns)
        found = self.network.reference(features, answers[self.task.output])
        if found is None or self.task.output == "probabilities":
            return found
        exact, rounded = ({self.task.output: side["probabilities"]} for side in (found.exact, found.rounded))
        return replace(found, exact=exact, rounded=rounded)

    def thresholds(self) -> Mapping[str, Array]:
        """Where trees divide the raw columns."""
        return self.preprocessing.thresholds(self.network.thresholds())

    def exporter(self) -> Mapping[str, str]:
        """The settings of both conversions."""
        front, back = self.preprocessing.exporter(), self.network.exporter()
        return {f"preprocessing {name}": value for name, value in front.items()} | dict(back)


def open_pipeline(trained: Trained, folder: Path, framework: Framework) -> SourceModel:
    """A model that takes raw columns by itself. Raises ``ModelError`` for one of tensors."""
    _demand_columns(trained)
    return framework.load(folder / trained.model, trained.inputs, trained.answered)


def open_network(
    trained: Trained, folder: Path, preprocessor: Preprocessor, framework: NetworkFramework, composer: Composer
) -> SourceModel:
    """A network behind its preprocessing. Raises ``ModelError`` where the hand-over names none."""
    if trained.preprocessing is None:
        raise ModelError(
            f"{folder}/trained.json: a {trained.framework} network needs preprocessing, and none is named",
            hint="save it with lockgate.project.save_preprocessing and name its file",
        )
    _demand_columns(trained)
    preprocessing = preprocessor.load(folder / trained.preprocessing, trained.inputs)
    return Composed(preprocessing, framework.load(folder / trained.model), composer, trained.answered)


def _demand_columns(trained: Trained) -> None:
    if names := tensors(trained.inputs):
        raise ModelError(
            f"scikit-learn takes columns, and {listed(names)} is a tensor",
            hint="hand over a network that takes it and no preprocessing, or columns in its place: docs/your-model.md",
        )
