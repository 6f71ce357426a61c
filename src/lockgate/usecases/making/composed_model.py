"""A trained model in its own framework: a pipeline that takes raw columns, or a network behind preprocessing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.domain.measuring.float64_truth import Reference
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.signature import Array, Column, Columns, Output, Outputs
from lockgate.errors import ModelError
from lockgate.ports import Composer, Framework, Network, NetworkFramework, Preprocessing, Preprocessor, SourceModel


@dataclass(frozen=True)
class Composed:
    """The source-model port on fitted preprocessing and a network."""

    preprocessing: Preprocessing
    network: Network
    composer: Composer
    classes: tuple[str, ...]

    def outputs(self) -> Sequence[Output]:
        """The label and one probability for each class."""
        return (Output("label", "string"), Output("probabilities", "float32", (len(self.classes),)))

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """One graph of both, with one input for each raw column. Raises ``ModelError``."""
        return self.composer.compose(self.preprocessing.to_onnx(inputs), self.network.to_onnx(), self.classes)

    def predict(self, columns: Columns) -> Outputs:
        """The network's own answers on preprocessed columns: labels, and probabilities in float64."""
        probabilities = self.network.predict(self.preprocessing.transform(columns)).astype(np.float64)
        if probabilities.ndim != 2 or probabilities.shape[1] != len(self.classes):  # noqa: PLR2004 - rows and classes
            raise ModelError(
                f"the network answers {list(probabilities.shape)} instead of [rows, {len(self.classes)}]",
                hint="its last layer must give one probability for each class",
            )
        labels = np.asarray(self.classes, dtype=object)[probabilities.argmax(axis=1)]
        return {"label": labels, "probabilities": probabilities}

    def reference(self, columns: Columns, answers: Outputs) -> Reference | None:
        """Preprocessing and network in float64, beside what was answered; ``None`` where the network has no truth."""
        features = self.preprocessing.transform_in_float64(columns)
        return self.network.reference(features, answers["probabilities"])

    def thresholds(self) -> Mapping[str, Array]:
        """Where trees divide the raw columns."""
        return self.preprocessing.thresholds(self.network.thresholds())

    def exporter(self) -> Mapping[str, str]:
        """The settings of both conversions."""
        front, back = self.preprocessing.exporter(), self.network.exporter()
        return {f"preprocessing {name}": value for name, value in front.items()} | dict(back)


def open_pipeline(trained: Trained, folder: Path, framework: Framework) -> SourceModel:
    """A model that takes raw columns by itself."""
    return framework.load(folder / trained.model, trained.inputs, trained.classes)


def open_network(
    trained: Trained, folder: Path, preprocessor: Preprocessor, framework: NetworkFramework, composer: Composer
) -> SourceModel:
    """A network behind its preprocessing. Raises ``ModelError`` where the hand-over names none."""
    if trained.preprocessing is None:
        raise ModelError(
            f"{folder}/trained.json: a {trained.framework} network needs preprocessing, and none is named",
            hint="save it with lockgate.project.save_preprocessing and name its file",
        )
    preprocessing = preprocessor.load(folder / trained.preprocessing, trained.inputs)
    return Composed(preprocessing, framework.load(folder / trained.model), composer, trained.classes)
