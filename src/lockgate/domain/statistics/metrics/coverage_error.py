"""How far answered quantiles are from the shares of rows that lie below them, and in how many rows they cross."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lockgate.domain.statistics.blocks import by_block, too_few_blocks
from lockgate.domain.statistics.bounds.contributions import contributed
from lockgate.domain.statistics.bounds.proportions import clopper_pearson
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.sample import Places, Truths, ValueSample

ALIKE = 1e-9
"""Two quantiles are symmetric where they add up to 1, but for so much."""


@dataclass(frozen=True)
class Coverage:
    """What should cover a share of the truth: a quantile, or the interval between two; ``error`` is how far it is off.

    ``found`` is the share that it covers, ends included.
    """

    name: str
    nominal: float
    found: float
    error: Estimate


def coverages(sample: ValueSample, level: float) -> Iterator[Coverage]:
    """Of each quantile, and of the interval between each two that are symmetric. None without quantiles."""
    if sample.at is None:
        return
    truth, at, quantiles = sample.truth.reshape(-1), sample.at, sample.quantiles
    for place, quantile in enumerate(quantiles):
        yield _coverage(f"quantile {quantile:g}", quantile, truth <= at[:, place], truth < at[:, place], sample, level)
    for low, high in _symmetric(quantiles):
        lower, upper = at[:, low], at[:, high]
        closed, opened = (lower <= truth) & (truth <= upper), (lower < truth) & (truth < upper)
        name = f"interval from {quantiles[low]:g} to {quantiles[high]:g}"
        yield _coverage(name, quantiles[high] - quantiles[low], closed, opened, sample, level)


def crossed_rows(sample: ValueSample) -> Truths:
    """In which rows ``(rows,)`` a quantile lies below one that should be lower."""
    if sample.at is None:
        return np.zeros(sample.rows, dtype=np.bool_)
    steps = np.diff(sample.at, axis=1)
    return np.asarray((steps < 0).any(axis=1), dtype=np.bool_)


def crossing(sample: ValueSample, level: float, *, of_others: bool = True) -> Estimate:
    """The share of rows in which quantiles cross, with an interval of other rows; else that of these alone."""
    if not sample.whole:
        return Estimate(None, None, sample.rows)
    crossed = crossed_rows(sample)
    value = float(crossed.mean())
    if not of_others:
        return Estimate(value, Interval(value, value, level, "counted"), sample.rows)
    few = too_few_blocks(sample)
    return Estimate(value, None if few else _share(crossed, sample.blocks, level), sample.rows, few)


def _symmetric(quantiles: tuple[float, ...]) -> Iterator[tuple[int, int]]:
    for low in range(len(quantiles)):
        for high in range(low + 1, len(quantiles)):
            if abs(quantiles[low] + quantiles[high] - 1) < ALIKE:
                yield low, high


def _coverage(name: str, nominal: float, closed: Truths, opened: Truths, sample: ValueSample, level: float) -> Coverage:
    """Where truths lie on the very quantile, any share between that below it and that up to it is right."""
    if not sample.whole:
        return Coverage(name, nominal, float("nan"), Estimate(None, None, sample.rows))
    most, least = float(closed.mean()), float(opened.mean())
    value = max(nominal - most, least - nominal, 0.0)
    bounds = [_share(side, sample.blocks, level) for side in (closed, opened)]
    if too_few_blocks(sample) or any(each is None for each in bounds):
        return Coverage(name, nominal, most, Estimate(value, None, sample.rows, too_few_blocks(sample)))
    up, down = (each for each in bounds if each is not None)
    high = max(nominal - up.low, down.high - nominal, 0.0)
    low = max(nominal - up.high, down.low - nominal, 0.0)
    interval = Interval(min(low, value), max(high, value), level, up.method)
    return Coverage(name, nominal, most, Estimate(value, interval, sample.rows))


def _share(rows: Truths, blocks: Places | None, level: float) -> Interval | None:
    if blocks is None:
        return clopper_pearson(int(rows.sum()), len(rows), level)
    found = contributed(float(rows.mean()), by_block(rows.astype(np.float64), blocks), level, blocks=blocks)
    return None if found is None else Interval(max(found.low, 0.0), min(found.high, 1.0), level, found.method)
