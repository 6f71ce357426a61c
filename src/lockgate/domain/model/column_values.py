"""What a column of a table may hold, told with the row of the first value that it may not."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import cast

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.signature import Array

TEXT = 'a text column holds texts only, and a missing text is ""'
ALLOWED = "a column holds numbers, truth values, texts, dates or times"
TENSOR = "a tensor holds numbers, in one array of the shape (rows, ...)"
MISSING = "a missing number is NaN"
DOUBLE = 8
"""The bytes of the widest number that a table on disk holds."""
NO_DATE = "a date has no missing value: write the column as text, or as a number with NaN"
_DAYS = frozenset("YMWD")
_PLAIN = {int: np.int64, float: np.float64, bool: np.bool_}


def column_of(values: object) -> Array:
    """A ``(rows,)`` column as tables hold it: numbers, truth values, dates, or objects that are all ``str``.

    A tensor of numbers is ``(rows, *shape)``. A date is ``datetime64[D]``, a time ``datetime64[us]`` in UTC. Takes
    NumPy arrays, and what NumPy makes one of. Raises ``ValueError`` with the first row that cannot stand there.
    """
    if isinstance(values, np.ma.MaskedArray):
        values = _unmasked(values)
    if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        raise ValueError(f"is {_told(values)}, no array")
    array = _array(values)
    kind = array.dtype.kind
    if array.ndim == 0 or (array.ndim > 1 and (kind not in "iuf" or 0 in array.shape[1:])):
        raise ValueError(
            f"has the shape {array.shape}, of {array.dtype}; a column has one value for each row; {TENSOR}"
        )
    if kind in "iub" or (kind == "f" and array.dtype.itemsize <= DOUBLE):
        return _finite(array)
    if kind in "OUT":
        return _objects(array)
    if kind == "M":
        return _times(cast("npt.NDArray[np.datetime64]", array))
    raise ValueError(f"holds {array.dtype}; {ALLOWED}")


def _times(array: "npt.NDArray[np.datetime64]") -> Array:
    """Days as days, all finer times as microseconds."""
    if (missing := np.isnat(array)).any():
        raise ValueError(f"row {int(missing.argmax())} is NaT; {NO_DATE}")
    made = array.astype("datetime64[D]" if np.datetime_data(array.dtype)[0] in _DAYS else "datetime64[us]")
    if (finer := np.asarray(made != array)).any():
        row = int(finer.argmax())
        raise ValueError(f"row {row} is {array[row]}; a time is told to the microsecond")
    return made


def _unmasked(values: "np.ma.MaskedArray[tuple[int, ...], np.dtype[np.generic]]") -> Array:
    mask = np.ma.getmaskarray(values)
    if mask.any():
        row = int(np.argwhere(mask)[0][0])
        raise ValueError(f'row {row} is masked; {MISSING}, and a missing text is "": fill them, as `filled` does')
    return np.asarray(values.data)


def _array(values: object) -> Array:
    if isinstance(values, np.ndarray):
        return values
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        raise ValueError(f"is no column: {error}") from error


def _finite(array: Array) -> Array:
    if array.dtype.kind == "f":
        endless = np.isinf(array)
        if endless.any():
            place = np.unravel_index(int(endless.argmax()), array.shape)
            raise ValueError(f"row {int(place[0])} is {array[place]}; numbers are finite, and {MISSING}")
    return array


def _objects(array: Array) -> Array:
    items: list[object] = array.tolist()
    kinds = set(map(type, items))
    if kinds <= {str, np.str_}:
        _demand_unicode(items)
        return (
            np.array([str(item) for item in items], dtype=object) if kinds != {str} or array.dtype != object else array
        )
    if items and all(isinstance(item, date) for item in items):
        return _dates(cast("list[date]", items))
    if items and all(isinstance(item, list | tuple | np.ndarray) for item in items):
        return _tensor(items)
    plain = [item.item() if isinstance(item, np.generic) else item for item in items]
    if len(same := set(map(type, plain))) == 1 and (dtype := _PLAIN.get(same.pop())) is not None:
        return _finite(_numbers(plain, dtype))
    row = next(row for row, item in enumerate(items) if not isinstance(item, str))
    found = f"row {row} is {_told(items[row])}"
    raise ValueError(f"{found}; {TEXT if {str, np.str_} & kinds else ALLOWED}")


def _dates(items: Sequence[date]) -> Array:
    """Python's dates as days; its times, which are dates as well, as microseconds, and one without a zone is in UTC."""
    times = [isinstance(item, datetime) for item in items]
    if any(times) and not all(times):
        raise ValueError("holds dates and times side by side; give it one kind")
    plain = [_in_utc(item) if isinstance(item, datetime) else item for item in items]
    return np.array(plain, dtype="datetime64[us]" if times[0] else "datetime64[D]")


def _in_utc(moment: datetime) -> datetime:
    if moment != moment:  # noqa: PLR0124 - a missing one is not equal to itself
        raise ValueError(f"holds NaT; {NO_DATE}")
    if getattr(moment, "nanosecond", 0):
        raise ValueError(f"holds {moment}; a time is told to the microsecond")
    known = moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    return datetime.fromisoformat(known.isoformat(timespec="microseconds"))


def _tensor(items: Sequence[object]) -> Array:
    """Rows that are arrays or lists of one shape each, as one array."""
    rows = [column_of(item) if isinstance(item, list | tuple) else np.asarray(item) for item in items]
    odd = next((row for row, item in enumerate(rows) if item.shape != rows[0].shape), None)
    if odd is not None:
        raise ValueError(f"row {odd} has the shape {rows[odd].shape}, row 0 has {rows[0].shape}; {TENSOR}")
    return column_of(np.stack(rows))


def _numbers(items: Sequence[object], dtype: type) -> Array:
    try:
        return np.array(items, dtype=dtype)
    except OverflowError as error:
        raise ValueError(f"holds a whole number beyond 64 bits; {ALLOWED}") from error


def _demand_unicode(items: Sequence[object]) -> None:
    """A lone surrogate is no character, and no file holds it."""
    try:
        "".join(map(str, items)).encode()
    except UnicodeEncodeError as error:
        row = next(row for row, item in enumerate(items) if any("\ud800" <= char <= "\udfff" for char in str(item)))
        raise ValueError(f"row {row} is {str(items[row])!r}, which is no Unicode text") from error


def _told(value: object) -> str:
    """A missing value by its name; any other by its type, short."""
    if value is None or str(value) in {"nan", "<NA>", "NaT"}:
        return str(value)
    shown = repr(value)
    return f"{shown if len(shown) <= 40 else shown[:40] + ' ...'} ({type(value).__name__})"  # noqa: PLR2004 - of a line
