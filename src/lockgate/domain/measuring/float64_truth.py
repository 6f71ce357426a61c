"""The truth about a model's answers, and how far its own arithmetic is from it: what `calibrated` is derived from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lockgate.domain.model.signature import Outputs

Mask: TypeAlias = npt.NDArray[np.bool_]
Matrix: TypeAlias = npt.NDArray[np.floating]

Thresholds: TypeAlias = Sequence[npt.NDArray[np.float64]]
"""Where trees divide each feature: one array of thresholds for each, empty for one that no tree asks for."""


@dataclass(frozen=True)
class Reference:
    """A source model's answers in float64, and its answers in float32, or on what was rounded to float32.

    ``crossing``, ``(rows,)``, are the rows that fall on the other side of a tree's threshold once both are rounded:
    there the answers differ by whole leaves, which says nothing about arithmetic.
    """

    exact: Outputs
    rounded: Outputs
    crossing: Mask


def crossing(features: Matrix, thresholds: Thresholds, *, left_when_equal: bool = True) -> Mask:
    """The rows of ``(rows, features)`` that rounding to float32 moves across a threshold of their feature.

    ``thresholds[i]`` are those of feature ``i``. ``left_when_equal``: a value equal to the threshold goes left.
    """
    found: Mask = np.zeros(len(features), dtype=np.bool_)
    side: Literal["left", "right"] = "left" if left_when_equal else "right"
    for column, values in enumerate(thresholds):
        if values.size:
            cells, cuts = features[:, column], np.unique(values)
            # The same number of cuts stays below a value that stays on its side of each.
            before = np.searchsorted(cuts, cells.astype(np.float64), side=side)
            after = np.searchsorted(cuts.astype(np.float32), cells.astype(np.float32), side=side)
            found |= before != after
    return found
