"""Rows as clients send them and columns as a graph takes them: one reader and its inverse, for judging and for serving.

A package carries this file beside its service, as ``lockgate_rows.py``: it needs Python's standard library and numpy.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from itertools import chain
from reprlib import repr as brief
from typing import Any, Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.generic]
Axes: TypeAlias = tuple[tuple[str, int | None], ...]
"""The axes of a tensor beside that of the rows, each by its name and size; ``None`` where the size varies."""
RowType: TypeAlias = str | tuple[str, Axes]
"""What an input holds for a row: a value of that type, or a tensor of such values with these axes."""
DTypes: TypeAlias = Mapping[str, RowType]
"""The type of each input by its name, in the order of the signature."""

EXACT: Final = 2**53
"""Below it, a float tells every whole number from the next."""
FLOATS: Final = ("float16", "float32", "float64")
WHOLE: Final = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
TIMES: Final[Mapping[str, str]] = {"date": "D", "datetime": "us"}
"""Types of whole numbers that are written as text: days, or microseconds, since 1970-01-01 in UTC, by NumPy's unit."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")
_FIRST, _LAST = (day.toordinal() - _EPOCH.toordinal() for day in (date.min, date.max))
_LIMITS: Final = {"date": (_FIRST, _LAST), "datetime": (_FIRST * 86_400_000_000, (_LAST + 1) * 86_400_000_000 - 1)}
"""The first and the last number that has a text: the years 1 to 9999."""


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


def _of_floats(name: str, onnx: str) -> ValueType:
    kind: type[np.generic] = getattr(np, name)
    wanted, taken = "a number, or null for a missing one", (float, int, type(None))
    return ValueType(kind, onnx, wanted, taken, {"type": ["number", "null"]}, math.nan)


def _of_whole(name: str) -> ValueType:
    kind: type[np.integer[Any]] = getattr(np, name)
    least, most = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
    bits = most.bit_length()
    told = (str(least), str(most)) if bits <= 16 else (f"-2**{bits}" if least else "0", f"2**{bits} - 1")  # noqa: PLR2004 - of a line
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return ValueType(kind, name.upper(), f"a whole number from {told[0]} to {told[1]}", (int, float), schema)


TYPES: Final[Mapping[str, ValueType]] = {
    "float32": _of_floats("float32", "FLOAT"),
    "int64": _of_whole("int64"),
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
    "float64": _of_floats("float64", "DOUBLE"),
    "float16": _of_floats("float16", "FLOAT16"),
    **{name: _of_whole(name) for name in WHOLE if name != "int64"},
    "date": ValueType(
        numpy=np.int64,
        onnx="INT64",
        wanted="a date such as 2026-01-31",
        taken=(str,),
        schema={"type": "string", "format": "date"},
    ),
    "datetime": ValueType(
        numpy=np.int64,
        onnx="INT64",
        wanted="a time with its offset, such as 2026-01-31T12:00:00Z, to the microsecond",
        taken=(str,),
        schema={"type": "string", "format": "date-time"},
    ),
}
"""The types of a model's inputs and outputs. The table stands in this file because a package carries it."""


class RowError(ValueError):
    """A row, a column or a value that does not fit the signature; the message names row, from 0, and column."""


def parts(kind: RowType) -> tuple[str, Axes]:
    """The name of the type of the values, and the axes; none for a column."""
    return (kind, ()) if isinstance(kind, str) else kind


def told(kind: RowType) -> str:
    """A type in words: ``float32``, or ``a tensor of uint8 (channel 3, height 28, width any)``."""
    dtype, axes = parts(kind)
    named = ", ".join(f"{name} {'any' if size is None else size}" for name, size in axes)
    return f"a tensor of {dtype} ({named})" if axes else dtype


