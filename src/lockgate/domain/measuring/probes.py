"""Probes: real rows with one input column changed: missing, never seen, at the ends of the training range, nudged."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from lockgate.domain.choices import Choice
from lockgate.domain.measuring.edge_rows import UNSEEN
from lockgate.domain.model.inputs import Column, DType, Inputs
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.request_rows import FLOATS, TIMES, TYPES, WHOLE, limits, typed
from lockgate.domain.model.signature import Array, Columns, Signature
from lockgate.errors import FOREIGN

OwnProbe = Literal["missing", "unseen", "empty", "low", "high", "below", "above", "nudge"]
"""The names of ``PROBES``: ``low`` and ``high`` are the ends of the training range, ``below`` and ``above`` lie a whole
range beyond them.
"""
ProbeKind = Annotated[str, Choice(get_args(OwnProbe))]
ProbeFamily = Literal["absent", "end", "nudge"]
"""What a change means: that there is no value, or none that is known; a value of the training range's end or beyond;
next to nothing.
"""

SEED = 20_262
NUDGE = 1e-6
CELLS = 4_000_000
"""How many cells of a table the model is asked at once; more rows are asked in several calls."""
_FLOATS: Final = cast("tuple[DType, ...]", FLOATS)
_WHOLE: Final = cast("tuple[DType, ...]", (*WHOLE, *TIMES))
OF_TENSORS: Final[Mapping[str, tuple[str, ...]]] = {"nudge": FLOATS, "low": (), "high": ()}
"""Which of Lockgate's own probes are asked of a tensor, and of which types they are due. No cell of a tensor is
missing, and beyond those of training a pixel or an id is no number at all.
"""


@dataclass(frozen=True)
class Probe:
    """A way to change one column of real rows.

    ``values`` takes the column, its ``(rows,)`` values and the profile of the training rows, and gives other ones,
    ``(rows,)``, or one for all rows; ``None`` where the column has no such value. It is for inputs of ``dtypes``. Every
    input of the types in ``due`` must have been probed; one of another type, where it was probed with another of the
    family. ``words`` say of a column what was done to it. ``since`` is the number of the method that asks it first
    (``methods.py``): evidence of before is not the less whole. A probe of others is asked of columns alone, of
    Lockgate's own those in ``OF_TENSORS`` of tensors, ``(rows, *shape)``, too: each changes all cells.

    ``package`` is what brings a probe that is not Lockgate's own, with its version: ``acme-probes 1.2``.
    """

    kind: str
    family: ProbeFamily
    words: str
    values: Callable[[Column, Array, Profile], Any]
    dtypes: tuple[DType, ...]
    due: tuple[DType, ...]
    since: int = 1
    package: str = ""

    def told(self, column: str) -> str:
        """The change of a column, in words."""
        by = f" by {self.kind} of {self.package}" if self.package else ""
        return f"{column} {self.words}{by}"


@dataclass(frozen=True)
class Probed:
    """One column's new values for the sampled rows, ``(rows,)``; or, in ``error``, why the probe has none."""

    column: str
    kind: str
    values: Array
    error: str = ""


def probes_of(
    signature: Signature, profile: Profile, table: Inputs, probes: Sequence[Probe] | None = None
) -> Iterator[Probed]:
    """Every probe of every input column; ``table`` are the sampled rows.

    A column without a known training range has no ends.
    """
    for column in signature.inputs:
        for probe in PROBES if probes is None else probes:
            if _fits(probe, column) and (found := _probed(probe, column, table, profile)) is not None:
                yield found


def _probed(probe: Probe, column: Column, table: Inputs, profile: Profile) -> Probed | None:
    values = table[column.name]
    try:
        found = probe.values(column, values, profile)
        if found is None:
            return None
        return Probed(column.name, probe.kind, _column(found, column, values.shape))
    except FOREIGN as error:
        if not probe.package:
            raise
        return Probed(column.name, probe.kind, values, f"{probe.kind} of {probe.package} failed: {_told(error)}")


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _fits(probe: Probe, column: Column) -> bool:
    return column.dtype in probe.dtypes and (not column.axes or (not probe.package and probe.kind in OF_TENSORS))


def _is_due(probe: Probe, column: Column) -> bool:
    return column.dtype in (OF_TENSORS[probe.kind] if column.axes else probe.due)


def _column(found: object, column: Column, shape: tuple[int, ...]) -> Array:
    """Raises ``RowError`` or ``ValueError`` for what the column cannot hold."""
    if not isinstance(found, np.ndarray):
        return np.full(shape, found, dtype=TYPES[column.dtype].numpy)
    if found.shape != shape:
        raise ValueError(f"it gave values of the shape {found.shape} to {shape[0]} rows")
    return typed(column.name, found, column.type)


