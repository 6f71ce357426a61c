"""From features back to raw columns, where a fitted transformer can be turned round."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lockgate.domain.measuring.float64_truth import Thresholds

Floats = npt.NDArray[np.float64]


def thresholds_of_columns(transformer: Any, features: Thresholds) -> Mapping[str, npt.NDArray[np.generic]]:
    """Thresholds on features as raw values of the columns that they are made of; others are left out.

    ``transformer`` is a ``ColumnTransformer``, or a pipeline of just one. Columns pass as they are, or through a scaler
    that can be inverted, or through a pipeline of such steps and of imputers, which leave known numbers as they are.
    """
    steps = getattr(transformer, "steps", None)
    if steps is not None:
        return thresholds_of_columns(steps[0][1], features) if len(steps) == 1 else {}
    found: dict[str, npt.NDArray[np.generic]] = {}
    for name, part, columns in getattr(transformer, "transformers_", ()):
        places = getattr(transformer, "output_indices_", {}).get(name, slice(0, 0))
        block = features[places]
        if len(block) == len(columns):
            found.update(_raw(part, list(columns), block))
    return found


def _raw(part: Any, columns: list[Any], features: Thresholds) -> Iterator[tuple[str, Floats]]:
    for index, (column, values) in enumerate(zip(columns, features, strict=True)):
        if values.size and isinstance(column, str):
            raw = _inverse(part, values, index, len(columns))
            if raw is not None:
                yield column, raw


def _inverse(part: Any, values: Floats, index: int, width: int) -> Floats | None:
    if steps := getattr(part, "steps", None):
        for _, step in reversed(steps):
            inverted = _inverse(step, values, index, width)
            if inverted is None:
                return None
            values = inverted
        return values
    if part == "passthrough" or type(part).__name__ in {"FunctionTransformer", "SimpleImputer"}:
        return values
    if not type(part).__name__.endswith("Scaler"):
        return None
    rows = np.zeros((len(values), width))
    rows[:, index] = values
    return np.asarray(part.inverse_transform(rows)[:, index], dtype=np.float64)
