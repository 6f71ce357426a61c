"""Draws of counts where rows depend on each other: blocks of rows are drawn whole."""

from typing import Final

import numpy as np
import numpy.typing as npt

from lockgate.domain.statistics.blocks import block_places
from lockgate.domain.statistics.bootstrap import RESAMPLES, SEED, SMOOTHING
from lockgate.domain.statistics.sample import Floats, Places
from lockgate.domain.statistics.weights import BLOCK, drawn_times

TOGETHER: Final = 2**22
"""How many counts of blocks are held at once."""


def block_draws(cells: npt.NDArray[np.int64], width: int, blocks: Places) -> Floats:
    """Shares of cells ``(resamples, width)``, of the cell of each row ``(rows,)``; -1 is none of them.

    As with independent rows, each cell gets something on top, so that one without a row is no proof that there is none.
    """
    places, count = block_places(blocks)
    kept = cells >= 0
    random = np.random.Generator(np.random.SFC64(SEED))
    drawn = np.zeros((RESAMPLES, width))
    step = max(1, TOGETHER // width)
    for first in range(0, count, step):  # some blocks at a time: their counts would be as large as the table
        here = kept & (places >= first) & (places < first + step)
        size = min(step, count - first)
        counts = np.bincount((places[here] - first) * width + cells[here], minlength=size * width).reshape(size, width)
        for draws, times in drawn_times(size, RESAMPLES, random, max(1, BLOCK // size)):
            drawn[draws] += times @ counts.astype(np.float64)
    drawn += SMOOTHING
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))
