"""Rows as clients send them and columns as a graph takes them: one reader and its inverse, for judging and for serving.

A package carries this file beside its service, as ``lockgate_rows.py``: it needs Python's standard library and numpy.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from reprlib import repr as brief
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.generic]
DTypes: TypeAlias = Mapping[str, str]
"""The type of each input by its name, in the order of the signature."""

EXACT: Final = 2**53
"""Below it, a float tells every whole number from the next."""


@dataclass(frozen=True)
class ValueType:
    """How values of a type are held in NumPy, called by ONNX (``TensorProto.DataType``), and written in JSON.

    ``wanted`` says to a client what it takes, ``taken`` are the Python types of what may fit. ``missing`` is what
    ``null`` means; ``None`` where the type has no missing value.
    """

    numpy: type[np.generic]
    onnx: str
    wanted: str
    taken: tuple[type, ...]
    schema: Mapping[str, object]
    missing: object = None


TYPES: Final[Mapping[str, ValueType]] = {
    "float32": ValueType(
        numpy=np.float32,
        onnx="FLOAT",
        wanted="a number, or null for a missing one",
        taken=(float, int, type(None)),
        schema={"type": ["number", "null"]},
        missing=math.nan,
    ),
    "int64": ValueType(
        numpy=np.int64,
        onnx="INT64",
        wanted="a whole number from -2**63 to 2**63 - 1",
        taken=(int, float),
        schema={"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    ),
    "string": ValueType(
        numpy=np.object_,
        onnx="STRING",
        wanted="text, or null for a missing one",
        taken=(str, type(None)),
        schema={"type": ["string", "null"]},
        missing="",
    ),
    "bool": ValueType(
        numpy=np.bool_,
        onnx="BOOL",
        wanted="true or false",
        taken=(bool,),
        schema={"type": "boolean"},
    ),
}
"""The types of a model's inputs and outputs. The table stands in this file because a package carries it."""


class RowError(ValueError):
    """A row, a column or a value that does not fit the signature; the message names row, from 0, and column."""


def read_rows(rows: Sequence[object], dtypes: DTypes) -> dict[str, Array]:
    """JSON rows as ``(rows,)`` columns of the signature's types. Raises ``RowError`` for the first that does not fit.

    Nothing is changed but as the type itself demands: a number for float32 is rounded to the nearest one, and 3.0 is
    the whole number 3. What float32 cannot hold, a text for a number, 1 for true, and a column too many or too few are
    refused.
    """
    listed: list[Mapping[str, object]] = []
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping) or row.keys() != dtypes.keys():
            raise RowError(f"row {number} {_unlike(row, dtypes)}")
        listed.append(row)
    columns = {name: _read(name, [row[name] for row in listed], dtype) for name, dtype in dtypes.items()}
    for name, values in columns.items():
        _demand_finite(name, values)
    return columns


def write_rows(columns: Mapping[str, Array], dtypes: DTypes) -> list[dict[str, object]]:
    """``(rows,)`` columns as the JSON rows that ``read_rows`` reads back, bit by bit. Raises ``RowError``.

    A missing number is ``null``; an infinite one cannot be written.
    """
    plain = []
    for name, dtype in dtypes.items():
        values = typed(name, columns[name], dtype)
        _demand_finite(name, values)
        items: list[Any] = values.tolist()
        plain.append([None if item != item else item for item in items] if dtype == "float32" else items)  # noqa: PLR0124 - only NaN differs from itself
    return [dict(zip(dtypes, values, strict=True)) for values in zip(*plain, strict=True)]


def feed(columns: Mapping[str, Array], dtypes: DTypes) -> dict[str, Array]:
    """``(rows,)`` columns as the graph takes them: ``(rows, 1)`` in the signature's types. Raises ``RowError``."""
    return {name: typed(name, columns[name], dtype).reshape(-1, 1) for name, dtype in dtypes.items()}


def typed(name: str, values: Array, dtype: str) -> Array:
    """A ``(rows,)`` column in the type of the signature, by the rule of ``read_rows``; it may hold infinite numbers."""
    if dtype != "string" and values.dtype == TYPES[dtype].numpy:
        return values
    return _read(name, values.tolist(), dtype)


