"""How well one feature alone tells the label: a leak shows as a feature that knows too much. Pure functions."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockgate.domain.judging.gates.data.table_checks import Codes, as_numbers, codes, is_number
from lockgate.domain.model.signature import Array
from lockgate.domain.statistics.bounds.correlations import rank_error

Truth = npt.NDArray[np.bool_]
FOLDS = 2
BINS = 64
ROWS_IN_BIN = 20
SEED = 7
FEWEST = 4
"""With fewer rows, a correlation has no error."""


@dataclass(frozen=True)
class Area:
    """An area under a ROC curve, or a correlation, 0 to 1, and its standard error (of an area, DeLong 1988)."""

    value: float
    error: float


def single_feature(values: Array, positive: Truth) -> Area | None:
    """The largest ROC AUC that ``(rows,)`` values alone reach; ``None`` with fewer than two rows of a class.

    A number is ranked, in the better direction, and it is judged by the share of positives among rows of its bin and
    of its very value, so that a leak need not be monotone. A text is judged by the share of positives of its category.
    Shares are learned on the other fold, so that a text that is different in every row learns nothing. A missing value
    is a value like others.
    """
    if min(int(positive.sum()), int((~positive).sum())) < FOLDS:
        return None
    folds = _folds(positive)
    by_value = _learned(codes(values), positive, folds)
    if not is_number(values):
        return by_value
    ranked = area(as_numbers(values), positive)
    ranked = Area(max(ranked.value, 1 - ranked.value), ranked.error)
    return max(ranked, by_value, _learned(_bins(as_numbers(values)), positive, folds), key=lambda found: found.value)


def strongest(values: Array, classes: Mapping[str, Truth]) -> tuple[str, Area] | None:
    """The class, of those ``(rows,)``, that the values alone tell best from all others, and how well."""
    found = {name: area for name, rows in classes.items() if (area := single_feature(values, rows)) is not None}
    return max(found.items(), key=lambda each: each[1].value) if found else None


def rank_correlation(values: Array, target: npt.NDArray[np.float64]) -> Area | None:
    """The largest rank correlation of ``(rows,)`` values with a target, without its sign; ``None`` for few rows.

    As with classes, a number counts by its rank, and by the mean rank of the target among rows of its bin and of its
    value, a text by the latter; means are learned on the other fold. The error is that of its inverse tangent.
    """
    rows = len(target)
    if rows < FEWEST or (target == target[0]).all():
        return None
    ranks = _ranked(target)
    folds = np.random.default_rng(SEED).permutation(rows) % FOLDS
    found = [_followed(codes(values), ranks, folds)]
    if is_number(values):
        found += [_followed(_bins(as_numbers(values)), ranks, folds), _together(_ranked(as_numbers(values)), ranks)]
    best = min(max(map(abs, found)), 1.0)
    return Area(best, rank_error(best, rows))


def _ranked(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ranks, the mean of them for equal values."""
    levels = codes(values)
    ends = np.cumsum(np.bincount(levels))
    return np.asarray((ends - (np.bincount(levels) - 1) / 2)[levels], dtype=np.float64)


def _together(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Pearson's correlation; 0 where one of them is constant."""
    first, second = one - one.mean(), other - other.mean()
    size = math.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / size if size else 0.0


def _followed(levels: Codes, ranks: npt.NDArray[np.float64], folds: Codes) -> float:
    """The mean over folds of the correlation with the mean rank at each level, learned on the other folds."""
    found, width = [], int(levels.max()) + 1
    for fold in range(FOLDS):
        here = folds == fold
        rows = np.bincount(levels[~here], minlength=width)
        total = np.bincount(levels[~here], weights=ranks[~here], minlength=width)
        means = (total + ranks[~here].mean()) / (rows + 1)
        found.append(_together(means[levels[here]], ranks[here]))
    return max(float(np.mean(found)), 0.0)


def rank_auc(scores: npt.NDArray[np.float64], positive: Truth) -> float:
    """The chance that a positive row scores above a negative one, ties by half; rows of both classes are needed."""
    return area(scores, positive).value


def area(scores: npt.NDArray[np.float64], positive: Truth) -> Area:
    """The same with its standard error, from the rows of each class at each level; 0 for a class of one row."""
    levels = codes(scores)
    width = int(levels.max()) + 1
    above, below = (np.bincount(levels[rows], minlength=width).astype(np.float64) for rows in (positive, ~positive))
    positives, negatives = above.sum(), below.sum()
    won = (np.cumsum(below) - below / 2) / negatives
    lost = (np.cumsum(above) - above / 2) / positives
    value = min(float(above @ won / positives), 1.0)
    variance = _variance_of_mean(above, won, value) + _variance_of_mean(below, lost, 1 - value)
    return Area(value, math.sqrt(variance))


def _variance_of_mean(times: npt.NDArray[np.float64], values: npt.NDArray[np.float64], mean: float) -> float:
    """Of values that stand so many times."""
    rows = float(times.sum())
    return float(times @ np.square(values - mean)) / (rows * (rows - 1)) if rows > 1 else 0.0


def _learned(levels: Codes, positive: Truth, folds: Codes) -> Area:
    """The mean over folds of the AUC of the share of positives at each level, learned on the other folds."""
    found = []
    for fold in range(FOLDS):
        here = folds == fold
        shares = _shares(levels[~here], positive[~here], int(levels.max()) + 1)
        found.append(area(shares[levels[here]], positive[here]))
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