def read_request(content: bytes) -> object:
    """A request's JSON, which has ``rows`` and nothing beside it.

    Of a key that stands twice one value would be dropped, and so would another key be. Raises ``RowError``.
    """
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_no_twins)
    except RowError:
        raise
    except RecursionError:
        raise RowError("the request has lists in lists without end") from None
    except ValueError as error:
        raise RowError(f"the request is no JSON: {error}") from error
    if isinstance(found, dict) and (others := [name for name in found if name != "rows"]):
        raise RowError(f"the request has the key {brief(others[0])} beside rows, and takes rows alone")
    return found


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in made if names.count(name) > 1)
        raise RowError(f"the key {brief(twin)} stands twice in one object: which value is meant?")
    return made


def read_rows(rows: Sequence[object], dtypes: DTypes) -> dict[str, Array]:
    """JSON rows as ``(rows,)`` columns and ``(rows, *shape)`` tensors of the signature's types.

    Nothing is changed but as the type itself demands: a number for float32 is rounded to the nearest one, and 3.0 is
    the whole number 3. What float32 cannot hold, a text for a number, 1 for true, a column too many or too few, and a
    tensor of another shape are refused. Raises ``RowError`` for the first that does not fit.
    """
    listed: list[Mapping[str, object]] = []
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping) or row.keys() != dtypes.keys():
            raise RowError(f"row {number} {_unlike(row, dtypes)}")
        listed.append(row)
    columns = {name: _of_type(name, [row[name] for row in listed], dtype) for name, dtype in dtypes.items()}
    for name, values in columns.items():
        _demand_finite(name, values)
    return columns


def write_rows(columns: Mapping[str, Array], dtypes: DTypes) -> list[dict[str, object]]:
    """Columns and tensors as the JSON rows that ``read_rows`` reads back, bit by bit. Raises ``RowError``.

    A missing number is ``null``; an infinite one cannot be written.
    """
    plain = []
    for name, dtype in dtypes.items():
        values = typed(name, columns[name], dtype)
        _demand_finite(name, values)
        plain.append(_written(name, values, parts(dtype)[0]))
    return [dict(zip(dtypes, values, strict=True)) for values in zip(*plain, strict=True)]


def feed(columns: Mapping[str, Array], dtypes: DTypes) -> dict[str, Array]:
    """What the graph takes, in the signature's types: a column as ``(rows, 1)``, a tensor as it is.

    Raises ``RowError``.
    """
    arrays = {name: typed(name, columns[name], dtype) for name, dtype in dtypes.items()}
    return {name: values if parts(dtypes[name])[1] else values.reshape(-1, 1) for name, values in arrays.items()}


def typed(name: str, values: Array, dtype: RowType) -> Array:
    """A ``(rows,)`` column or a ``(rows, *shape)`` tensor in the type of the signature, by the rule of ``read_rows``.

    A column may hold infinite numbers, and missing ones; a tensor neither. Raises ``RowError``.
    """
    plain, axes = parts(dtype)
    if axes:
        return _tensor(name, values, plain, axes)
    if values.ndim != 1:
        raise RowError(f"column {name}: the shape {values.shape}; a column is (rows,)")
    if plain != "string" and values.dtype == TYPES[plain].numpy:
        return values
    if plain in TIMES and values.dtype.kind == "M":
        return _since(name, values, plain)
    if values.dtype.kind in "iuf" and plain in {*FLOATS, *WHOLE}:
        return _cast(name, values, plain)
    return _read(name, values.tolist(), plain)


def row_schema(dtypes: DTypes) -> dict[str, object]:
    """The JSON Schema of a row."""
    return {
        "type": "object",
        "properties": {name: _schema(*parts(dtype)) for name, dtype in dtypes.items()},
        "required": [*dtypes],
        "additionalProperties": False,
    }


def _schema(dtype: str, axes: Axes) -> dict[str, object]:
    schema = dict(TYPES[dtype].schema)
    if axes and dtype in FLOATS:
        schema["type"] = "number"  # no cell is missing
    for name, size in reversed(axes):
        most = {} if size is None else {"maxItems": size}
        schema = {"type": "array", "title": name, "items": schema, "minItems": size or 1, **most}
    return schema


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


