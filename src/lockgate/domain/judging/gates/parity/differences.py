"""One output of two models, compared chunk by chunk: what stays in memory does not grow with the rows."""

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lockgate.domain.judging.gates.parity.evidence import OutputParity, WorstRow
from lockgate.domain.model.signature import Array, Output, dtype_name

WORST = 10
QUANTILES = (0.5, 0.9, 0.99, 0.999)
EDGES = np.array([float(f"1e{power}") for power in range(-12, 1)])
Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

# Quantiles come from counts of a float64's exponent and its first bits: 64 bins between two powers of two.
_SHIFT, _BINS = 46, 2**17


class Differences:
    """What two models answered as one output, and how far apart it is."""

    def __init__(self, declared: Output, *, scaled: bool = False) -> None:
        self._declared = declared
        self._sizes: Floats | None = None
        self._is_scaled, self._scaled = scaled, 0.0
        self._rows = 0
        self._wrong: OutputParity | None = None
        self._compared = self._mismatches = 0
        self._absolute = self._relative = self._ulp = 0.0
        self._counts = np.zeros(_BINS, dtype=np.int64)
        self._histogram = np.zeros(len(EDGES) + 2, dtype=np.int64)
        self._worst: list[WorstRow] = []
        self._comparable = declared.dtype != "string"

    def add(self, reference: Array, actual: Array) -> None:
        """Some more rows, ``(rows, ...)``."""
        form = _form(self._declared, len(reference), actual)
        if not form.same_form:
            self._wrong = self._wrong or form
        elif self._declared.dtype != "string":
            if reference.shape == actual.shape:
                # Two large integers may be one number in float64.
                exact = np.asarray(reference != actual) if actual.dtype.kind in "iu" else None
                self._differences(reference.astype(np.float64), actual.astype(np.float64), exact)
            else:
                self._comparable = False
        self._rows += len(reference)

    def _differences(self, reference: Floats, actual: Floats, exact: Mask | None) -> None:
        if self._is_scaled:
            reference = _held(reference, self._declared.dtype)
        finite = np.isfinite(reference) & np.isfinite(actual)
        if not finite.all():
            self._mismatches += int((~finite & ~_equal_or_both_nan(reference, actual)).sum())
        self._compared += int(finite.sum())
        if self._is_scaled and self._sizes is None and len(reference):
            self._sizes = typical(reference)
        absolute = np.zeros(reference.shape)
        np.abs(np.subtract(reference, actual, where=finite, out=absolute), out=absolute)
        if exact is not None:
            absolute[exact & (absolute == 0.0)] = 1.0
        apart = absolute > 0.0
        found, sizes = absolute[apart], np.abs(reference[apart])
        self._count(found, int(finite.sum()))
        if not found.size:
            return
        # Where the reference is 0, any difference is infinitely large in relation: it stands as None and never passes.
        with np.errstate(divide="ignore", over="ignore"):
            self._relative = max(self._relative, float((found / sizes).max()))
            self._ulp = max(self._ulp, float((found / self._spacing(sizes)).max()))
        self._absolute = max(self._absolute, float(found.max()))
        if self._sizes is not None:
            of = np.maximum(np.abs(np.where(apart, reference, 0.0)), self._sizes)
            self._scaled = max(self._scaled, float((absolute / of).max()))
        self._keep_worst(absolute, reference, actual)

    def _count(self, found: Floats, compared: int) -> None:
        same = compared - found.size
        self._histogram += np.bincount(np.searchsorted(EDGES, found) + 1, minlength=len(self._histogram))
        self._histogram[0] += same
        self._counts += np.bincount(found.view(np.int64) >> _SHIFT, minlength=_BINS)
        self._counts[0] += same

    def _spacing(self, sizes: Floats) -> Floats:
        """The distance between neighbours of the declared type at these values."""
        if not self._declared.dtype.startswith("float"):
            return np.ones(sizes.shape)
        spacing = np.spacing(sizes.astype(self._declared.dtype)).astype(np.float64)
        return np.where(np.isfinite(spacing), spacing, np.inf)

    def _keep_worst(self, absolute: Floats, reference: Floats, actual: Floats) -> None:
        by_row = absolute.reshape(len(absolute), -1).max(axis=1, initial=0.0)
        least = self._worst[-1].absolute if len(self._worst) == WORST else 0.0
        rows = np.flatnonzero(by_row > least)
        if rows.size > WORST:
            rows = rows[np.argpartition(-by_row[rows], WORST - 1)[:WORST]]
        found = [
            WorstRow(self._rows + int(row), float(by_row[row]), _values(reference[row]), _values(actual[row]))
            for row in rows
        ]
        self._worst = sorted([*self._worst, *found], key=lambda worst: (-worst.absolute, worst.row))[:WORST]

    def result(self) -> OutputParity:
        """What was found."""
        if self._wrong is not None:
            return self._wrong
        shape = (self._rows, *self._declared.shape)
        form = OutputParity(self._declared.name, self._declared.dtype, self._declared.dtype, shape, shape)
        if not self._comparable:
            return form
        return replace(
            form,
            max_absolute=self._number(self._absolute),
            max_relative=self._number(self._relative),
            mismatches=self._mismatches,
            max_ulp=self._number(self._ulp),
            quantiles=self._quantiles(),
            histogram=tuple(self._histogram.tolist()),
            worst_rows=tuple(self._worst),
            max_scaled=None if self._sizes is None else self._number(self._scaled),
            sizes=() if self._sizes is None else tuple(self._sizes.ravel().tolist()),
        )

    def _number(self, largest: float) -> float | None:
        return largest if self._compared and np.isfinite(largest) else None

    def _quantiles(self) -> tuple[float, ...]:
        """Upper ends of bins, at most 1.6 % above the exact ones, and never above the largest difference."""
        if not self._compared:
            return ()
        places = np.searchsorted(np.cumsum(self._counts), np.ceil(np.array(QUANTILES) * self._compared))
        ends = ((places + 1) << _SHIFT).view(np.float64)
        return tuple(
            0.0 if place == 0 else min(float(end), self._absolute) for place, end in zip(places, ends, strict=True)
        )


def _held(values: Floats, dtype: str) -> Floats:
    """What the declared type holds of numbers that have no end: beyond its own it is infinite."""
    if not dtype.startswith("float"):
        return values
    beyond = np.abs(values) > float(np.finfo(dtype).max)
    return np.where(beyond, np.copysign(np.inf, values), values)


def typical(values: Floats) -> Floats:
    """The median size of each column of ``(rows, ...)`` numbers; the mean where that is 0, 1 where all are or none."""
    rows = np.abs(values.reshape(len(values), -1))
    found = np.ones(rows.shape[1])
    for place, column in enumerate(rows.T):
        known = column[np.isfinite(column)]
        size = (float(np.median(known)) or float(np.mean(known))) if known.size else 0.0
        found[place] = size if np.isfinite(size) and size > 0 else 1.0
    return found.reshape(values.shape[1:])


def _form(declared: Output, rows: int, actual: Array) -> OutputParity:
    return OutputParity(
        name=declared.name,
        expected_dtype=declared.dtype,
        actual_dtype=dtype_name(actual),
        expected_shape=(rows, *declared.shape),
        actual_shape=actual.shape,
    )


def _equal_or_both_nan(left: Floats, right: Floats) -> Mask:
    return np.asarray((left == right) | (np.isnan(left) & np.isnan(right)))


def _values(cells: Floats) -> tuple[float | None, ...]:
    return tuple(float(value) if np.isfinite(value) else None for value in np.atleast_1d(cells).ravel()[:WORST])
