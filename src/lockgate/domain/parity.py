"""Comparing what two models answered on the same rows: forms, differences, flips. Facts only."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lockgate.domain.evidence import Flip, OutputParity
from lockgate.domain.signature import Array, Output, Outputs, Signature, dtype_name

WORST = 10
Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """The facts about outputs that a parity check records."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    outputs: tuple[OutputParity, ...]
    flips: int | None
    worst_flips: tuple[Flip, ...]


def compare(signature: Signature, reference: Outputs, actual: Outputs) -> Comparison:
    """Compare two models' outputs, each named array of shape ``(rows, ...)``, by the declared signature.

    The reference may be of higher precision than declared (float64 for float32); the actual output may not differ
    from the declaration at all.
    """
    declared = [output.name for output in signature.outputs]
    flips = _flips(reference.get(signature.label), actual.get(signature.label))
    return Comparison(
        missing=tuple(name for name in declared if name not in actual or name not in reference),
        unexpected=tuple(name for name in actual if name not in declared),
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
    )


def _equal_or_both_nan(left: Floats, right: Floats) -> Mask:
    return np.asarray((left == right) | (np.isnan(left) & np.isnan(right)))


def _largest(values: Floats, compared: Mask) -> float | None:
    if not compared.any():
        return None
    largest = float(values.max())
    return largest if np.isfinite(largest) else None


def _flips(reference: Array | None, actual: Array | None) -> list[Flip] | None:
    if reference is None or actual is None or reference.shape != actual.shape or not reference.size:
        return None
    left, right = reference.astype(str), actual.astype(str)
    return [Flip(int(row), str(left[row]), str(right[row])) for row in np.flatnonzero(left != right)]
