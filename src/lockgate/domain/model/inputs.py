"""What a client sends: named inputs, each of one type, and rows of them that were checked once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.request_rows import TYPES, RowError, typed
from lockgate.domain.names import listed
from lockgate.errors import ModelError

Array: TypeAlias = npt.NDArray[np.generic]
Columns: TypeAlias = Mapping[str, Array]
"""Named columns of equal length: one-dimensional arrays of shape ``(rows,)``; strings have dtype ``object``."""

DType = Literal["float32", "int64", "string", "bool"]
HINT = "see `inputs()` of the plug-in"


@dataclass(frozen=True)
class Axis:
    """An axis of a tensor; ``size`` is ``None`` where it varies from one call to the next."""

    name: str
    size: int | None = None


@dataclass(frozen=True)
class Input:
    """One input of the model: a raw feature column, or a tensor with axes beside that of the rows.

    A missing number is NaN, a missing string is ``""``.
    """

    name: str
    dtype: DType
    axes: tuple[Axis, ...] = ()


Column = Input
"""What an input without axes is called in a plug-in."""


class Inputs(Mapping[str, Array]):
    """Rows of the declared inputs: each name's values, ``(rows, *shape)``, in the declared type.

    Only ``of`` makes them of anything, so whoever holds inputs holds values of their types and shapes; what is made of
    them is not looked at again. They are a mapping, and stand wherever columns do.
    """

    __slots__ = ("_arrays", "declared", "rows")

    def __init__(self, arrays: Mapping[str, Array], declared: tuple[Input, ...], rows: int) -> None:
        """Of values that are known to fit; ``of`` takes all others."""
        self._arrays = arrays
        self.declared = declared
        self.rows = rows

    @classmethod
    def of(cls, columns: Columns, declared: Sequence[Input]) -> "Inputs":
        """The declared ones of these columns, by the rule that reads a client's rows.

        Raises ``ModelError`` for a column that is not there, and with the row and the column of a value that its type
        cannot hold as it is.
        """
        wanted = tuple(declared)
        if isinstance(columns, Inputs) and (columns.declared is wanted or columns.declared == wanted):
            return columns
        if absent := [each.name for each in wanted if each.name not in columns]:
            raise ModelError(f"the rows have no column {listed(absent)}, which the model takes", hint=HINT)
        try:
            arrays = {each.name: _checked(each, columns[each.name]) for each in wanted}
        except RowError as error:
            raise ModelError(f"the rows do not fit the model's signature: {error}", hint=HINT) from error
        lengths = {name: len(values) for name, values in arrays.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} has {count}" for name, count in lengths.items())
            raise ModelError(f"the inputs have other numbers of rows: {told}", hint=HINT)
        return cls(arrays, wanted, next(iter(lengths.values()), 0))

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        """How many inputs there are; ``rows`` says how many rows."""
        return len(self._arrays)

    def __repr__(self) -> str:
        return f"Inputs({', '.join(self._arrays)}; {self.rows} rows)"

    def take(self, rows: slice | npt.NDArray[np.intp]) -> "Inputs":
        """Some of the rows, in that order."""
        arrays = {name: values[rows] for name, values in self._arrays.items()}
        return Inputs(arrays, self.declared, len(next(iter(arrays.values()), ())))

    def batches(self, size: int) -> Iterator["Inputs"]:
        """All rows in their order, at most ``size`` at once."""
        for start in range(0, self.rows, size):
            yield self.take(slice(start, start + size))

    def replaced(self, name: str, values: Array) -> "Inputs":
        """The same rows with other values of one input; those of the others are shared. Raises ``ModelError``."""
        (wanted,) = (each for each in self.declared if each.name == name)
        changed = Inputs.of({name: values}, (wanted,))
        if changed.rows != self.rows:
            raise ModelError(f"{name} has {changed.rows} rows instead of {self.rows}")
        return Inputs({**self._arrays, name: changed[name]}, self.declared, self.rows)

    def fed(self) -> dict[str, Array]:
        """As a graph takes them: a scalar column is ``(rows, 1)``."""
        return {
            each.name: self._arrays[each.name] if each.axes else self._arrays[each.name].reshape(-1, 1)
            for each in self.declared
        }


def stacked(parts: Sequence[Inputs]) -> Inputs:
    """Rows of the same inputs, one below the other. Raises ``ValueError`` where there is no part."""
    if not parts:
        raise ValueError("nothing to stack")
    first = parts[0]
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in first}
    return Inputs(arrays, first.declared, sum(part.rows for part in parts))


def dtype_name(array: Array) -> str:
    """The signature's word for an array's dtype; every kind of text is ``string``."""
    return "string" if array.dtype.kind in "OUST" else array.dtype.name


def is_number(dtype: str) -> bool:
    """Whether values of this type have a size: floats and whole numbers, no truth values and no texts."""
    return bool(issubclass(TYPES[dtype].numpy, np.number))


def problem_of_inputs(declared: Sequence[Input]) -> str:
    """What no station takes so far of what is declared; empty where all take all of it."""
    tensors = [
        f"{each.name} ({', '.join(str(getattr(axis, 'name', axis)) for axis in each.axes)})"
        for each in declared
        if each.axes
    ]
    return f"only columns of one value a row are taken so far; with axes: {', '.join(tensors)}" if tensors else ""


def _checked(declared: Input, values: Array) -> Array:
    if declared.axes:
        raise RowError(problem_of_inputs((declared,)))
    found = typed(declared.name, values, declared.dtype)
    if found.ndim != 1:
        raise RowError(f"column {declared.name}: the shape {found.shape}; a column is (rows,)")
    return found
