"""How well one feature alone tells the label: a leak shows as a feature that knows too much. Pure functions."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lockgate.domain.judging.gates.data.table_checks import Codes, as_numbers, codes, is_number
from lockgate.domain.model.signature import Array
from lockgate.domain.statistics.blocks import block_places, by_block, degrees_of, design_effect
from lockgate.domain.statistics.bounds.correlations import rank_error
from lockgate.domain.statistics.sample import Places

Truth = npt.NDArray[np.bool_]
FOLDS = 2
BINS = 64
ROWS_IN_BIN = 20
SEED = 7
FEWEST = 4
"""With fewer rows, a correlation has no error."""


@dataclass(frozen=True)
class Area:
    """An area under a ROC curve, or a correlation, 0 to 1, and its standard error (of an area, DeLong 1988).

    Over blocks of rows that error has so many ``degrees`` of freedom.
    """

    value: float
    error: float
    degrees: float = math.inf


def single_feature(values: Array, positive: Truth, blocks: Places | None = None) -> Area | None:
    """The largest ROC AUC that ``(rows,)`` values alone reach; ``None`` with fewer than two rows of a class.

    Rows of a block, by its number in ``blocks`` ``(rows,)``, count as one and are in one fold: rows of a class have to
    be of two blocks then.

    A number is ranked, in the better direction, and it is judged by the share of positives among rows of its bin and
    of its very value, so that a leak need not be monotone. A text is judged by the share of positives of its category.
    Shares are learned on the other fold, so that a text that is different in every row learns nothing. A missing value
    is a value like others.
    """
    if min(_units(positive, blocks), _units(~positive, blocks)) < FOLDS:
        return None
    folds = _folds(positive) if blocks is None else _folds_of_blocks(positive, blocks)
    found = [_learned(codes(values), positive, folds, blocks)]
    if is_number(values):
        ranked = area(as_numbers(values), positive, blocks)
        ranked = Area(max(ranked.value, 1 - ranked.value), ranked.error)
        found = [ranked, *found, _learned(_bins(as_numbers(values)), positive, folds, blocks)]
    best = max(found, key=lambda each: each.value)
    if blocks is None:
        return best
    return replace(best, degrees=min(degrees_of(each) for each in (blocks, blocks[positive], blocks[~positive])))


def _units(rows: Truth, blocks: Places | None) -> int:
    """How many rows, or blocks, of these there are."""
    return int(rows.sum()) if blocks is None else len(np.unique(blocks[rows]))


def strongest(values: Array, classes: Mapping[str, Truth], blocks: Places | None = None) -> tuple[str, Area] | None:
    """The class, of those ``(rows,)``, that the values alone tell best from all others, and how well."""
    every = {name: single_feature(values, rows, blocks) for name, rows in classes.items()}
    found = {name: area for name, area in every.items() if area is not None}
    return max(found.items(), key=lambda each: each[1].value) if found else None


def rank_correlation(values: Array, target: npt.NDArray[np.float64], blocks: Places | None = None) -> Area | None:
    """The largest rank correlation of ``(rows,)`` values with a target, without its sign; ``None`` for few rows.

    As with classes, a number counts by its rank, and by the mean rank of the target among rows of its bin and of its
    value, a text by the latter; means are learned on the other fold. The error is that of its inverse tangent, over
    blocks as many times larger as the correlation varies more there.
    """
    rows = len(target)
    if rows < FEWEST or (target == target[0]).all():
        return None
    ranks = _ranked(target)
    draw = np.random.default_rng(SEED)
    places, count = (np.arange(rows), rows) if blocks is None else block_places(blocks)
    folds = (draw.permutation(count) % FOLDS)[places]
    found = [_followed(codes(values), ranks, folds, blocks)]
    if is_number(values):
        found += [
            _followed(_bins(as_numbers(values)), ranks, folds, blocks),
            _together(_ranked(as_numbers(values)), ranks, blocks),
        ]
    value, effect = max(((abs(each), effect) for each, effect in found), key=lambda each: each[0])
    error = rank_error(min(value, 1.0), rows) * math.sqrt(effect)
    return Area(min(value, 1.0), error, math.inf if blocks is None else degrees_of(blocks))


def _ranked(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ranks, the mean of them for equal values."""
    levels = codes(values)
    ends = np.cumsum(np.bincount(levels))
    return np.asarray((ends - (np.bincount(levels) - 1) / 2)[levels], dtype=np.float64)


def _together(
    one: npt.NDArray[np.float64], other: npt.NDArray[np.float64], blocks: Places | None
) -> tuple[float, float]:
    """Pearson's correlation, 0 where one of them is constant, and its design effect: 1 without blocks."""
    first, second = one - one.mean(), other - other.mean()
    size = math.sqrt(float(first @ first) * float(second @ second))
    if not size:
        return 0.0, 1.0
    found = float(first @ second) / size
    if blocks is None:
        return found, 1.0
    first, second = (each / math.sqrt(float(each @ each) / len(each)) for each in (first, second))
    return found, design_effect(first * second - found * (first**2 + second**2) / 2, blocks)


