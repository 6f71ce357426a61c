"""Real rows with one input column changed: missing, never seen, at the ends of the training range, beyond, nudged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from lockgate.domain.measuring.edge_rows import UNSEEN
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.request_rows import TYPES
from lockgate.domain.model.signature import Array, Columns, Signature

ProbeKind = Literal["missing", "unseen", "empty", "low", "high", "below", "above", "nudge"]
"""``low`` and ``high`` are the ends of the training range, ``below`` and ``above`` lie a whole range beyond them."""

SEED = 20_262
NUDGE = 1e-6
CELLS = 4_000_000
"""How many cells of a table the model is asked at once; more rows are asked in several calls."""
_FLOAT32 = np.finfo(np.float32)
_INT64 = np.iinfo(np.int64)


@dataclass(frozen=True)
class Probe:
    """One column's new values for the sampled rows, ``(rows,)``."""

    column: str
    kind: ProbeKind
    values: Array


def sampled(total: int, most: int, seed: int = SEED) -> npt.NDArray[np.intp]:
    """At most ``most`` of the row numbers below ``total``, ascending; the same ones for equal arguments."""
    chosen = np.random.default_rng(seed).permutation(total)[:most]
    return np.sort(chosen).astype(np.intp)


def tables_per_call(table: Columns) -> int:
    """How many tables of this size may be asked at once: as many as ``CELLS`` cells hold, one at least."""
    return max(1, CELLS // max(1, sum(len(values) for values in table.values())))


def probes_of(signature: Signature, profile: Profile, table: Inputs) -> Iterator[Probe]:
    """Every probe of every input column. ``table`` are the sampled rows.

    Text is never seen or empty; float32 is missing, low, high, below, above and nudged; int64 has no missing value and
    no step that means nothing; bool is low (false) and high (true). A column without a known training range has no low,
    high, below and above.
    """
    for column in signature.inputs:
        values = table[column.name]
        for kind, value in _constants(column.name, column.dtype, profile):
            yield Probe(column.name, kind, np.full(len(values), value, dtype=TYPES[column.dtype].numpy))
        if column.dtype == "float32":
            yield Probe(column.name, "nudge", nudged(values))


def nudged(values: Array) -> Array:
    """Float32 ``(rows,)`` moved by a step or by ``NUDGE`` of the value, whichever is more: up in even rows, else down.

    NaN and infinities stay, and no number becomes infinite.
    """
    at = values.astype(np.float32)
    way = np.where(np.arange(len(at)) % 2, -1.0, 1.0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        step = np.nextafter(at, np.float32(np.inf) * way.astype(np.float32))
        far = (at + way * NUDGE * np.abs(at.astype(np.float64))).astype(np.float32)
        moved = np.where(np.abs(far - at) > np.abs(step - at), far, step)
    return np.where(np.isfinite(at) & np.isfinite(moved), moved, at)


def _constants(name: str, dtype: str, profile: Profile) -> Iterator[tuple[ProbeKind, object]]:
    if dtype == "string":
        yield from (("unseen", UNSEEN), ("empty", ""))
    elif dtype == "bool":
        yield from (("low", False), ("high", True))
    else:
        if dtype == "float32":
            yield "missing", float("nan")
        quantiles = next((number.quantiles for number in profile.numbers if number.name == name), ())
        if quantiles:
            yield from _range(quantiles[0], quantiles[-1], whole=dtype == "int64")


def _range(low: float, high: float, *, whole: bool) -> Iterator[tuple[ProbeKind, object]]:
    """The ends of the training range, and as far beyond them as it is wide; 1 where it has no width."""
    width = high - low or 1.0
    ends: tuple[tuple[ProbeKind, float], ...] = (
        ("low", low),
        ("high", high),
        ("below", low - width),
        ("above", high + width),
    )
    for kind, value in ends:
        yield kind, _whole(value) if whole else float(np.clip(value, _FLOAT32.min, _FLOAT32.max))


def _whole(value: float) -> int:
    return max(_INT64.min, min(_INT64.max, int(np.clip(value, -1e300, 1e300))))
