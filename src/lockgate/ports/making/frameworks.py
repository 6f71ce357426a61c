"""Frameworks that load trained models, and preprocessing in front of networks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from lockgate.domain.measuring.float64_truth import Reference, Thresholds
from lockgate.domain.model.signature import Array, Column, Columns, Output
from lockgate.domain.model.task import Task
from lockgate.ports.making.plugin import SourceModel


class Framework(Protocol):
    """Loads trained models of one framework."""

    def load(self, path: Path, inputs: Sequence[Column], task: Task) -> SourceModel:
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says.

        The positive class of a binary ``task`` is not known here.
        """


class Preprocessing(Protocol):
    """Fitted preprocessing, the same in front of every network."""

    def transform(self, columns: Columns) -> Array:
        """Raw ``(rows,)`` columns become one float32 matrix ``(rows, features)``."""

    def transform_in_float64(self, columns: Columns) -> Array:
        """The same matrix, numbers in float64 all the way."""

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """Convert to ONNX: one input for each raw column, one output ``features``. Raises ``ModelError``."""

    def thresholds(self, features: Thresholds) -> Mapping[str, Array]:
        """Where thresholds on features lie in the raw columns; those that cannot be told are left out."""

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""


class Preprocessor(Protocol):
    """Loads fitted preprocessing."""

    def load(self, path: Path, inputs: Sequence[Column]) -> Preprocessing:
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""


class Network(Protocol):
    """A trained network: a float32 matrix in, probabilities out."""

    def predict(self, features: Array) -> Array:
        """Probabilities ``(rows, classes)`` for float32 ``(rows, features)``, in the framework's own precision."""

    def reference(self, features: Array, answers: Array) -> Reference | None:
        """The truth about float64 ``(rows, features)``, as ``probabilities`` alone; ``None`` where there is none."""

    def thresholds(self) -> Thresholds:
        """Where trees divide the features; empty for a model without trees."""

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""

    def to_onnx(self) -> bytes:
        """Convert to ONNX: input ``features``, output ``probabilities``, any number of rows. Raises ``ModelError``."""


class NetworkFramework(Protocol):
    """Loads trained networks of one framework."""

    def load(self, path: Path) -> Network:
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""


class DirectNetwork(Protocol):
    """A trained network that takes the inputs themselves, as a graph does: a column as ``(rows, 1)``."""

    def outputs(self) -> Sequence[Output]:
        """What it answers, by name, ``(rows, *shape)`` each; one tensor alone has the name ``""``."""

    def predict(self, fed: Mapping[str, Array]) -> Mapping[str, Array]:
        """Its answers by those names, in its own precision. Raises ``ModelError``."""

    def exact(self, fed: Mapping[str, Array]) -> Mapping[str, Array] | None:
        """The same with floats and weights in float64; ``None`` where it cannot be brought to it."""

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""

    def to_onnx(self) -> bytes:
        """Convert to ONNX, any number of rows. Raises ``ModelError``.

        Inputs are called ``input_0``, ``input_1`` and so on in the order of the signature, outputs ``output_0`` in that
        of ``outputs()``.
        """


@runtime_checkable
class DirectFramework(Protocol):
    """Loads trained networks that need no preprocessing. A framework of networks may be this, too."""

    def load_direct(self, path: Path, inputs: Sequence[Column]) -> DirectNetwork:
        """Load without running foreign code. Raises ``ModelError`` for another file, or a network of other inputs."""


class Composer(Protocol):
    """Puts ONNX graphs together."""

    def compose(self, preprocessing: bytes, network: bytes, task: Task) -> bytes:
        """One graph: raw columns in, what the task answers out. Raises ``ModelError``.

        ``label`` (text, ``(rows,)``) and ``probabilities`` where it has labels, else ``task.output`` alone.
        """

    def headed(self, network: bytes, inputs: Sequence[str], outputs: Sequence[str], task: Task) -> bytes:
        """A graph of ``DirectNetwork`` by the names that clients know, with the label ahead where the task has one.

        The numbers are the output ``task.output``, unless an input has that name. Raises ``ModelError``.
        """
