"""Slices of the held-out rows: ``sex``, ``sex & race``, ``age < 25``, ``age < 25 and sex = Female``."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.signature import Array, Columns

Mask: TypeAlias = npt.NDArray[np.bool_]
Rows: TypeAlias = npt.NDArray[np.intp]
"""The places of some rows, ascending: for thousands of parts they take no more than for one."""

_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
EXPECTED: Final = "expected columns such as sex or sex & race, or conditions such as age < 25 and sex = Female"
EXACT: Final = 2.0**53
"""Below it, float64 has every whole number."""
_EQUAL: Final = frozenset({"=", "!="})
_JOINED = re.compile(r"\s&|&\s")
_APART = re.compile("&")
_SPECIAL = re.compile(r"[<>=!]|^`.*`$|^and\s|\sand(\s|$)", re.DOTALL)
_HANGING = re.compile(r"^and\s|\sand$")
_QUOTED = re.compile(r"(?<![^\s&<>=!])`((?:[^`]|``)+)`(?=$|[\s&<>=!])")
"""A name or a value in backticks may hold anything, a backtick doubled; it stands where a name or a value may stand."""
_STANDS_FOR = 0xF0000
"""Where the characters begin that stand for what is quoted while the rest is read: a plane for private use."""
_CONDITION = re.compile(r"(?P<column>[^<>=!]+?)\s*(?P<operator><=|>=|!=|==|<|>|=)\s*(?P<value>[^<>=!]*)")


@dataclass(frozen=True)
class Condition:
    """A comparison of one column with one value, in the column's unit."""

    column: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{quoted(self.column)} {self.operator} {quoted(self.value)}"

    def mask(self, values: Array) -> Mask:
        """Which of ``(rows,)`` values meet it. Raises ``ValueError`` where numbers or dates are compared with text."""
        wanted: object = self.value
        if values.dtype.kind == "M":
            if (wanted := _moment(self.value)) is None:
                raise ValueError(f"{self}: {self.column} holds dates, such as 2026-01-31, or 2026-01-31T12:00:00Z")
        elif values.dtype.kind in "fiub":
            try:
                wanted = float(self.value)
            except ValueError as error:
                raise ValueError(f"{self}: {self.column} holds numbers") from error
        elif self.operator not in _EQUAL:
            raise ValueError(f"{self}: {self.column} holds text, which is compared with = and != only")
        return np.asarray(_OPERATORS[self.operator](values, wanted), dtype=np.bool_)


@dataclass(frozen=True)
class Slice:
    """Either every value of columns taken together, or the rows that meet all conditions."""

    columns: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Slice":
        """Read the written form; ``Slice.parse(str(s)) == s``. Raises ``ValueError`` for any other text."""
        within: list[str] = []
        plain = _QUOTED.sub(lambda match: _stand_in(match[1].replace("``", "`"), within), text)
        if not re.search(r"[<>=!]", plain):
            columns = tuple(_restored(part.strip(), within) for part in plain.split("&"))
            if not all(columns) or len(set(columns)) != len(columns):
                raise ValueError(f"not a slice: {text!r}; {EXPECTED}")
            return cls(columns=columns)
        return cls(conditions=tuple(_condition(part, within) for part in re.split(r"\s+and\s+", plain.strip())))

    def __str__(self) -> str:
        return " & ".join(quoted(name, within=_APART) for name in self.columns) or " and ".join(
            map(str, self.conditions)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it asks for."""
        return self.columns or tuple(condition.column for condition in self.conditions)

    def parts(self, columns: Columns) -> Iterator[tuple[str, Rows]]:
        """The name and the places of the rows of each part of ``(rows,)`` columns, in the order of the names.

        Raises ``KeyError`` with the name of a column that is not there, ``ValueError`` as ``Condition.mask``.
        """
        if self.conditions:
            masks = [condition.mask(columns[condition.column]) for condition in self.conditions]
            yield str(self), np.flatnonzero(np.logical_and.reduce(masks))
            return
        names, code = np.unique(self.groups(columns), return_inverse=True)
        ends = np.cumsum(np.bincount(code, minlength=len(names)))
        # What is left behind the last end is nothing.
        yield from zip(names.tolist(), np.split(np.argsort(code, kind="stable"), ends)[:-1], strict=True)

    def groups(self, columns: Columns) -> npt.NDArray[np.object_]:
        """The name of each row's group, ``(rows,)``: ``sex=Female & race=Black``."""
        first, *others = (_named(name, columns[name]) for name in self.columns)
        for named in others:
            first = first + " & " + named
        return first


def quoted(name: str, *, within: re.Pattern[str] = _JOINED) -> str:
    """A name or a value as it is written in a slice: in backticks where it could not be read otherwise.

    ``within`` is what would part it there: of a condition an ``&`` in a word does not.
    """
    plain = name == name.strip() and not _SPECIAL.search(name) and not within.search(name)
    return name if plain else f"`{name.replace('`', '``')}`"


def _stand_in(name: str, within: list[str]) -> str:
    within.append(name)
    return chr(_STANDS_FOR + len(within) - 1)


def _restored(text: str, within: list[str]) -> str:
    """What a text was before what is quoted in it was put aside."""
    for number, name in enumerate(within):
        text = text.replace(chr(_STANDS_FOR + number), name)
    return text


def _condition(text: str, within: list[str]) -> Condition:
    match = _CONDITION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a condition: {_restored(text, within)!r}; {EXPECTED}")
    found = Condition(match["column"].strip(), match["operator"].replace("==", "="), match["value"].strip())
    known = replace(found, column=_restored(found.column, within), value=_restored(found.value, within))
    if wrong := _wrong(found, known):
        raise ValueError(f"not a condition: {_restored(text, within)!r}: {wrong}; {EXPECTED}")
    return known


def _wrong(condition: Condition, known: Condition) -> str:
    """What no column and no value could make right; names and texts may hold spaces, hyphens, and a & within a word.

    ``known`` is the condition with what is quoted in it.
    """
    if _JOINED.search(condition.column):
        return "a condition is of one column"
    if _HANGING.search(condition.column) or _HANGING.search(condition.value):
        return "`and` joins two conditions"
    if known.operator in _EQUAL or _is_number(known.value) or _moment(known.value) is not None:
        return ""
    found = repr(known.value) if known.value else "nothing"
    return f"{condition.operator} compares with a number or a date, found {found}"


def _moment(text: str) -> np.datetime64 | None:
    """A date, or a time in UTC, as it is written; ``None`` for any other text."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return np.datetime64(found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None), "us")


def _is_number(text: str) -> bool:
    try:
        return not np.isnan(float(text))
    except ValueError:
        return False


def _named(name: str, values: Array) -> npt.NDArray[np.object_]:
    """``sex=Female`` for each row, written once for each value."""
    if values.dtype.kind != "O":
        unique, at = np.unique(values, return_inverse=True)
        return np.array([f"{name}={_written(value)}" for value in unique], dtype=object)[at]
    items = values.tolist()
    written = {item: f"{name}={_written(item)}" for item in set(items)}
    return np.array([written[item] for item in items], dtype=object)


def _written(value: object) -> str:
    """Another text for every other value: whole numbers without a point, others with all their digits."""
    if not isinstance(value, float | np.floating):
        return str(value)
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < EXACT else str(value)
