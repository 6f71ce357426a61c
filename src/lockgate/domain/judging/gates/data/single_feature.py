"""How well one feature alone tells the label: a leak shows as a feature that knows too much. Pure functions."""

import numpy as np
import numpy.typing as npt

from lockgate.domain.judging.gates.data.table_checks import Codes, as_numbers, codes, is_number
from lockgate.domain.model.signature import Array

Truth = npt.NDArray[np.bool_]
FOLDS = 2
BINS = 64
ROWS_IN_BIN = 20
SEED = 7


def single_feature_auc(values: Array, positive: Truth) -> float | None:
    """The largest ROC AUC that ``(rows,)`` values alone reach, 0 to 1; ``None`` with fewer than two rows of a class.

    A number is ranked, in the better direction, and it is judged by the share of positives among rows of its bin and
    of its very value, so that a leak need not be monotone. A text is judged by the share of positives of its category.
    Shares are learned on the other fold, so that a text that is different in every row learns nothing. A missing value
    is a value like others.
    """
    if min(int(positive.sum()), int((~positive).sum())) < FOLDS:
        return None
    folds = _folds(positive)
    by_value = _learned_auc(codes(values), positive, folds)
    if not is_number(values):
        return by_value
    ranked = rank_auc(as_numbers(values), positive)
    return max(ranked, 1 - ranked, by_value, _learned_auc(_bins(as_numbers(values)), positive, folds))


def rank_auc(scores: npt.NDArray[np.float64], positive: Truth) -> float:
    """The chance that a positive row scores above a negative one, ties by half; rows of both classes are needed."""
    levels = codes(scores)
    positives, negatives = np.bincount(levels[positive]), np.bincount(levels[~positive])
    width = max(len(positives), len(negatives))
    above, below = (np.pad(side, (0, width - len(side))).astype(np.float64) for side in (positives, negatives))
    wins = above * (np.cumsum(below) - below / 2)
    return float(wins.sum() / (above.sum() * below.sum()))


def _learned_auc(levels: Codes, positive: Truth, folds: Codes) -> float:
    """The mean over folds of the AUC of the share of positives at each level, learned on the other folds."""
    found = []
    for fold in range(FOLDS):
        here = folds == fold
        shares = _shares(levels[~here], positive[~here], int(levels.max()) + 1)
        found.append(rank_auc(shares[levels[here]], positive[here]))
    return float(np.mean(found))


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