def _followed(
    levels: Codes, ranks: npt.NDArray[np.float64], folds: Codes, blocks: Places | None
) -> tuple[float, float]:
    """The mean over folds of the correlation with the mean rank at each level, learned on the other folds."""
    found, width = [], int(levels.max()) + 1
    for fold in range(FOLDS):
        here = folds == fold
        rows = np.bincount(levels[~here], minlength=width)
        total = np.bincount(levels[~here], weights=ranks[~here], minlength=width)
        means = (total + ranks[~here].mean()) / (rows + 1)
        found.append(_together(means[levels[here]], ranks[here], None if blocks is None else blocks[here]))
    values, effects = zip(*found, strict=True)
    return max(float(np.mean(values)), 0.0), float(np.mean(effects))


def rank_auc(scores: npt.NDArray[np.float64], positive: Truth) -> float:
    """The chance that a positive row scores above a negative one, ties by half; rows of both classes are needed."""
    return area(scores, positive).value


def area(scores: npt.NDArray[np.float64], positive: Truth, blocks: Places | None = None) -> Area:
    """The same with its standard error, from the rows of each class at each level; 0 for a class of one row.

    Over blocks it is that of what each of them adds (Obuchowski 1997).
    """
    levels = codes(scores)
    width = int(levels.max()) + 1
    above, below = (np.bincount(levels[rows], minlength=width).astype(np.float64) for rows in (positive, ~positive))
    positives, negatives = above.sum(), below.sum()
    won = (np.cumsum(below) - below / 2) / negatives
    lost = (np.cumsum(above) - above / 2) / positives
    value = min(float(above @ won / positives), 1.0)
    if blocks is not None:
        added = np.where(positive, (won[levels] - value) / positives, (1 - value - lost[levels]) / negatives)
        units = by_block(added * len(added), blocks)
        return Area(value, float(units.std(ddof=1)) / math.sqrt(len(units)) if len(units) > 1 else 0.0)
    variance = _variance_of_mean(above, won, value) + _variance_of_mean(below, lost, 1 - value)
    return Area(value, math.sqrt(variance))


def _variance_of_mean(times: npt.NDArray[np.float64], values: npt.NDArray[np.float64], mean: float) -> float:
    """Of values that stand so many times."""
    rows = float(times.sum())
    return float(times @ np.square(values - mean)) / (rows * (rows - 1)) if rows > 1 else 0.0


def _learned(levels: Codes, positive: Truth, folds: Codes, blocks: Places | None) -> Area:
    """The mean over folds of the AUC of the share of positives at each level, learned on the other folds."""
    found = []
    for fold in range(FOLDS):
        here = folds == fold
        shares = _shares(levels[~here], positive[~here], int(levels.max()) + 1)
        found.append(area(shares[levels[here]], positive[here], None if blocks is None else blocks[here]))
    error = math.sqrt(math.fsum(each.error**2 for each in found)) / FOLDS
    return Area(float(np.mean([each.value for each in found])), error)


def _shares(levels: Codes, positive: Truth, width: int) -> npt.NDArray[np.float64]:
    """The share of positives at each level, ``(width,)``, drawn towards the mean by one row's weight."""
    rows = np.bincount(levels, minlength=width)
    positives = np.bincount(levels, weights=positive, minlength=width)
    return np.asarray((positives + positive.mean()) / (rows + 1), dtype=np.float64)


def _bins(numbers: npt.NDArray[np.float64]) -> Codes:
    """Bins of about equal rows, from 1; missing numbers, which are -inf, have the bin 0."""
    present = numbers[np.isfinite(numbers)]
    if not len(present):
        return codes(numbers)
    bins = int(np.clip(len(present) // ROWS_IN_BIN, 2, BINS))
    edges = np.unique(np.quantile(present, np.linspace(0, 1, bins + 1)[:-1]))
    return np.searchsorted(edges, numbers, side="right").astype(np.int64)


def _folds(positive: Truth) -> Codes:
    """The fold of each row: drawn by a fixed seed, with equal parts of each class."""
    folds = np.zeros(len(positive), dtype=np.int64)
    draw = np.random.default_rng(SEED)
    for rows in (np.flatnonzero(positive), np.flatnonzero(~positive)):
        folds[draw.permutation(rows)] = np.arange(len(rows)) % FOLDS
    return folds


def _folds_of_blocks(positive: Truth, blocks: Places) -> Codes:
    """The fold of each row, the same for all of a block: every other one in the order of their shares of positives."""
    places, count = block_places(blocks)
    shares = np.bincount(places, weights=positive, minlength=count) / np.bincount(places, minlength=count)
    drawn = np.random.default_rng(SEED).permutation(count)
    folds = np.zeros(count, dtype=np.int64)
    folds[drawn[np.argsort(shares[drawn], kind="stable")]] = np.arange(count) % FOLDS
    return folds[places]
