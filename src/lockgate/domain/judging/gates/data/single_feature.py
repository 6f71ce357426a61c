"""How well one feature alone tells the label: a leak shows as a feature that knows too much. Pure functions."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockgate.domain.judging.gates.data.table_checks import Codes, as_numbers, codes, is_number
from lockgate.domain.model.signature import Array

Truth = npt.NDArray[np.bool_]
FOLDS = 2
BINS = 64
ROWS_IN_BIN = 20
SEED = 7


@dataclass(frozen=True)
class Area:
    """An area under a ROC curve, 0 to 1, and its standard error (DeLong 1988)."""

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