def _of_type(name: str, values: Sequence[Any], kind: RowType) -> Array:
    dtype, axes = parts(kind)
    return _of_lists(name, values, dtype, axes) if axes else _read(name, values, dtype)


def _tensor(name: str, values: Array, dtype: str, axes: Axes) -> Array:
    """An array whose shape is that of the axes, in the type of the values, all finite."""
    if values.dtype == object and values.ndim == 1:
        rows = [row.tolist() if isinstance(row, np.ndarray) else row for row in values]
        return _of_lists(name, rows, dtype, axes)
    _demand_shape(f"input {name}", values.shape[1:], dtype, axes)
    if dtype == "bool" and (
        values.dtype.kind == "b" or (values.dtype.kind in "iu" and set(np.unique(values)) <= {0, 1})
    ):
        return values.astype(np.bool_)
    if dtype == "bool" or values.dtype.kind not in "iuf":
        raise RowError(f"input {name}: its values are {values.dtype}; {dtype} takes {_wanted(dtype, values.shape)}")
    return _filled(name, values if values.dtype == TYPES[dtype].numpy else _cast(name, values, dtype))


def _filled(name: str, values: Array) -> Array:
    """The values of a tensor. Raises ``RowError`` for the first that is missing or infinite."""
    if values.dtype.kind == "f" and not (finite := np.isfinite(cast("npt.NDArray[np.floating[Any]]", values))).all():
        place = int(np.argmin(finite.reshape(-1)))
        found = "a missing number" if np.isnan(values.reshape(-1)[place].item()) else "an infinite number"
        where = _at(name, place, values.shape)
        raise RowError(f"{where}: {found}; every cell of a tensor is a number: fill it, and give the model a mask")
    return values


def _of_lists(name: str, rows: Sequence[Any], dtype: str, axes: Axes) -> Array:
    """Nested lists, one for each row, all of one shape."""
    first: tuple[int, ...] = ()
    flat: list[Any] = []
    for number, row in enumerate(rows):
        where = f"row {number}, input {name}"
        shape, cells = _flat(where, row, len(axes), told((dtype, axes)))
        _demand_shape(where, shape, dtype, axes)
        if number and shape != first:
            raise RowError(f"{where}: the shape {_shape(shape)}, row 0 has {_shape(first)}: rows of one call are alike")
        first = shape
        flat += cells
    if not rows:
        return np.empty((0, *(size or 0 for _, size in axes)), dtype=TYPES[dtype].numpy)
    shape = (len(rows), *first)
    return _filled(name, _read(name, flat, dtype, shape).reshape(shape))


def _flat(where: str, row: Any, depth: int, wanted: str) -> tuple[tuple[int, ...], list[Any]]:
    """The shape and the cells of lists in lists, of equal lengths on each level. Raises ``RowError``."""
    level: list[Any] = [row]
    shape: list[int] = []
    for _ in range(depth):
        if odd := [each for each in level if not isinstance(each, list | tuple)]:
            raise RowError(f"{where}: found {_shown(odd[0])}, it takes {wanted}, as lists in lists")
        lengths = sorted({len(each) for each in level})
        if len(lengths) > 1:
            raise RowError(
                f"{where}: lists of {lengths[0]} and of {lengths[-1]} values side by side; it takes {wanted}"
            )
        shape.append(lengths[0] if lengths else 0)
        level = list(chain.from_iterable(level))
    if any(isinstance(each, list | tuple) for each in level):
        raise RowError(f"{where}: has more than {depth} axes; it takes {wanted}")
    return tuple(shape), level


