"""Rows that nobody has sent yet: at and beyond the edges of what the training rows looked like."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from lockgate.domain.model.inputs import Input, Inputs
from lockgate.domain.model.profile import NumberProfile, Profile, TextProfile
from lockgate.domain.model.request_rows import FLOATS, TIMES, TYPES, as_text, limits, typed
from lockgate.domain.model.signature import Array, Signature

UNSEEN = "\u2603 never seen"
HUGE = 1e30
INFINITE = float("inf")
THRESHOLDS = 64
"""How many thresholds of a column are tried; a column of a boosted model has hundreds."""
LEAP = 11_016
"""The days from 1970-01-01 to 2000-02-29."""


@dataclass(frozen=True)
class EdgeRows:
    """Rows that differ from the typical one in one column each, and what that is: ``names[i]`` is row ``i``.

    ``kinds[i]`` is the place of its edge among those of its column.
    """

    inputs: Inputs
    names: tuple[str, ...]
    kinds: tuple[int, ...] = ()

    def only(self, rows: Sequence[int]) -> "EdgeRows":
        """Some of them."""
        kinds = tuple(self.kinds[row] for row in rows) if self.kinds else ()
        return EdgeRows(self.inputs.take(np.array(rows, dtype=np.intp)), tuple(self.names[row] for row in rows), kinds)

    def by_kind(self) -> list[int]:
        """All rows, those with the same edge of their column together: a model that refuses one may refuse all."""
        rows = range(len(self.names))
        return sorted(rows, key=lambda row: self.kinds[row]) if self.kinds else list(rows)


def edge_rows(signature: Signature, profile: Profile, thresholds: Mapping[str, Array] | None = None) -> EdgeRows:
    """Every edge of every input column, around the profile's typical row; columns are ``(rows,)``.

    A tensor is at an edge with all its cells, such as an image of zeros.
    ``thresholds`` are those of the model's trees, by column: each gives rows at it and on both sides.
    """
    typical = profile.typical_row(signature)
    edges = [(c.name, edge) for c in signature.inputs for edge in _edges(c, profile)]
    floats = {column.name for column in signature.inputs if column.dtype == "float32" and not column.axes}
    edges += [(name, edge) for name, values in (thresholds or {}).items() if name in floats for edge in _around(values)]
    places: dict[str, list[int]] = {}
    for row, (name, _) in enumerate(edges):
        places.setdefault(name, []).append(row)
    columns: dict[str, Array] = {}
    for column in signature.inputs:
        own = places.get(column.name, [])
        # Typed once each: there are as many rows as columns times edges.
        values = _values(column, profile, [typical[column.name], *(edges[row][1] for row in own)])
        whole = np.repeat(values[:1], len(edges), axis=0)
        whole[own] = values[1:]
        columns[column.name] = whole
    kinds = [0] * len(edges)
    for own in places.values():
        for kind, row in enumerate(own):
            kinds[row] = kind
    inputs = Inputs(columns, signature.inputs, len(edges))
    return EdgeRows(inputs, tuple(f"{name}={edge!r}" for name, edge in edges), tuple(kinds))


def _listed(values: Sequence[object]) -> Array:
    array = np.empty(len(values), dtype=np.object_)
    for place, value in enumerate(values):
        array[place] = value  # a list is a value, and not a row of them
    return array


def _values(column: Input, profile: Profile, values: Sequence[object]) -> Array:
    """The typical value and the edges of a column, typed; of a tensor, each in all its cells."""
    if not column.axes:
        return typed(column.name, _listed(values), column.dtype)
    typical, *edges = values
    shape = profile.shape(column)
    cells = typed(column.name, _listed(edges), column.dtype)
    first = typed(column.name, _listed([typical]), column.type)
    whole = np.broadcast_to(cells.reshape(-1, *(1 for _ in shape)), (len(edges), *shape))
    return np.concatenate([first, whole])


def _edges(column: Input, profile: Profile) -> Iterator[object]:
    if column.dtype == "string":
        yield from _texts(next((text for text in profile.texts if text.name == column.name), None))
    elif column.dtype == "bool":
        yield from (False, True)
    else:
        numbers = next((number for number in profile.numbers if number.name == column.name), None)
        yield from _numbers(column, numbers)


def _numbers(column: Input, profile: NumberProfile | None) -> Iterator[object]:
    if column.dtype in FLOATS:
        yield from _floats(profile, column.dtype) if not column.axes else _cells(profile, column.dtype)
    elif column.dtype in TIMES:
        yield from (as_text(day, column.dtype) for day in _times(profile, column.dtype))
    else:
        yield from _integers(profile, column.dtype)


def _around(thresholds: Array) -> Iterator[float]:
    """Thresholds, at most ``THRESHOLDS`` of them from end to end, with their float32 neighbours."""
    known = np.unique(thresholds.astype(np.float64))
    if not known.size:
        return
    places = np.unique(np.linspace(0, len(known) - 1, THRESHOLDS).round().astype(np.intp))
    for threshold in known[places]:
        yield from _neighbours(threshold)


def _neighbours(value: float, dtype: str = "float32") -> Iterator[float]:
    kind = _kind(dtype)
    at = kind(value)
    yield from (float(np.nextafter(at, kind(-np.inf))), float(at), float(np.nextafter(at, kind(np.inf))))


def _texts(profile: TextProfile | None) -> Iterator[str]:
    yield from ("", UNSEEN, " ", "None", "nan")
    yield from profile.counts if profile else ()


def _floats(profile: NumberProfile | None, dtype: str) -> Iterator[float]:
    """Missing, zeros, the smallest number, the huge, infinities, and each quantile with its neighbours of that type."""
    smallest = float(np.finfo(_kind(dtype)).smallest_subnormal)
    yield from (float("nan"), 0.0, -0.0, smallest, -smallest)
    yield from (_clipped(edge, dtype) for edge in (HUGE, -HUGE))
    yield from (INFINITE, -INFINITE)
    if profile is None or not profile.quantiles:
        return
    low, high = profile.quantiles[0], profile.quantiles[-1]
    for beyond in (low - 1, low - (high - low), high + 1, high + (high - low)):
        yield _clipped(beyond, dtype)
    for quantile in dict.fromkeys(profile.quantiles):
        yield from _neighbours(quantile, dtype)


def _cells(profile: NumberProfile | None, dtype: str) -> Iterator[float]:
    """What all cells of a tensor may be: zero, the huge, and the ends of the training rows."""
    yield from (0.0, _clipped(HUGE, dtype), _clipped(-HUGE, dtype))
    yield from (profile.quantiles[0], profile.quantiles[-1]) if profile and profile.quantiles else ()


def _integers(profile: NumberProfile | None, dtype: str) -> Iterator[int]:
    least, most = limits(dtype)
    yield from dict.fromkeys(max(least, min(most, edge)) for edge in (0, 1, -1, 2**31, -(2**31)))
    if profile is not None and profile.quantiles:
        low, high = int(profile.quantiles[0]), int(profile.quantiles[-1])
        for edge in (low, low - 1, high, high + 1, high + (high - low)):
            yield max(least, min(most, edge))


def _times(profile: NumberProfile | None, dtype: str) -> Iterator[int]:
    """The day that all are counted from, a leap day, the first and the last with a text, and the training's ends."""
    least, most = limits(dtype)
    leap = LEAP if dtype == "date" else LEAP * 86_400_000_000
    yield from (0, -1, leap, least, most)
    if profile is not None and profile.quantiles:
        low, high = int(profile.quantiles[0]), int(profile.quantiles[-1])
        yield from (low, low - 1, high, high + 1)


def _kind(dtype: str) -> type[np.floating[Any]]:
    return cast("type[np.floating[Any]]", TYPES[dtype].numpy)


def _clipped(value: float, dtype: str) -> float:
    info = np.finfo(_kind(dtype))
    return float(np.clip(value, float(info.min), float(info.max)))
