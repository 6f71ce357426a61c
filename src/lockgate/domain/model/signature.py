"""What goes into a model and what comes out: names, types and shapes, as its clients see them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from lockgate.domain.model.inputs import Array, Column, Columns, DType, Input, dtype_name
from lockgate.domain.model.labels import listed_classes
from lockgate.domain.model.request_rows import RowType
from lockgate.domain.model.task import UNTOLD, Binary, Regression, Task
from lockgate.domain.model.versions import Upgrades, extended

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

    ``task`` says what is answered: ``probabilities`` names the output with a number for each of its columns, ``label``
    the one in a word, where the task has that. ``classes`` are the columns of a task of classes once more: services
    that were copied before read them there. Raises ``ValueError`` where they are others.
    """

    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    classes: tuple[str, ...]
    label: str = "label"
    probabilities: str = "probabilities"
    task: Task = UNTOLD
    schema: Literal["lockgate/signature/2"] = "lockgate/signature/2"

    UPGRADES: ClassVar[Upgrades] = {"lockgate/signature/1": extended("lockgate/signature/2")}

    def __post_init__(self) -> None:
        if self.task == UNTOLD:
            object.__setattr__(self, "task", Binary(self.classes, ""))
        if self.classes != (self.task.columns if self.task.labelled else ()):
            told, named = listed_classes(self.task.columns), listed_classes(self.classes)
            raise ValueError(f"classes: {named or 'none'}; its {self.task.kind} task is of {told or 'none'}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs, in order."""
        return tuple(column.name for column in self.inputs)

    @property
    def bounded(self) -> str:
        """The output whose numbers lie between 0 and 1; empty for a regression. All others have no end."""
        return "" if isinstance(self.task, Regression) else self.probabilities

    @property
    def dtypes(self) -> Mapping[str, RowType]:
        """What each input holds for a row, by its name, in order."""
        return {column.name: column.type for column in self.inputs}


ANSWERS = ("label", "probabilities")
"""What a trained model calls its two answers; a graph calls them so too, unless an input has that name."""


def answer_names(inputs: Sequence[Input], task: Task = UNTOLD) -> tuple[str, str]:
    """What the graph of these inputs calls the label and the numbers: an input of the same name keeps it."""
    taken = {column.name for column in inputs}
    return free_name(ANSWERS[0], taken), free_name(task.output, taken)


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with as many ``_`` behind it as make it one that is not taken."""
    while name in taken:
        name += "_"
    return name
