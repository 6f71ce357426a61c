"""How many independent rows would tell a share as well as rows in blocks do."""

from typing import Final

import numpy as np

from lockgate.domain.statistics.blocks import block_places
from lockgate.domain.statistics.sample import Places, Truths

SETS: Final = 64
"""So many sets of values are tried at most."""
HELD: Final = 2**22
"""How many counts of blocks are held at once: of very many blocks fewer sets are tried."""


def independent_rows(codes: Places, blocks: Places, *sets: Truths) -> float:
    """Of how many independent rows a share of rows would be as sure at least, ``rows`` at most.

    A share is that of the rows whose ``codes`` ``(rows,)``, integers from 0, are up to one of them, or of one of the
    ``sets`` ``(rows,)``. That which varies most over blocks counts: of independent rows the variance of a share is a
    quarter by their number at most. Where all rows of a block are alike they are as many as blocks, or fewer where
    blocks differ in size.
    """
    rows, (places, count) = len(codes), block_places(blocks)
    counted = np.bincount(codes)
    most = max(min(SETS, HELD // count), 1)
    part = (np.cumsum(counted) - 1) * most // rows
    part = (np.unique(part, return_inverse=True)[1]).reshape(-1)
    width = int(part[-1]) + 1
    table = np.bincount(places * width + part[codes], minlength=count * width).reshape(count, width)
    within = [np.bincount(places[each], minlength=count) for each in sets]
    inside = np.column_stack([np.cumsum(table, axis=1)[:, :-1], *within]).astype(np.float64)
    sizes = table.sum(axis=1, dtype=np.float64)
    apart = inside - sizes[:, None] * (inside.sum(axis=0) / rows)
    apart /= np.maximum(1 - sizes / rows, 1 / rows)[:, None]
    variances = np.square(apart).sum(axis=0) * count / max(count - 1, 1) / rows**2
    largest = float(variances.max(initial=0.0))
    return min(1 / (4 * largest), float(rows)) if largest else float(rows)