def due_of(
    column: Column, asked: Collection[tuple[str, str]], number: int, probes: Sequence[Probe] | None = None
) -> Iterator[Probe]:
    """What a column must have been probed with: what is always due, then the families of which it has a probe.

    ``number`` is that of the method which measured.
    """
    known = [probe for probe in (PROBES if probes is None else probes) if probe.since <= number]
    every = [probe for probe in known if _fits(probe, column)]
    begun = {probe.family for probe in every if (column.name, probe.kind) in asked}
    yield from (probe for probe in every if _is_due(probe, column))
    yield from (probe for probe in every if not _is_due(probe, column) and probe.family in begun)


def sampled(total: int, most: int, seed: int = SEED) -> npt.NDArray[np.intp]:
    """At most ``most`` of the row numbers below ``total``, ascending; the same ones for equal arguments."""
    chosen = np.random.default_rng(seed).permutation(total)[:most]
    return np.sort(chosen).astype(np.intp)


def tables_per_call(table: Columns) -> int:
    """How many tables of this size may be asked at once: as many as ``CELLS`` cells hold, one at least."""
    return max(1, CELLS // max(1, sum(values.size for values in table.values())))


def nudged(values: Array) -> Array:
    """Floats ``(rows,)``, or ``(rows, *shape)``, moved by a step of their type or by ``NUDGE`` of the value, whichever
    is more: up in even places, else down.

    NaN and infinities stay, and no number becomes infinite.
    """
    kind = np.dtype(values.dtype if values.dtype.name in FLOATS else np.float32).type
    at: Any = values.astype(kind).reshape(-1)
    way = np.where(np.arange(len(at)) % 2, -1.0, 1.0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        step = np.nextafter(at, (np.inf * way).astype(kind))
        far = (at + way * NUDGE * np.abs(at.astype(np.float64))).astype(kind)
        moved = np.where(np.abs(far - at) > np.abs(step - at), far, step)
    made: Array = np.where(np.isfinite(at) & np.isfinite(moved), moved, at).reshape(values.shape)
    return made


def _missing(_: Column, __: Array, ___: Profile) -> float:
    return float("nan")


def _unseen(_: Column, __: Array, ___: Profile) -> str:
    return UNSEEN


def _empty(_: Column, __: Array, ___: Profile) -> str:
    return ""


def _end(share: float, beyond: int, column: Column, _: Array, profile: Profile) -> bool | int | float | None:
    """The first or the last value of the training range, or as far beyond it as it is wide; 1 where it has no width."""
    if column.dtype == "bool":
        return bool(share)
    low, high = profile.quantile(column.name, 0.0), profile.quantile(column.name, 1.0)
    if low is None or high is None:
        return None
    end, width = high if share else low, high - low or 1.0
    value = end + beyond * width if beyond else end
    return _within(value, column.dtype)


def _nudge(_: Column, values: Array, __: Profile) -> Array:
    return nudged(values)


PROBES: Final[tuple[Probe, ...]] = (
    Probe("missing", "absent", "missing", _missing, _FLOATS, due=_FLOATS),
    Probe("unseen", "absent", "with a category never seen", _unseen, ("string",), due=("string",)),
    Probe("empty", "absent", "empty", _empty, ("string",), due=("string",)),
    Probe("low", "end", "at the low end", partial(_end, 0.0, 0), (*_FLOATS, *_WHOLE, "bool"), due=(*_WHOLE, "bool")),
    Probe("high", "end", "at the high end", partial(_end, 1.0, 0), (*_FLOATS, *_WHOLE, "bool"), due=(*_WHOLE, "bool")),
    Probe("below", "end", "below the training range", partial(_end, 0.0, -1), (*_FLOATS, *_WHOLE), due=_WHOLE),
    Probe("above", "end", "above the training range", partial(_end, 1.0, 1), (*_FLOATS, *_WHOLE), due=_WHOLE),
    Probe("nudge", "nudge", "nudged", _nudge, _FLOATS, due=_FLOATS),
)
"""Text is never seen or empty; whole numbers and dates have no missing value and no step that means nothing; bool is
low (false) and high (true). A float has ends where its training range is known.
"""


def _within(value: float, dtype: str) -> int | float:
    """The value, or the first or last that its type has."""
    if dtype in FLOATS:
        info = np.finfo(cast("type[np.floating[Any]]", TYPES[dtype].numpy))
        return float(np.clip(value, float(info.min), float(info.max)))
    least, most = limits(dtype)
    return max(least, min(most, int(np.clip(value, -1e300, 1e300))))
