"""Curves that people look at: what a threshold trades, and whether probabilities mean what they say."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lockgate.domain.statistics.bounds.proportions import clopper_pearson
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.sample import AnySample, ClassSample, LabelSample, Sample, ValueSample

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


def confidence(sample: AnySample) -> Sample | None:
    """What probabilities say, and whether they were right, as of two classes; ``None`` for numbers.

    Of several classes, a row has the probability of the answered one; of several labels, a row for each label.
    """
    if isinstance(sample, ClassSample):
        right = sample.truth == sample.predicted
        return Sample(right, np.ones_like(right), sample.scores.max(axis=1))
    if isinstance(sample, LabelSample):
        return Sample(sample.truth.reshape(-1), sample.predicted.reshape(-1), sample.scores.reshape(-1))
    return sample if isinstance(sample, Sample) else None


def answered_and_true(sample: ValueSample) -> tuple[tuple[tuple[float, float], ...], float, float]:
    """Means of rows with about the same answer: the answer, and what is true; from 0 to 1 between two values.

    These are the least and the largest mean; they come after the points. Of several targets, the first is shown.
    """
    answers, truth = (each.T[0] for each in (sample.values, sample.truth))
    bins = max(min(BINS, sample.rows // ROWS_OF_A_BIN), 1)
    parts = np.array_split(np.argsort(answers, kind="stable"), bins)
    means = np.array([(answers[part].mean(), truth[part].mean()) for part in parts])
    low, high = float(means.min()), float(means.max())
    scaled = (means - low) / (high - low) if high > low else np.full_like(means, 0.5)
    return tuple((float(said), float(real)) for said, real in scaled), low, high


def _bin(sample: Sample, level: float) -> Bin:
    positive = int(sample.labels.sum())
    interval = clopper_pearson(positive, sample.rows, level)
    return Bin(float(sample.scores.mean()), positive / sample.rows, interval, sample.rows)
