"""Rows that depend on each other, such as those of one person, machine or day: blocks count as one each."""

import math
from typing import Final

import numpy as np

from lockgate.domain.statistics.sample import AnySample, Floats, Places

FEWEST_BLOCKS: Final = 20
"""How far fewer blocks spread says nothing that can be trusted: of ten, limits are met too often (simulated)."""
ENOUGH: Final = f"an interval needs at least {FEWEST_BLOCKS}"
"""How it ends why fewer give none."""
LEAST_DEGREES: Final = 3.0
"""The series for Student's quantile is none below."""


def block_places(blocks: Places) -> tuple[Places, int]:
    """The place of each row's block, ``(rows,)`` from 0, and how many blocks there are."""
    names, places = np.unique(blocks, return_inverse=True)
    return places.reshape(-1), len(names)


def summed(values: Floats, blocks: Places | None) -> Floats:
    """The sums of ``(rows, ...)`` over each block, ``(blocks, ...)``; the rows themselves without blocks."""
    if blocks is None:
        return values
    places, count = block_places(blocks)
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(count))
    return np.asarray(np.add.reduceat(values[order], starts, axis=0))


def by_block(contributions: Floats, blocks: Places | None) -> Floats:
    """What each block contributes, ``(blocks,)``, from what its rows ``(rows,)`` do: they have the same mean.

    How far a block is from the mean is divided by the share of rows outside it, as if it were left out: a block of many
    rows pulls the mean towards itself.
    """
    if blocks is None:
        return contributions
    mean, rows = float(contributions.mean()), len(contributions)
    sizes = summed(np.ones(rows), blocks)
    apart = summed(contributions - mean, blocks)
    return np.asarray(mean + len(sizes) / rows * apart / np.maximum(1 - sizes / rows, 1 / rows))


def effective_blocks(blocks: Places) -> float:
    """How many blocks of one size would tell as much (Kish 1965), by how far the rows of these differ in number."""
    sizes = summed(np.ones(len(blocks)), blocks)
    return float(sizes.sum() ** 2 / np.square(sizes).sum())


def degrees_of(blocks: Places) -> float:
    """The degrees of freedom of a spread over blocks: the fewer, the more of it the larger ones make.

    Satterthwaite's, as Bell and McCaffrey (2002) take them: the square of a block counts by the square of its rows,
    as where luck is a block's and not a row's. Of equal blocks they are one less than the blocks; at least 3.
    """
    squares = np.square(summed(np.ones(len(blocks)), blocks))
    return max(float(squares.sum() ** 2 / np.square(squares).sum()) - 1, LEAST_DEGREES)


def design_effect(contributions: Floats, blocks: Places) -> float:
    """How many times as much the mean of ``(rows,)`` varies over blocks as over rows (Kish 1965); at least 1."""
    alone = float(contributions.var()) / max(len(contributions) - 1, 1)
    units = by_block(contributions, blocks)
    together = float(units.var(ddof=1)) / len(units) if len(units) > 1 else math.inf
    return max(together / alone, 1.0) if alone else 1.0


def blocks_of(sample: AnySample) -> int:
    """How many blocks the rows are of; 0 without blocks."""
    return 0 if sample.blocks is None else block_places(sample.blocks)[1]


def too_few_blocks(sample: AnySample) -> str:
    """Why the blocks give no interval; empty where they do, or where there are none."""
    return "" if sample.blocks is None else too_few(block_places(sample.blocks)[1])


def too_few(count: int, of: str = "") -> str:
    """Why so many blocks give no interval; empty where they do, and for 0, which is none. ``of`` is a group of rows."""
    if count >= FEWEST_BLOCKS or not count:
        return ""
    rows = f"the rows of {of}" if of else "the rows"
    return f"{rows} are of {count} blocks, and {ENOUGH}"