def _demand_shape(where: str, shape: tuple[int, ...], dtype: str, axes: Axes) -> None:
    """Raise ``RowError`` for a row's shape that is not that of the axes; an axis that varies has one place at least."""
    wanted = f"it takes {told((dtype, axes))}"
    if len(shape) != len(axes):
        raise RowError(f"{where}: each row has the shape {_shape(shape)}; {wanted}")
    for found, (name, size) in zip(shape, axes, strict=True):
        if found != size and (size is not None or not found):
            raise RowError(f"{where}: axis {name} has the size {found}; {wanted}")


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})" if shape else "() of one value"


def _cast(name: str, values: Array, dtype: str) -> Array:
    """Numbers of another type, by the rule for each value, all at once. Raises ``RowError`` for the first that is out.

    Whole numbers stay what they are, and a number for a float type is rounded to the nearest one.
    """
    made, fits = _to_float(values, dtype) if dtype in FLOATS else _to_whole(values, dtype)
    if fits.all():
        return made
    place = int(np.argmin(fits.reshape(-1)))
    value = values.reshape(-1)[place].item()
    where, why = _at(name, place, values.shape), _misfit(value, dtype)
    raise RowError(f"{where}: {why}; {dtype} takes {_wanted(dtype, values.shape)}")


def _to_float(values: Array, dtype: str) -> tuple[Array, npt.NDArray[np.bool_]]:
    wide = values if values.dtype.kind == "f" else values.astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        made = wide.astype(TYPES[dtype].numpy)
    return made, np.asarray(~(np.isinf(made) & ~np.isinf(wide)))


def _to_whole(values: Array, dtype: str) -> tuple[Array, npt.NDArray[np.bool_]]:
    numbers: Any = values
    least, most = limits(dtype)
    fits = np.asarray((numbers >= least) & (numbers <= most))
    if values.dtype.kind == "f":
        fits &= (np.floor(numbers) == numbers) & (np.abs(numbers) < EXACT)
    with np.errstate(invalid="ignore"):
        return values.astype(TYPES[dtype].numpy), fits


def _at(name: str, place: int, shape: tuple[int, ...]) -> str:
    """Where the value of that number stands in an array of that shape."""
    row, *cell = (int(each) for each in np.unravel_index(place, shape))
    return f"row {row}, input {name} at {cell}" if cell else f"row {row}, column {name}"


def _wanted(dtype: str, shape: tuple[int, ...]) -> str:
    """What the type takes; in a tensor nothing is missing."""
    wanted = TYPES[dtype].wanted
    return wanted.partition(", or null")[0] if len(shape) > 1 else wanted


def _read(name: str, values: Sequence[Any], dtype: str, shape: tuple[int, ...] = ()) -> Array:
    """Plain values as a column. All are looked at together; one by one only to find the one that does not fit.

    ``shape`` is that of the tensor whose cells they are, for messages.
    """
    if all(_takes(kind, dtype) for kind in set(map(type, values))):
        try:
            return _array(values, dtype)
        except (ValueError, OverflowError):
            pass
    for number, value in enumerate(values):
        if why := _misfit(value, dtype):
            where = _at(name, number, shape or (len(values),))
            raise RowError(f"{where}: {why}; {dtype} takes {_wanted(dtype, shape)}")
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
    if dtype in FLOATS:
        return _floats(values, dtype)
    if dtype in WHOLE:
        return _integers(values, dtype)
    if dtype in TIMES:
        return np.array([_day(value) if dtype == "date" else _moment(value) for value in values], dtype=np.int64)
    if dtype == "string":
        return _texts(values)
    return np.array(values, dtype=np.bool_)


def _floats(values: Sequence[float | None], dtype: str) -> Array:
    try:
        wide = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    except OverflowError as error:
        raise ValueError(f"is too large for {dtype}") from error
    made, fits = _to_float(wide, dtype)
    if not fits.all():
        raise ValueError(f"is too large for {dtype}")
    return made


def _integers(values: Sequence[float], dtype: str) -> Array:
    for value in values:
        if isinstance(value, float) and not value.is_integer():
            raise ValueError("is no whole number")
        if isinstance(value, float) and abs(value) >= EXACT:
            raise ValueError("is a float of 2**53 or more, which does not tell whole numbers apart")
    try:
        return np.array([int(value) for value in values], dtype=TYPES[dtype].numpy)
    except OverflowError as error:
        raise ValueError(f"is beyond {dtype}") from error