def row_schema(dtypes: DTypes) -> dict[str, object]:
    """The JSON Schema of a row."""
    return {
        "type": "object",
        "properties": {name: dict(TYPES[dtype].schema) for name, dtype in dtypes.items()},
        "required": [*dtypes],
        "additionalProperties": False,
    }


def _unlike(row: object, dtypes: DTypes) -> str:
    """What is wrong with a row that has not exactly the columns of the signature."""
    if not isinstance(row, Mapping):
        return f"is no object with a value for each column, found {brief(row)}"
    if absent := [name for name in dtypes if name not in row]:
        more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
        return f"has no column {absent[0]}{more}; a missing value is null"
    extra = next(name for name in row if name not in dtypes)
    near = get_close_matches(str(extra), dtypes, 1)
    return f"has a column {brief(extra)}, which the model does not take" + (f"; is {near[0]} meant?" if near else "")


def _read(name: str, values: Sequence[Any], dtype: str) -> Array:
    """Plain values as a column. All are looked at together; one by one only to find the one that does not fit."""
    if all(_takes(kind, dtype) for kind in set(map(type, values))):
        try:
            return _array(values, dtype)
        except (ValueError, OverflowError):
            pass
    for number, value in enumerate(values):
        if why := _misfit(value, dtype):
            raise RowError(f"row {number}, column {name}: {why}; {dtype} takes {TYPES[dtype].wanted}")
    raise RowError(f"column {name}: its values are not {dtype}")


def _takes(kind: type, dtype: str) -> bool:
    """Whether values of this Python type may fit; a bool is an int in Python, and no number here."""
    return issubclass(kind, TYPES[dtype].taken) and (dtype == "bool" or not issubclass(kind, bool))


def _misfit(value: object, dtype: str) -> str:
    if not _takes(type(value), dtype):
        return f"found {_shown(value)}"
    try:
        _array([value], dtype)
    except (ValueError, OverflowError) as error:
        return f"{_shown(value)} {error}"
    return ""


def _array(values: Sequence[Any], dtype: str) -> Array:
    """Values of types that fit, as an array. Raises ``ValueError`` with the words that follow a value."""
    if dtype == "float32":
        return _floats(values)
    if dtype == "int64":
        return _integers(values)
    if dtype == "string":
        return _texts(values)
    return np.array(values, dtype=np.bool_)


def _floats(values: Sequence[float | None]) -> Array:
    try:
        wide = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    except OverflowError as error:
        raise ValueError("is too large for float32") from error
    with np.errstate(over="ignore", under="ignore"):
        single = wide.astype(np.float32)
    if (np.isinf(single) & ~np.isinf(wide)).any():
        raise ValueError("is too large for float32")
    return single


def _integers(values: Sequence[float]) -> Array:
    for value in values:
        if isinstance(value, float) and not value.is_integer():
            raise ValueError("is no whole number")
        if isinstance(value, float) and abs(value) >= EXACT:
            raise ValueError("is a float of 2**53 or more, which does not tell whole numbers apart")
    try:
        return np.array([int(value) for value in values], dtype=np.int64)
    except OverflowError as error:
        raise ValueError("is beyond int64") from error


def _texts(values: Sequence[str | None]) -> Array:
    known = ["" if value is None else str(value) for value in values]
    try:
        "".join(known).encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half of a surrogate pair, which is no Unicode text") from error
    array = np.empty(len(known), dtype=np.object_)
    array[:] = known
    return array


def _demand_finite(name: str, values: Array) -> None:
    if values.dtype == np.float32 and (infinite := np.isinf(values)).any():
        where = f"row {int(infinite.argmax())}, column {name}"
        raise RowError(
            f"{where}: an infinite number, or one too large for a float; float32 takes {TYPES['float32'].wanted}"
        )


def _shown(value: object) -> str:
    """A value as JSON writes it, cut short."""
    names: Iterator[tuple[object, str]] = iter(((None, "null"), (True, "true"), (False, "false")))
    return next((said for known, said in names if value is known), brief(value))
