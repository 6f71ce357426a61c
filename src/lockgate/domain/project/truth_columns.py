"""What is true of each row: which keys under ``tables`` say it, and in which form each task takes it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.inputs import Array
from lockgate.domain.model.labels import written_labels
from lockgate.domain.model.task import Regression, TaskKind
from lockgate.domain.names import listed

OTHERS = {
    "binary": "multiclass, multilabel or regression",
    "multiclass": "binary, multilabel or regression",
    "multilabel": "binary, multiclass or regression",
    "regression": "binary, multiclass or multilabel",
}


def problem_of_keys(
    task: TaskKind, label: str, labels: Sequence[str], positive: str, quantiles: Sequence[float]
) -> str:
    """Which of the keys contradicts the task or is missing; empty where they fit."""
    if bool(label) == bool(labels):
        told = "both stand there" if label else "neither stands there"
        return f"label names the column that says what is true, labels several of them: {told}"
    if labels and task in {"binary", "multiclass"}:
        return f"labels: a {task} task has one label a row; write label, or task: multilabel or regression"
    if label and task == "multilabel":
        return "label: a multilabel task has a column for each of its labels; write labels: [a, b]"
    if len(set(labels)) < len(labels):
        return f"labels: none stands there twice; found {listed(labels)}"
    return _problem_of_more(task, label, labels, positive, quantiles)


def _problem_of_more(
    task: TaskKind, label: str, labels: Sequence[str], positive: str, quantiles: Sequence[float]
) -> str:
    if task == "binary" and not positive:
        return f"positive: missing; a binary task names its positive class; or write task: {OTHERS[task]}"
    if task != "binary" and positive:
        return f"positive: a {task} task has no positive class; leave it out, or write task: binary"
    if quantiles and task != "regression":
        return f"quantiles: a {task} task has none; leave them out, or write task: regression"
    if quantiles and (problem := Regression(tuple(labels or (label,)), tuple(quantiles)).problem()):
        return f"quantiles: {problem}"
    return ""


def problem_of_groups(values: Array) -> str:
    """Why a column ``(rows,)`` does not say of each row which others it depends on; empty where it does."""
    if values.dtype.kind in "fM":
        missing = np.isnan(values)
    elif values.dtype.kind == "O":
        missing = np.fromiter(map(_is_absent, values.tolist()), np.bool_, len(values))
    else:
        return ""
    rows = np.flatnonzero(missing)
    return f"{len(rows)} of {len(values)} rows have no value there, the first is row {rows[0]}" if len(rows) else ""


def _is_absent(value: object) -> bool:
    return value is None or value == "" or value != value  # noqa: PLR0124 - only NaN differs from itself


OF_ITS_OWN = "a missing value would make one group of them: give each row that depends on no other a value of its own"
"""What helps where rows have no group."""


def in_form(task: TaskKind, values: Array) -> Array:
    """A column ``(rows,)`` of truth: labels in the written form, whether a label is true, or numbers in float64.

    Raises ``ValueError`` with the row of what cannot be true of one.
    """
    if values.ndim != 1:
        raise ValueError(f"the shape {list(values.shape)}; what is true is one value a row: name several columns")
    if task == "multilabel":
        return _truth_values(values)
    return _numbers(values) if task == "regression" else written_labels(values)


def _truth_values(values: Array) -> npt.NDArray[np.bool_]:
    if values.dtype.kind == "b":
        return values.astype(np.bool_)
    for row, value in enumerate(values.tolist()):
        if not (isinstance(value, bool | int | float) and value in {0, 1}):
            raise ValueError(f"row {row}: {_told(value)}; a label of several is true or false, or 1 or 0")
    return values.astype(np.bool_)


def _numbers(values: Array) -> npt.NDArray[np.float64]:
    if values.dtype.kind not in "fiu":
        first = values.tolist()[0] if len(values) else ""
        raise ValueError(f"row 0: {_told(first)} is no number, as a regression needs one")
    numbers = values.astype(np.float64)
    if (bad := np.flatnonzero(~np.isfinite(numbers))).size:
        what = "missing" if np.isnan(numbers[bad[0]]) else "infinite"
        raise ValueError(f"row {bad[0]}: the number is {what}, as it is in {bad.size} of {len(numbers)} rows")
    return numbers


def _told(value: Any) -> str:
    return f"{value!r} ({type(value).__name__})"
