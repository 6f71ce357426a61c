"""What a team writes: the plug-in, and the trained model that it hands over."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from lockgate.domain.measuring.float64_truth import Reference
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.signature import Array, Column, Columns, Output, Outputs


class SourceModel(Protocol):
    """A trained model in its own framework."""

    def outputs(self) -> Sequence[Output]:
        """What the ONNX export of this model must answer: names, types and shapes."""

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """Convert to ONNX with one input for each raw column. Raises ``ModelError``."""

    def predict(self, columns: Columns) -> Outputs:
        """The framework's own answers for ``(rows,)`` columns, in its own precision."""


@runtime_checkable
class Calibratable(Protocol):
    """A source model that knows the truth: what a tolerance can be derived from. A source model may have this."""

    def reference(self, columns: Columns, answers: Outputs) -> Reference | None:
        """The truth about ``(rows,)`` columns; ``answers`` are those that ``predict`` gave. ``None``: there is none."""


@runtime_checkable
class Divided(Protocol):
    """A source model with trees. A source model may have this."""

    def thresholds(self) -> Mapping[str, Array]:
        """Where trees divide the raw columns: the thresholds of each, ``(thresholds,)``, in the column's unit."""


@runtime_checkable
class ExplicitExport(Protocol):
    """A source model that tells how it is exported. A source model may have this."""

    def exporter(self) -> Mapping[str, str]:
        """The exporter with its version, opset, dynamic axes, names: what the evidence records."""


@runtime_checkable
class Stored(Protocol):
    """A source model that is a file of answers: it has none to other rows. A source model may have this."""

    def stored_rows(self) -> int:
        """How many rows have an answer."""


@runtime_checkable
class WithoutSource(Protocol):
    """A source model that is the export itself: nothing else can be compared with it. A source model may have this."""

    def without_source(self) -> str:
        """Why there is nothing to compare with."""


@runtime_checkable
class Adapted(Protocol):
    """A source model whose export was brought to Lockgate's form. A source model may have this."""

    def adapted(self, inputs: Sequence[Column]) -> Sequence[str]:
        """What was changed of the file for these inputs, in sentences."""


class TrainingRun(Protocol):
    """What a plug-in gets to train one candidate: the rows, a folder of its own, and somebody to report to."""

    @property
    def candidate(self) -> str:
        """Which of the candidates of ``params.yaml``."""

    @property
    def folder(self) -> Path:
        """An empty folder for the model's files; what lies in it afterwards is the trained candidate."""

    @property
    def training(self) -> Columns:
        """The training rows, every column of the table, each ``(rows,)``."""

    @property
    def validation(self) -> Columns:
        """The validation rows: for early stopping and every other choice."""

    def epoch(self, number: int, of: int, **metrics: float) -> None:
        """Report an epoch, from 1; ``loss`` is the training's own. Raises ``ModelError`` for one that is no number."""


class ModelPlugin(Protocol):
    """What a team writes: data, training, export and reference predictions, and the input signature.

    Found by ``plugin: module:object`` in ``params.yaml``; the object is a class without arguments, or an instance.
    ``lockgate.project.Plugin`` brings ``open`` for the frameworks that Lockgate knows.
    """

    def data(self) -> Mapping[str, Columns]:
        """The tables ``training``, ``validation`` and ``test``: the raw feature columns, the label, and what is for
        judging only, each ``(rows,)``, a tensor ``(rows, *shape)``; text as objects with ``""`` for missing."""

    def inputs(self) -> Sequence[Column]:
        """The input signature: the raw columns that the model takes, in order."""

    def train(self, run: TrainingRun) -> Trained:
        """Train ``run.candidate`` into ``run.folder`` and say what lies there."""

    def open(self, trained: Trained, folder: Path) -> "SourceModel":
        """The trained model in that folder: its export to ONNX, and its own answers as the reference for parity."""
