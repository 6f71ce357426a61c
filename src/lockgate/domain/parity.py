"""Comparing what two models answered on the same rows: forms, differences, flips. Facts only."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lockgate.domain.evidence import Flip, OutputParity, WorstRow
from lockgate.domain.signature import Array, Output, Outputs, Signature, dtype_name

WORST = 10
QUANTILES = (0.5, 0.9, 0.99, 0.999)
EDGES = np.array([float(f"1e{power}") for power in range(-12, 1)])
Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """The facts about outputs that a parity check records."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    reordered: tuple[str, ...]
    outputs: tuple[OutputParity, ...]
    flips: int | None
    worst_flips: tuple[Flip, ...]


def compare(signature: Signature, reference: Outputs, actual: Outputs) -> Comparison:
    """Compare two models' outputs, each named array of shape ``(rows, ...)``, by the declared signature.

    The reference may be of higher precision than declared (float64 for float32); the actual output may not differ
    from the declaration at all.
    """
    declared = [output.name for output in signature.outputs]
    flips = _flips(reference.get(signature.label), actual.get(signature.label), reference.get(signature.probabilities))
    return Comparison(
        missing=tuple(name for name in declared if name not in actual or name not in reference),
        unexpected=tuple(name for name in actual if name not in declared),
        reordered=tuple(actual) if [*actual] != declared and {*actual} == {*declared} else (),
        outputs=tuple(
            _output(output, reference[output.name], actual[output.name])
            for output in signature.outputs
            if output.name in actual and output.name in reference
        ),
        flips=None if flips is None else len(flips),
        worst_flips=() if flips is None else tuple(flips[:WORST]),
    )


def _output(declared: Output, reference: Array, actual: Array) -> OutputParity:
    form = OutputParity(
        name=declared.name,
        expected_dtype=declared.dtype,
        actual_dtype=dtype_name(actual),
        expected_shape=(len(reference), *declared.shape),
        actual_shape=actual.shape,
    )
    if not form.same_form or reference.shape != actual.shape or declared.dtype == "string":
        return form
    return _with_differences(form, reference.astype(np.float64), actual.astype(np.float64))


def _with_differences(form: OutputParity, reference: Floats, actual: Floats) -> OutputParity:
    finite = np.isfinite(reference) & np.isfinite(actual)
    same = np.array_equal(reference, actual, equal_nan=True)
    mismatches = 0 if same else int((~finite & ~_equal_or_both_nan(reference, actual)).sum())
    absolute = np.zeros(reference.shape)
    np.abs(np.subtract(reference, actual, where=finite, out=absolute), out=absolute)
    scale = np.abs(reference, where=finite, out=np.ones(reference.shape))
    # Where the reference is 0, any difference is infinitely large in relation: it stands as None and never passes.
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(absolute == 0.0, 0.0, absolute / scale)
    return OutputParity(
        form.name,
        form.expected_dtype,
        form.actual_dtype,
        form.expected_shape,
        form.actual_shape,
        max_absolute=_largest(absolute, finite),
        max_relative=_largest(relative, finite),
        mismatches=mismatches,
        max_ulp=_largest(absolute / _spacing(form, reference, finite), finite),
        quantiles=_quantiles(absolute[finite]),
        histogram=_histogram(absolute[finite]),
        worst_rows=_worst_rows(absolute, reference, actual),
    )


def _spacing(form: OutputParity, reference: Floats, finite: Mask) -> Floats:
    """The distance between neighbours of the declared type at the reference's values."""
    if not form.expected_dtype.startswith("float"):
        return np.ones(reference.shape)
    sizes = np.abs(reference, where=finite, out=np.ones(reference.shape))
    with np.errstate(over="ignore"):
        spacing = np.spacing(sizes.astype(form.expected_dtype)).astype(np.float64)
    return np.where(np.isfinite(spacing), spacing, np.inf)


def _quantiles(differences: Floats) -> tuple[float, ...]:
    if not differences.size:
        return ()
    return tuple(float(value) for value in np.quantile(differences, QUANTILES, method="higher"))


def _histogram(differences: Floats) -> tuple[int, ...]:
    places = np.where(differences == 0.0, 0, np.searchsorted(EDGES, differences) + 1)
    return tuple(int(count) for count in np.bincount(places.ravel(), minlength=len(EDGES) + 2))


def _worst_rows(absolute: Floats, reference: Floats, actual: Floats) -> tuple[WorstRow, ...]:
    by_row = absolute.reshape(len(absolute), -1).max(axis=1, initial=0.0)
    count = min(WORST, len(by_row))
    candidates = np.argpartition(-by_row, count - 1)[:count] if count else np.empty(0, dtype=np.int64)
    rows = sorted(candidates.tolist(), key=lambda row: (-by_row[row], row))
    return tuple(
        WorstRow(row, float(by_row[row]), _values(reference[row]), _values(actual[row])) for row in rows if by_row[row]
    )


def _values(cells: Floats) -> tuple[float | None, ...]:
    return tuple(float(value) if np.isfinite(value) else None for value in np.atleast_1d(cells).ravel()[:WORST])


def _equal_or_both_nan(left: Floats, right: Floats) -> Mask:
    return np.asarray((left == right) | (np.isnan(left) & np.isnan(right)))


def _largest(values: Floats, compared: Mask) -> float | None:
    if not compared.any():
        return None
    largest = float(values.max())
    return largest if np.isfinite(largest) else None


def _flips(reference: Array | None, actual: Array | None, probabilities: Array | None) -> list[Flip] | None:
    """Every row whose label differs, those first of which the reference was surest."""
    if reference is None or actual is None or reference.shape != actual.shape or not reference.size:
        return None
    left, right = reference.astype(str), actual.astype(str)
    rows = np.flatnonzero(left != right)
    margins = _margins(probabilities, rows)
    flips = [Flip(int(row), str(left[row]), str(right[row]), margin) for row, margin in zip(rows, margins, strict=True)]
    return sorted(flips, key=lambda flip: -(flip.margin or 0.0))


def _margins(probabilities: Array | None, rows: npt.NDArray[np.intp]) -> list[float | None]:
    """How far the reference's best class is above its second, at some rows."""
    if probabilities is None or probabilities.ndim != 2 or probabilities.shape[1] < 2:  # noqa: PLR2004 - two classes
        return [None] * len(rows)
    best = np.sort(probabilities[rows].astype(np.float64), axis=1)
    return [float(margin) if np.isfinite(margin) else None for margin in best[:, -1] - best[:, -2]]
