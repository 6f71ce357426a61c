"""How far probabilities are from frequencies."""

import numpy as np

from lockgate.domain.statistics.bootstrap import RESAMPLES, SEED
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.sample import Sample

BINS = 15


def brier(sample: Sample, level: float) -> Estimate:
    """The Brier score: the mean squared distance of probability and truth."""
    return estimate("brier", sample, level)


def expected_calibration_error(sample: Sample, level: float, bins: int = BINS) -> Estimate:
    """The expected calibration error over bins of equal numbers of rows, corrected for its bias.

    Noise within bins adds to the plain estimate; a resampling of the labels in each bin tells how much, and the
    interval is the basic bootstrap's, which takes the same amount off (Efron and Tibshirani 1993, 10 and 13).
    """
    if not sample.whole:
        return Estimate(None, None, sample.rows)
    order = np.argsort(sample.scores, kind="stable")
    parts = [part for part in np.array_split(order, bins) if part.size]
    sizes = np.array([part.size for part in parts])
    told = np.array([sample.scores[part].mean() for part in parts])
    seen = np.array([sample.labels[part].mean() for part in parts])
    plain = float((sizes * np.abs(seen - told)).sum() / sample.rows)
    drawn = np.random.default_rng(SEED).binomial(sizes, seen, size=(RESAMPLES, len(parts))) / sizes
    errors = (sizes * np.abs(drawn - told)).sum(axis=1) / sample.rows
    bias = float(errors.mean()) - plain
    low, high = np.quantile(errors, [(1 - level) / 2, (1 + level) / 2]) - 2 * bias
    value = max(plain - bias, 0.0)
    return Estimate(value, Interval(max(float(low), 0.0), max(float(high), value), level, "debiased bins"), sample.rows)