def _texts(values: Sequence[str | None]) -> Array:
    known = ["" if value is None else str(value) for value in values]
    try:
        "".join(known).encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half of a surrogate pair, which is no Unicode text") from error
    array = np.empty(len(known), dtype=np.object_)
    array[:] = known
    return array


def _day(text: str) -> int:
    if not _DATE.fullmatch(text):
        raise ValueError("is no date")
    try:
        return date.fromisoformat(text).toordinal() - _EPOCH.toordinal()
    except ValueError as error:
        raise ValueError(f"is no date: {error}") from error


def _moment(text: str) -> int:
    if not _DATETIME.fullmatch(text):
        raise ValueError("is no time with an offset")
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is no time: {error}") from error


def _since(name: str, values: Array, dtype: str) -> Array:
    """A NumPy column of dates or times as the whole numbers that a graph takes. Raises ``RowError``."""
    made = values.astype(f"datetime64[{TIMES[dtype]}]")
    missing = np.isnat(cast("npt.NDArray[np.datetime64]", values))
    fits = ~missing & np.asarray(made == values)
    if not fits.all():
        row = int(np.argmin(fits))
        why = "a missing one" if missing[row] else f"{values[row]} is finer than {dtype}"
        raise RowError(f"row {row}, column {name}: {why}; {dtype} takes {TYPES[dtype].wanted}")
    return np.asarray(made.astype(np.int64))


def as_text(value: int, dtype: str) -> str:
    """A date or a time, from days or microseconds since 1970-01-01; the first or the last of those that have a text."""
    least, most = limits(dtype)
    known = min(most, max(least, value))
    if dtype == "date":
        return date.fromordinal(known + _EPOCH.toordinal()).isoformat()
    return (_EPOCH + timedelta(microseconds=known)).isoformat().replace("+00:00", "Z")


def limits(dtype: str) -> tuple[int, int]:
    """The least and the largest number of a whole type, or of a date that has a text."""
    if dtype in TIMES:
        return _LIMITS[dtype]
    info = np.iinfo(cast("type[np.integer[Any]]", TYPES[dtype].numpy))
    return int(info.min), int(info.max)


def _written(name: str, values: Array, dtype: str) -> list[Any]:
    """Values as JSON has them: lists in lists for a tensor, ``None`` for a missing number, text for a date."""
    if dtype in TIMES:
        return _as_texts(name, values, dtype)
    listed: Any = values
    if values.dtype.kind == "f" and (missing := np.isnan(listed)).any():
        listed = values.astype(object)
        listed[missing] = None
    return cast("list[Any]", listed.tolist())


def _as_texts(name: str, values: Array, dtype: str) -> list[Any]:
    least, most = limits(dtype)
    numbers: Any = values
    if (outside := np.asarray((numbers < least) | (numbers > most))).any():
        raise RowError(f"row {int(outside.argmax())}, column {name}: a {dtype} outside the years 1 to 9999")
    return [as_text(value, dtype) for value in numbers.tolist()]


def _demand_finite(name: str, values: Array) -> None:
    if values.dtype.kind == "f" and (infinite := np.isinf(cast("npt.NDArray[np.floating[Any]]", values))).any():
        where, dtype = _at(name, int(infinite.argmax()), values.shape), values.dtype.name
        raise RowError(
            f"{where}: an infinite number, or one too large for a float; {dtype} takes {_wanted(dtype, values.shape)}"
        )


def _shown(value: object) -> str:
    """A value as JSON writes it, cut short."""
    if isinstance(value, date):
        return value.isoformat()
    names: Iterator[tuple[object, str]] = iter(((None, "null"), (True, "true"), (False, "false")))
    return next((said for known, said in names if value is known), brief(value))
