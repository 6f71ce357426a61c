"""Rows that nobody has sent yet: at and beyond the edges of what the training rows looked like."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.profile import NumberProfile, Profile, TextProfile
from lockgate.domain.model.request_rows import typed
from lockgate.domain.model.signature import Array, Signature

UNSEEN = "\u2603 never seen"
HUGE = 1e30
INFINITE = float("inf")
THRESHOLDS = 64
"""How many thresholds of a column are tried; a column of a boosted model has hundreds."""
DENORMAL = float(np.finfo(np.float32).smallest_subnormal)
_FLOAT32, _INT64 = np.finfo(np.float32), np.iinfo(np.int64)


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

    ``thresholds`` are those of the model's trees, by column: each gives rows at it and on both sides.
    """
    typical = profile.typical_row(signature)
    edges = [(c.name, edge) for c in signature.inputs for edge in _edges(c.name, c.dtype, profile)]
    floats = {column.name for column in signature.inputs if column.dtype == "float32"}
    edges += [(name, edge) for name, values in (thresholds or {}).items() if name in floats for edge in _around(values)]
    places: dict[str, list[int]] = {}
    for row, (name, _) in enumerate(edges):
        places.setdefault(name, []).append(row)
    columns: dict[str, Array] = {}
    for column in signature.inputs:
        own = places.get(column.name, [])
        # Typed once each: there are as many rows as columns times edges.
        values = typed(column.name, _listed([typical[column.name], *(edges[row][1] for row in own)]), column.dtype)
        whole = np.repeat(values[:1], len(edges))
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
    array[:] = values
    return array


def _edges(name: str, dtype: str, profile: Profile) -> Iterator[object]:
    if dtype == "string":
        yield from _texts(next((text for text in profile.texts if text.name == name), None))
    elif dtype == "bool":
        yield from (False, True)
    else:
        numbers = next((number for number in profile.numbers if number.name == name), None)
        yield from (_floats if dtype == "float32" else _integers)(numbers)


def _around(thresholds: Array) -> Iterator[float]:
    """Thresholds, at most ``THRESHOLDS`` of them from end to end, with their float32 neighbours."""
    known = np.unique(thresholds.astype(np.float64))
    if not known.size:
        return
    places = np.unique(np.linspace(0, len(known) - 1, THRESHOLDS).round().astype(np.intp))
    for threshold in known[places]:
        yield from _neighbours(threshold)


def _neighbours(value: float) -> Iterator[float]:
    at = np.float32(value)
    yield from (float(np.nextafter(at, np.float32(-np.inf))), float(at), float(np.nextafter(at, np.float32(np.inf))))


def _texts(profile: TextProfile | None) -> Iterator[str]:
    yield from ("", UNSEEN, " ", "None", "nan")
    yield from profile.counts if profile else ()


def _floats(profile: NumberProfile | None) -> Iterator[float]:
    """Missing, zeros, the smallest number, the huge, infinities, and each quantile with its float32 neighbours."""
    yield from (float("nan"), 0.0, -0.0, DENORMAL, -DENORMAL, HUGE, -HUGE, INFINITE, -INFINITE)
    if profile is None or not profile.quantiles:
        return
    low, high = profile.quantiles[0], profile.quantiles[-1]
    for beyond in (low - 1, low - (high - low), high + 1, high + (high - low)):
        yield float(np.clip(beyond, _FLOAT32.min, _FLOAT32.max))
    for quantile in dict.fromkeys(profile.quantiles):
        yield from _neighbours(quantile)


def _integers(profile: NumberProfile | None) -> Iterator[int]:
    yield from (0, 1, -1, 2**31, -(2**31))
    if profile is not None and profile.quantiles:
        low, high = int(profile.quantiles[0]), int(profile.quantiles[-1])
        for edge in (low, low - 1, high, high + 1, high + (high - low)):
            yield max(_INT64.min, min(_INT64.max, edge))
