"""What a column of a table may hold, told with the row of the first value that it may not."""

from collections.abc import Sequence

import numpy as np

from lockgate.domain.model.signature import Array

TEXT = 'a text column holds texts only, and a missing text is ""'
ALLOWED = "a column holds numbers, truth values or texts"
MISSING = "a missing number is NaN"
DOUBLE = 8
"""The bytes of the widest number that a table on disk holds."""
_DATES = "Mm"
_PLAIN = {int: np.int64, float: np.float64, bool: np.bool_}


def column_of(values: object) -> Array:
    """A ``(rows,)`` column as tables hold it: numbers, truth values, or objects that are all ``str``.

    Takes NumPy arrays, and what NumPy makes one of. Raises ``ValueError`` with the first row that cannot stand there.
    """
    if isinstance(values, np.ma.MaskedArray):
        values = _unmasked(values)
    if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        raise ValueError(f"is {_told(values)}, no array")
    array = _array(values)
    if array.ndim != 1:
        raise ValueError(f"has the shape {array.shape}; a column has one value for each row: (rows,)")
    kind = array.dtype.kind
    if kind in "iub" or (kind == "f" and array.dtype.itemsize <= DOUBLE):
        return _finite(array)
    if kind in "OUT":
        return _objects(array)
    if kind in _DATES:
        raise ValueError(f"holds dates or times, {array.dtype}; {ALLOWED}: write them as text or as a number")
    raise ValueError(f"holds {array.dtype}; {ALLOWED}")


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
            row = int(endless.argmax())
            raise ValueError(f"row {row} is {array[row]}; numbers are finite, and {MISSING}")
    return array


def _objects(array: Array) -> Array:
    items: list[object] = array.tolist()
    kinds = set(map(type, items))
    if kinds <= {str, np.str_}:
        _demand_unicode(items)
        return (
            np.array([str(item) for item in items], dtype=object) if kinds != {str} or array.dtype != object else array
        )
    plain = [item.item() if isinstance(item, np.generic) else item for item in items]
    if len(same := set(map(type, plain))) == 1 and (dtype := _PLAIN.get(same.pop())) is not None:
        return _finite(_numbers(plain, dtype))
    row = next(row for row, item in enumerate(items) if not isinstance(item, str))
    found = f"row {row} is {_told(items[row])}"
    raise ValueError(f"{found}; {TEXT if {str, np.str_} & kinds else ALLOWED}")


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
