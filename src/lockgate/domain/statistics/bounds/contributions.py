"""Bounds of a metric from what each row, or each block of rows, contributes to it."""

import math

import numpy as np

from lockgate.domain.statistics.blocks import degrees_of
from lockgate.domain.statistics.bounds.means import bounds_about, heaviness, quick_spread, tail_of, with_unseen
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.sample import Floats, Places

NAMES = {False: "contributions of rows", True: "contributions of blocks"}


def contributed(
    found: float,
    contributions: Floats,
    level: float,
    span: tuple[float, float] | None = None,
    blocks: Places | None = None,
) -> Interval | None:
    """The interval about what was found, from contributions ``(rows,)`` or ``(blocks,)`` that have it as their mean.

    Student's with the degrees of freedom that the kurtosis leaves, Hall's (1992), and as wide as unseen rows ask for,
    that contribute as little or as much as ``span`` says, or the seen ones do. Where a few of the seen ones make the
    spread, what unseen ones ask for comes on top of the bounds, and once more where no ``span`` says how far they go
    and the tail of the seen ones is too heavy for a variance. ``blocks`` ``(rows,)`` are those that contributed: where
    some are much larger than others, they count as fewer. ``None`` where one is no number.
    """
    if len(contributions) < 2 or not np.isfinite(contributions).all():  # noqa: PLR2004 - one row has no spread
        return None
    degrees = math.inf if blocks is None else degrees_of(blocks)
    spread, count = quick_spread(contributions), len(contributions)
    low, high = bounds_about(found, spread, count, level, degrees)
    mean = float(contributions.mean())
    seen = float(contributions.min()), float(contributions.max())
    least, most = seen if span is None else (min(span[0], seen[0]), max(span[1], seen[1]))
    down, up = (end - mean for end in with_unseen(mean, count, level, (least, most)))
    tail, beyond = tail_of(spread, count), with_unseen(mean, count, level, seen)
    free = span is None and blocks is None
    below, above = (tail + (heaviness(way * (contributions - mean)) if free else 0.0) for way in (-1, 1))
    low, high = low + below * (beyond[0] - mean), high + above * (beyond[1] - mean)
    return Interval(min(low, found + down, found), max(high, found + up, found), level, NAMES[blocks is not None])
