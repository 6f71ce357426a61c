"""ONNX models: run, timed, and changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from lockgate.domain.measuring.run_conditions import AS_SERVED, RunCondition
from lockgate.domain.model.signature import Array, Columns, Outputs, Signature


class Session(Protocol):
    """An ONNX model, loaded."""

    def input_names(self) -> Sequence[str]:
        """The names of the graph's inputs."""

    def run(self, columns: Columns) -> Outputs:
        """Every output of the graph for ``(rows,)`` columns. Raises ``ModelError``."""


@runtime_checkable
class BatchedSession(Session, Protocol):
    """One that can be told of many calls at once, for less than many calls cost."""

    def run_in_batches(self, columns: Columns, size: int) -> Sequence[Outputs]:
        """Ask ``size`` rows a call, in their order: the outputs, one below the other, of all calls or of some at once.

        Outputs of calls that do not fit together are given by call. Raises ``ModelError``.
        """


class GraphEditor(Protocol):
    """Changes ONNX models; each method gives a new one and raises ``ModelError`` for what the model does not have.

    ``nodes`` are in ONNX's textual form, such as ``after = Cast<to=11>(before)``. What else they name is their own, but
    for ``names``, which says what a name of theirs means in the model.
    """

    def weights(self, model: bytes) -> Mapping[str, Array]:
        """Every float tensor of the graph, the leaf values of its trees and the coefficients of linear nodes."""

    def with_weights(self, model: bytes, changed: Mapping[str, Array]) -> bytes:
        """Other values for some of them."""

    def behind(
        self, model: bytes, output: str, nodes: str, dtype: str | None = None, names: Mapping[str, str] = ...
    ) -> bytes:
        """Nodes behind an output: they take ``before`` and give ``after``, which is answered, as that ONNX type."""

    def ahead(self, model: bytes, name: str, nodes: str) -> bytes:
        """Nodes ahead of the graph: they take ``before``, an input, and give ``after``, which it gets in its place."""

    def without_output(self, model: bytes, output: str) -> bytes:
        """One output less."""

    def with_output_named(self, model: bytes, output: str, name: str) -> bytes:
        """Another name for an output."""

    def with_texts(self, model: bytes, output: str, texts: Mapping[int, str]) -> bytes:
        """An output of labels that are whole numbers, or truth values, answers the text of each instead."""

    def with_input(self, model: bytes, name: str, dtype: str) -> bytes:
        """One more raw column as input, which added nodes may take."""

    def repeated(self, model: bytes, times: int, signature: Signature) -> bytes:
        """The same answers, for so many times the work."""

    def padded(self, model: bytes, count: int) -> bytes:
        """The same answers, with so many bytes more."""


@dataclass(frozen=True)
class Contestant:
    """An ONNX model whose time is taken, and the rows ``(rows,)`` that it is asked."""

    model: Path
    signature: Signature
    columns: Columns


class Runtime(Protocol):
    """The runtime that serves: loads ONNX models."""

    def open(self, path: Path, signature: Signature, setting: RunCondition = AS_SERVED) -> Session:
        """Load a model. Raises ``ModelError`` for a file that is not an ONNX model."""

    def race(self, contestants: Sequence[Contestant], rounds: int, seconds: float) -> Sequence[Sequence[float]]:
        """The seconds of every round of each, asked in turns in one process; the order changes from round to round.

        It ends before ``rounds`` where it has taken ``seconds``, and takes 21 rounds at least. Raises ``ModelError``.
        """

    def providers(self) -> Sequence[str]:
        """The execution providers that this machine has."""

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that measure."""
