"""What a client sends: named inputs, each of one type, and rows of them that were checked once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.request_rows import TIMES, TYPES, RowError, RowType, told, typed
from lockgate.domain.names import listed
from lockgate.errors import ModelError

Array: TypeAlias = npt.NDArray[np.generic]
Columns: TypeAlias = Mapping[str, Array]
"""Named columns of equal length: ``(rows,)``, or ``(rows, *shape)`` for a tensor; strings have dtype ``object``."""

DType = Literal[
    "float32",
    "int64",
    "string",
    "bool",
    "float64",
    "float16",
    "int8",
    "int16",
    "int32",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "date",
    "datetime",
]
HINT = "see `inputs()` of the plug-in"


@dataclass(frozen=True)
class Axis:
    """An axis of a tensor; ``size`` is ``None`` where it varies from one call to the next."""

    name: str
    size: int | None = None


@dataclass(frozen=True)
class Input:
    """One input of the model: a raw feature column, or a tensor with axes beside that of the rows.

    A missing float is NaN, a missing string is ``""``; no other type has a missing value, and no tensor has a missing
    cell. A ``date`` is the days, a
    ``datetime`` the microseconds, since 1970-01-01 in UTC: whole numbers in int64 to the model.
    """

    name: str
    dtype: DType
    axes: tuple[Axis, ...] = ()

    @property
    def type(self) -> RowType:
        """What it holds for a row, as rows are read by."""
        axes = tuple((axis.name, axis.size) for axis in self.axes)
        return (self.dtype, axes) if axes else self.dtype

    def __str__(self) -> str:
        """Its type in words."""
        return told(self.type)


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
    if array.dtype.kind == "M":
        return "date" if array.dtype == np.dtype("datetime64[D]") else "datetime"
    return "string" if array.dtype.kind in "OUST" else array.dtype.name


def is_number(dtype: str) -> bool:
    """Whether values of this type have a size: floats, whole numbers, dates; no truth values and no texts."""
    return bool(issubclass(TYPES[dtype].numpy, np.number))


def tensors(declared: Sequence[Input]) -> tuple[str, ...]:
    """The names of those that are tensors."""
    return tuple(each.name for each in declared if each.axes)


def problem_of_inputs(declared: Sequence[Input]) -> str:
    """What is wrong with the axes of what is declared; empty where nothing is."""
    for each in declared:
        if each.axes and (problem := _problem_of_axes(each)):
            return f"input {each.name}: {problem}"
    return ""


def _problem_of_axes(declared: Input) -> str:
    axes: Sequence[object] = declared.axes if isinstance(declared.axes, list | tuple) else (declared.axes,)
    if odd := [axis for axis in axes if not isinstance(axis, Axis)]:
        return f"{odd[0]!r} is no Axis"
    names = [axis.name for axis in declared.axes]
    if any(not isinstance(name, str) or not name.strip() for name in names) or len(set(names)) < len(names):
        return f"the axes {', '.join(map(repr, names))}; each has a name of its own"
    sizes = [axis.size for axis in declared.axes]
    if odd := [size for size in sizes if size is not None and (type(size) is not int or size < 1)]:
        return f"an axis of the size {odd[0]!r}; a size is a whole number from 1, or None where it varies"
    if not is_number(declared.dtype) or declared.dtype in TIMES:
        return f"a tensor of {declared.dtype}; a tensor holds numbers"
    return ""


def losses(columns: Columns, declared: Sequence[Input]) -> tuple[str, ...]:
    """Where numbers are rounded to a float type: a line for each such column, with how many and how far."""
    return tuple(line for each in declared if (line := _loss(each, columns[each.name])))


def _loss(declared: Input, values: Array) -> str:
    wanted = np.dtype(TYPES[declared.dtype].numpy)
    if values.dtype.kind not in "iuf" or wanted.kind != "f" or values.dtype == wanted:
        return ""
    before = values.astype(np.float64).reshape(-1)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        after = before.astype(wanted).astype(np.float64)
        apart = np.where(np.isfinite(before), np.abs(after - before), 0.0)
    if not (rounded := int(np.count_nonzero(apart))):
        return ""
    place = int(apart.argmax())
    return (
        f"{declared.name}: {rounded} of {apart.size} values are rounded from {values.dtype} to {declared.dtype}, by at "
        f"most {apart[place]:.2g}: {float(before[place])!r} becomes {float(after[place])!r}"
    )


def _checked(declared: Input, values: Array) -> Array:
    return typed(declared.name, values, declared.type)
