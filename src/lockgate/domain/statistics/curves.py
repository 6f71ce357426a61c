"""Curves that people look at: what a threshold trades, and whether probabilities mean what they say."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lockgate.domain.statistics.bounds.proportions import clopper_pearson
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.sample import Sample

POINTS: Final = 100
"""So many points of a curve are drawn: more cannot be seen, and each would be a row's."""
BINS: Final = 10
ROWS_OF_A_BIN: Final = 20


@dataclass(frozen=True)
class Bin:
    """Rows of about one score: their mean score, the share that is positive with its interval, and how many."""

    score: float
    share: float
    interval: Interval
    rows: int


def roc_curve(sample: Sample) -> tuple[tuple[float, float], ...]:
    """False and true positive rate at ``POINTS`` thresholds at most, from (0, 0) to (1, 1); empty for one class."""
    if not sample.whole:
        return ()
    order = np.argsort(-sample.scores, kind="stable")
    scores, labels = sample.scores[order], sample.labels[order]
    ends = np.flatnonzero(np.diff(scores, append=-np.inf))  # equal scores are one threshold
    hit, wrong = np.cumsum(labels)[ends], np.cumsum(~labels)[ends]
    every = np.linspace(0, len(ends) - 1, min(POINTS, len(ends))).round().astype(np.intp)
    rates = zip((wrong[every] / wrong[-1]).tolist(), (hit[every] / hit[-1]).tolist(), strict=True)
    return ((0.0, 0.0), *rates)


def calibration_bins(sample: Sample, level: float) -> tuple[Bin, ...]:
    """Bins of about equally many rows, 20 at least, in the order of their scores; equal scores share a bin."""
    if not sample.whole:
        return ()
    bins = max(min(BINS, sample.rows // ROWS_OF_A_BIN), 1)
    starts = np.unique(np.sort(sample.scores)[np.arange(1, bins) * sample.rows // bins])
    at = np.searchsorted(starts, sample.scores, side="right")
    return tuple(_bin(sample.where(at == place), level) for place in range(len(starts) + 1) if (at == place).any())


def _bin(sample: Sample, level: float) -> Bin:
    positive = int(sample.labels.sum())
    interval = clopper_pearson(positive, sample.rows, level)
    return Bin(float(sample.scores.mean()), positive / sample.rows, interval, sample.rows)
