"""Shares of a whole, each a sum over rows, and how far two models' shares are apart."""

import math

import numpy as np

from lockgate.domain.statistics.blocks import by_block
from lockgate.domain.statistics.bounds.means import student
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.sample import Floats, Places


def shares_of(parts: Floats, blocks: Places | None = None) -> tuple[Floats, Floats]:
    """The share of each of ``(parts, rows)`` in the sum of all, and its standard error, ``(parts,)`` each.

    A share is a ratio of two means over the same rows; its error is that of its influence function (Hampel 1974), which
    resampling of rows gives too, or of ``blocks`` of them. NaN where the whole is 0 or no number; one row has no error.
    """
    whole = parts.sum(axis=0)
    mean = whole.mean()
    if not (np.isfinite(mean) and mean > 0):
        nothing = np.full(len(parts), np.nan)
        return nothing, nothing
    shares = parts.mean(axis=1) / mean
    influence = (parts - shares[:, None] * whole) / mean
    if blocks is not None:
        influence = np.stack([by_block(each, blocks) for each in influence])
    units = influence.shape[1]
    errors = influence.std(axis=1, ddof=1) / np.sqrt(units) if units > 1 else np.full(len(parts), np.nan)
    return shares, errors


def shift(
    ours: tuple[float, float], theirs: tuple[float, float], rows: int, level: float, degrees: float = math.inf
) -> Estimate:
    """How far apart two shares are, ``(share, standard error)`` each; blocks of rows leave so many ``degrees``.

    Both may be of the same rows, and how their errors go together is not known: the error of the difference is at most
    the sum of both. Of a difference whose sign is not known the lower bound is 0 where that may turn.
    """
    size, error = abs(ours[0] - theirs[0]), ours[1] + theirs[1]
    reach = student(level, max(min(rows - 1, degrees), 1)) * error
    return Estimate(size, Interval(max(size - reach, 0.0), min(size + reach, 1.0), level, "shares of rows"), rows)
