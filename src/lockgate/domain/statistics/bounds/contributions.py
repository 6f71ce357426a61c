"""Bounds of a metric from what each row, or each block of rows, contributes to it."""

import math

import numpy as np

from lockgate.domain.statistics.bounds.means import bounds_about, tail_of, with_unseen
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.sample import Floats

NAMES = {False: "contributions of rows", True: "contributions of blocks"}


def contributed(
    found: float, contributions: Floats, level: float, span: tuple[float, float] | None = None, *, blocks: bool = False
) -> Interval | None:
    """The interval about what was found, from contributions ``(rows,)`` or ``(blocks,)`` that have it as their mean.

    Student's with the degrees of freedom that the kurtosis leaves, Hall's (1992), and as wide as unseen rows ask for,
    that contribute as little or as much as ``span`` says, or the seen ones do. Without a span there may be rows far
    beyond the seen ones: where a few of these make the spread, what unseen ones ask for comes on top of the bounds.
    ``None`` where one is no number.
    """
    if len(contributions) < 2 or not np.isfinite(contributions).all():  # noqa: PLR2004 - one row has no spread
        return None
    degrees = len(contributions) - 1 if blocks else math.inf
    low, high = bounds_about(found, contributions, level, degrees)
    mean = float(contributions.mean())
    seen = float(contributions.min()), float(contributions.max())
    least, most = seen if span is None else (min(span[0], seen[0]), max(span[1], seen[1]))
    down, up = (end - mean for end in with_unseen(mean, len(contributions), level, (least, most)))
    if span is None and not blocks:
        tail = tail_of(contributions)
        low, high = low + tail * down, high + tail * up
    return Interval(min(low, found + down, found), max(high, found + up, found), level, NAMES[blocks])
