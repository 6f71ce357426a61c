"""How far probabilities are from frequencies."""

import math

import numpy as np

from lockgate.domain.statistics.bootstrap import RESAMPLES, SEED
from lockgate.domain.statistics.bounds.proportions import quantile
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.sample import Floats, Sample

BINS = 15
ROWS_OF_A_BIN = 20
"""A bin of fewer rows has a standard error that nobody should believe: few rows have fewer bins."""


def brier(sample: Sample, level: float) -> Estimate:
    """The Brier score: the mean squared distance of probability and truth."""
    return estimate("brier", sample, level)


def expected_calibration_error(sample: Sample, level: float, bins: int = BINS) -> Estimate:
    """The mean distance of share of positives and mean probability, over equal-mass bins of 20 rows at least.

    Noise keeps each bin's gap from 0. ``value`` has the excess taken off that noise of each bin's standard error makes
    (Kumar, Liang and Ma 2019, by the mean of a folded normal), but not below 0. With gaps g and noise e the interval
    follows from ``|g + e| - |g| <= |e|``, by a quantile of the mean size of the noise, for its lower end, and from
    ``|g| - |g + e| <= -sign(g) e``, a normal sum, for its upper: it covers the binned error even where that is 0.
    """
    if not sample.whole:
        return Estimate(None, None, sample.rows)
    gaps, errors, shares = _gaps(sample, max(min(bins, sample.rows // ROWS_OF_A_BIN), 1))
    plain = float(shares @ np.abs(gaps))
    value = max(plain - float(shares @ _excess(np.abs(gaps), errors)), 0.0)
    noise = np.abs(np.random.default_rng(SEED).normal(size=(RESAMPLES, len(gaps)))) @ (shares * errors)
    low = max(plain - float(np.quantile(noise, (1 + level) / 2)), 0.0)
    high = min(plain + quantile(level) * float(np.linalg.norm(shares * errors)), 1.0)
    return Estimate(value, Interval(min(low, value), max(high, value), level, "folded-normal"), sample.rows)


def _gaps(sample: Sample, bins: int) -> tuple[Floats, Floats, Floats]:
    """Each bin's gap, its standard error and its share of the rows, ``(bins,)`` each; equal scores share a bin."""
    starts = np.unique(np.sort(sample.scores)[np.arange(1, bins) * sample.rows // bins])
    at = np.searchsorted(starts, sample.scores, side="right")
    counts = np.bincount(at)
    at, counts = (np.cumsum(counts > 0) - 1)[at], counts[counts > 0]
    residuals = sample.labels - sample.scores
    gaps = np.bincount(at, residuals) / counts
    squares = np.bincount(at, np.square(residuals - gaps[at]))
    told = np.bincount(at, sample.scores) / counts
    # One row more, of the variance that the scores claim: a bin without errors is not without doubt.
    return gaps, np.sqrt((squares + told * (1 - told)) / counts**2), counts / sample.rows


def _excess(sizes: Floats, errors: Floats) -> Floats:
    """By how much the mean of ``|g + e|`` exceeds ``|g|`` for a normal e, bin by bin."""
    safe = np.where(errors > 0, errors, 1.0)
    beyond = np.array([math.erfc(ratio / math.sqrt(2)) for ratio in (sizes / safe).tolist()])
    excess = safe * math.sqrt(2 / math.pi) * np.exp(-np.square(sizes / safe) / 2) - sizes * beyond
    return np.asarray(np.where(errors > 0, excess, 0.0))
