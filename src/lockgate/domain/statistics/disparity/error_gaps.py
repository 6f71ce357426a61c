"""How far apart groups of rows are in the mean of a number, such as an error: the largest gap, with an interval."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lockgate.domain.statistics.blocks import block_places, by_block, degrees_of, too_few
from lockgate.domain.statistics.bootstrap import RESAMPLES, SEED
from lockgate.domain.statistics.bounds.means import FEWEST, spread_of
from lockgate.domain.statistics.disparity.gaps import Gaps, change, pairs, simultaneous
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.sample import Floats, Places

Groups: TypeAlias = npt.NDArray[np.object_]


@dataclass(frozen=True)
class GroupMeans:
    """Groups that are large enough, in the order of their names, with the mean of each."""

    names: tuple[str, ...]
    means: tuple[float, ...]

    @property
    def gap(self) -> float:
        """Largest minus smallest."""
        return max(self.means) - min(self.means)


def group_means(values: Floats, groups: Groups, min_rows: int) -> GroupMeans:
    """The means of ``(rows,)`` values over every group of at least ``min_rows``."""
    found = members_of(groups, min_rows)
    return GroupMeans(tuple(found), tuple(float(values[rows].mean()) for rows in found.values()))


def error_gap(values: Floats, groups: Groups, level: float, min_rows: int, blocks: Places | None = None) -> Estimate:
    """Largest minus smallest mean over groups, with an interval that holds for all pairs of them at once.

    Groups are taken to be independent of each other; rows of a block are not. Without two groups, or with a group of
    too few blocks, there is no interval.
    """
    members = members_of(groups, min_rows)
    rows = sum(map(len, members.values()))
    if len(members) < 2 or not np.isfinite(values).all():  # noqa: PLR2004 - a gap is between two
        return Estimate(None, None, rows)
    means = np.array([values[each].mean() for each in members.values()])
    gap = float(np.ptp(means))
    if few := _few(members, blocks):
        return Estimate(gap, None, rows, few)
    drawn = _drawn([values[:, None]], list(members.values()), blocks)[..., 0]
    low, high = simultaneous(pairs(means[None, None])[0], pairs(drawn[:, None]), level)
    return Estimate(gap, Interval(min(low, gap), max(high, gap), level, "simultaneous"), rows)


def error_gap_change(
    ours: Floats, theirs: Floats, groups: Groups, level: float, min_rows: int, blocks: Places | None = None
) -> Estimate:
    """Our gap minus theirs on the same rows; a positive one is less fair."""
    members = members_of(groups, min_rows)
    rows = sum(map(len, members.values()))
    both = np.column_stack([ours, theirs])
    if len(members) < 2 or not np.isfinite(both).all():  # noqa: PLR2004 - a gap is between two
        return Estimate(None, None, rows)
    means = np.array([both[each].mean(axis=0) for each in members.values()])
    gaps = np.ptp(means, axis=0)
    value = float(gaps[0] - gaps[1])
    if few := _few(members, blocks):
        return Estimate(value, None, rows, few)
    drawn = _drawn([both], list(members.values()), blocks)
    mine, others = (Gaps.between(means[None, None, :, side], drawn[:, None, :, side]) for side in (0, 1))
    low, high = change(mine, others, level)
    return Estimate(value, Interval(min(low, value), max(high, value), level, "plausible pairs"), rows)


def members_of(groups: Groups, min_rows: int) -> dict[str, Places]:
    """The places of the rows of every group of at least ``min_rows``, ascending, in the order of the names."""
    every = groups.tolist()
    names = sorted(set(every))
    place = {name: at for at, name in enumerate(names)}
    code = np.array([place[name] for name in every], dtype=np.int64)
    order = np.argsort(code, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(code, minlength=len(names)))[:-1])
    return {name: rows for name, rows in zip(names, parts, strict=True) if len(rows) >= min_rows}


def _few(members: dict[str, Places], blocks: Places | None) -> str:
    if blocks is None:
        return ""
    counts = {name: block_places(blocks[rows])[1] for name, rows in members.items()}
    name = min(counts, key=counts.__getitem__)
    return too_few(counts[name], name)


def _drawn(values: list[Floats], members: list[Places], blocks: Places | None) -> Floats:
    """Means of each group as they may be, ``(draws, groups, sides)``: Student's about those that were found.

    The sides, ours and theirs, are drawn together; the degrees of freedom are those that the kurtosis leaves.
    """
    (table,) = values
    random = np.random.default_rng(SEED)
    drawn = np.empty((RESAMPLES, len(members), table.shape[1]))
    for place, rows in enumerate(members):
        own = None if blocks is None else blocks[rows]
        parts = np.column_stack([by_block(side, own) for side in table[rows].T])
        count, sides = parts.shape
        covariance = np.atleast_2d(np.cov(parts, rowvar=False)) / count
        worst = max((each.kurtosis for side in parts.T if (each := spread_of(side)) is not None), default=1.0)
        most = count - 1 if own is None else degrees_of(own)
        degrees = max(min(2 * count / (worst - 1) if worst > 1 else most, most), FEWEST)
        normal = random.multivariate_normal(np.zeros(sides), covariance, RESAMPLES, method="svd")
        scale = np.sqrt(random.chisquare(degrees, RESAMPLES) / degrees)[:, None]
        drawn[:, place] = table[rows].mean(axis=0) + normal / scale
    return drawn
