"""What goes into a model and what comes out: names, types and shapes, as its clients see them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lockgate.domain.model.inputs import Array, Column, Columns, DType, Input, dtype_name

__all__ = [
    "ANSWERS",
    "Array",
    "Column",
    "Columns",
    "DType",
    "Input",
    "Output",
    "Outputs",
    "Signature",
    "answer_names",
    "dtype_name",
    "free_name",
]

Outputs: TypeAlias = Mapping[str, Array]
"""Named outputs of a model, each of shape ``(rows, ...)``."""


@dataclass(frozen=True)
class Output:
    """One output of the model; ``shape`` leaves the row axis out: ``()`` for a label, ``(2,)`` for two classes."""

    name: str
    dtype: DType
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Signature:
    """The inputs in their order, the outputs, and for a classifier the classes in the order of its probabilities.

    ``label`` and ``probabilities`` name the two outputs that a classifier is judged by.
    """

    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...]
    classes: tuple[str, ...]
    label: str = "label"
    probabilities: str = "probabilities"
    schema: Literal["lockgate/signature/1"] = "lockgate/signature/1"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs, in order."""
        return tuple(column.name for column in self.inputs)

    @property
    def dtypes(self) -> Mapping[str, DType]:
        """The types of the inputs by their names, in order."""
        return {column.name: column.dtype for column in self.inputs}


ANSWERS = ("label", "probabilities")
"""What a trained model calls its two answers; a graph calls them so too, unless an input has that name."""


def answer_names(inputs: Sequence[Column]) -> tuple[str, str]:
    """What the graph of these inputs calls label and probabilities: an input of the same name keeps it."""
    taken = {column.name for column in inputs}
    label, probabilities = (free_name(name, taken) for name in ANSWERS)
    return label, probabilities


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with as many ``_`` behind it as make it one that is not taken."""
    while name in taken:
        name += "_"
    return name
