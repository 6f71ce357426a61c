"""What an ONNX graph says of itself. None of it need be true: shapes are believed when the graph was run."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lockgate.domain.model.labels import listed_classes
from lockgate.domain.names import listed

Size = int | str | None
"""How long an axis is: a number, a name of one that varies, or nothing where it is not said."""
OutputKind = Literal["tensor", "classes", "list", "other"]
"""``classes`` is a sequence of maps from each class to its probability, as a ZipMap makes it; ``list`` a sequence of
tensors ``(rows, ...)``, as a converter writes one for each label; ``other`` is what no array holds."""
PAIRS = 3
"""Axes of the probabilities of no and yes, for each of several labels at once."""


@dataclass(frozen=True)
class GraphInput:
    """An input that a caller must give; ``shape`` is ``None`` where it is not said."""

    name: str
    dtype: str
    shape: tuple[Size, ...] | None

    @property
    def row_axes(self) -> tuple[Size, ...]:
        """The axes of one row; nothing is known of an input without a shape."""
        return () if self.shape is None else self.shape[1:]

    @property
    def batch(self) -> int | None:
        """How many rows it takes at once, where that is fixed."""
        return self.shape[0] if self.shape and isinstance(self.shape[0], int) else None

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype} {_told(self.shape)}"


@dataclass(frozen=True)
class GraphOutput:
    """An output. ``classes`` are those of a ZipMap, in its order."""

    name: str
    kind: OutputKind
    dtype: str
    shape: tuple[Size, ...] | None
    classes: tuple[str, ...] = ()

    @property
    def labels_first(self) -> bool:
        """Whether it says ``(labels, rows, 2)``, as converters of trees and neighbours write several labels at once."""
        shape = self.shape or ()
        return len(shape) == PAIRS and isinstance(shape[0], int) and not isinstance(shape[1], int) and shape[2] == 2  # noqa: PLR2004 - no and yes

    def __str__(self) -> str:
        if self.kind == "list":
            return f"{self.name}: a list of {self.dtype} tensors"
        if self.kind == "classes":
            return f"{self.name}: a map of {listed_classes(self.classes)}"
        return f"{self.name}: {self.dtype} {_told(self.shape)}"


@dataclass(frozen=True)
class GraphFacts:
    """Real inputs, outputs, and the classes that a node of the graph names in the order of its scores.

    ``defaults`` counts inputs that are listed and need not be given: weights that are named among the inputs.
    ``whole`` says whether the classes are whole numbers in the graph, ``random`` which operators draw at random.
    """

    inputs: tuple[GraphInput, ...]
    outputs: tuple[GraphOutput, ...]
    classes: tuple[str, ...] = ()
    whole: bool = False
    defaults: int = 0
    producer: str = ""
    random: tuple[str, ...] = ()

    @property
    def states(self) -> tuple[tuple[str, str], ...]:
        """Pairs of an input and an output that look like what a model remembers from one call to the next."""
        return tuple(_states(self))


@dataclass(frozen=True)
class DeclaredInput:
    """What a registry says that a model takes: a name, empty for none, and how many values a row has, where it says."""

    name: str
    values: int | None


def other_declaration(declared: tuple[DeclaredInput, ...], facts: GraphFacts) -> str:
    """How a registry and a graph contradict each other; empty where they do not, or one of them does not say."""
    told, takes = [each.values for each in declared], [_values(each) for each in facts.inputs]
    known = [each for each in told if each is not None], [each for each in takes if each is not None]
    whole = (len(known[0]), len(known[1])) == (len(told), len(takes))
    if told and whole and sum(known[0]) != sum(known[1]):
        return f"it says that a row has {sum(known[0])} values; the graph takes {listed(facts.inputs, '; ')}"
    names, inputs = {each.name for each in declared}, {each.name for each in facts.inputs}
    if len(inputs) > 1 and "" not in names and names and names != inputs:
        return f"it names {listed(sorted(names))}; the graph takes {listed(facts.inputs, '; ')}"
    return ""


def _values(given: GraphInput) -> int | None:
    if given.shape is None or not all(isinstance(size, int) for size in given.row_axes):
        return None
    return math.prod(size for size in given.row_axes if isinstance(size, int))


MEMORY = ("state", "hidden", "past", "cache", "memory")


def _states(facts: GraphFacts) -> Iterator[tuple[str, str]]:
    for given in facts.inputs:
        for told in facts.outputs:
            alike = given.dtype == told.dtype and len(given.shape or ()) == len(told.shape or ()) > 1
            if alike and _of_memory(given.name.casefold(), told.name.casefold()):
                yield given.name, told.name


def _of_memory(given: str, told: str) -> bool:
    """``state`` and ``stateN``, ``h0`` and ``hn``, ``past_0`` and ``present_0``."""
    if any(word in given and (word in told or "present" in told) for word in MEMORY):
        return True
    return len(given) <= 2 and len(told) <= 2 and given[:1] == told[:1] and given[:1] in {"h", "c"}  # noqa: PLR2004


def _told(shape: tuple[Size, ...] | None) -> str:
    if shape is None:
        return "of a shape that is not said"
    return f"({', '.join('?' if size is None else str(size) for size in shape)}{',' if len(shape) == 1 else ''})"
