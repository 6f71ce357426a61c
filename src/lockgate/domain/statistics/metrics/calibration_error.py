"""How far probabilities are from frequencies."""

import math

import numpy as np

from lockgate.domain.statistics.blocks import block_places, degrees_of, too_few
from lockgate.domain.statistics.bootstrap import RESAMPLES, SEED
from lockgate.domain.statistics.bounds.means import student
from lockgate.domain.statistics.bounds.proportions import quantile
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.sample import AnySample, ClassSample, Floats, Places, Sample, Truths

BINS = 15
ROWS_OF_A_BIN = 20
"""A bin of fewer rows has a standard error that nobody should believe: few rows have fewer bins."""


def brier(sample: AnySample, level: float) -> Estimate:
    """The Brier score: the mean squared distance of probability and truth; of several classes the sum over them."""
    return estimate("brier", sample, level)


def expected_calibration_error(sample: Sample, level: float, bins: int = BINS) -> Estimate:
    """Of a positive class: see ``error_of_probabilities``. No value without rows of both classes."""
    if not sample.whole:
        return Estimate(None, None, sample.rows)
    return error_of_probabilities(sample.labels, sample.scores, level, bins, sample.blocks)


def top_label(sample: ClassSample) -> tuple[Truths, Floats]:
    """Which rows ``(rows,)`` are of the class that they are likeliest of, and that probability."""
    best = sample.scores.argmax(axis=1)
    return np.asarray(best == sample.truth), sample.scores[np.arange(sample.rows), best]


def error_of_probabilities(
    truth: Truths,
    told: Floats,
    level: float,
    bins: int = BINS,
    blocks: Places | None = None,
    *,
    of_others: bool = False,
) -> Estimate:
    """The mean distance of share of true rows and mean probability, over equal-mass bins of 20 rows at least.

    Noise keeps each bin's gap from 0. ``value`` has the excess taken off that noise of each bin's standard error makes
    (Kumar, Liang and Ma 2019, by the mean of a folded normal), but not below 0. With gaps g and noise e the interval
    follows from ``|g + e| - |g| <= |e|``, by a quantile of the mean size of the noise, for its lower end, and from
    ``|g| - |g + e| <= -sign(g) e``, a normal sum, for its upper: it covers the binned error even where that is 0.
    Blocks of rows that depend on each other put noise into several bins at once: it is then added up.

    ``of_others`` is the error on other rows, whose probabilities may fall into other bins: where bins' gaps differ,
    that adds to the noise. Without it the error is that of rows with these very probabilities.
    """
    rows = len(truth)
    if not rows or not np.isfinite(told).all():
        return Estimate(None, None, rows)
    gaps, errors, shares = _gaps(truth, told, max(min(bins, rows // ROWS_OF_A_BIN), 1), blocks)
    plain = float(shares @ np.abs(gaps))
    value = max(plain - float(shares @ _excess(np.abs(gaps), errors)), 0.0)
    if blocks is not None:
        return _of_blocks(value, plain, float(shares @ errors), rows, level, blocks)
    noise = np.abs(np.random.default_rng(SEED).normal(size=(RESAMPLES, len(gaps)))) @ (shares * errors)
    between = float(shares @ np.square(np.abs(gaps) - plain)) / rows if of_others else 0.0
    down, up = float(np.quantile(noise, (1 + level) / 2)), quantile(level) * float(np.linalg.norm(shares * errors))
    if between:
        down, up = (math.hypot(reach, quantile(level) * math.sqrt(between)) for reach in (down, up))
    low, high = max(plain - down, 0.0), min(plain + up, 1.0)
    return Estimate(value, Interval(min(low, value), max(high, value), level, "folded-normal"), rows)


def _of_blocks(value: float, plain: float, error: float, rows: int, level: float, blocks: Places) -> Estimate:
    """``error`` is the sum of the bins' errors by their shares: as if all went the same way at once."""
    count = block_places(blocks)[1]
    if few := too_few(count):
        return Estimate(value, None, rows, few, count)
    reach = student(level, degrees_of(blocks)) * error
    low, high = max(plain - reach, 0.0), min(plain + reach, 1.0)
    return Estimate(
        value, Interval(min(low, value), max(high, value), level, "folded-normal of blocks"), rows, "", count
    )


def _gaps(truth: Truths, told: Floats, bins: int, blocks: Places | None) -> tuple[Floats, Floats, Floats]:
    """Each bin's gap, its standard error and its share of the rows, ``(bins,)`` each; equal scores share a bin."""
    rows = len(truth)
    starts = np.unique(np.sort(told)[np.arange(1, bins) * rows // bins])
    at = np.searchsorted(starts, told, side="right")
    counts = np.bincount(at)
    at, counts = (np.cumsum(counts > 0) - 1)[at], counts[counts > 0]
    residuals = truth - told
    gaps = np.bincount(at, residuals) / counts
    apart, claimed = np.square(residuals - gaps[at]), np.bincount(at, told) / counts
    if blocks is not None:  # what a block adds to a bin it adds as one
        code, place = np.unique(block_places(blocks)[0] * len(counts) + at, return_inverse=True)
        at, apart = code % len(counts), np.square(np.bincount(place.reshape(-1), residuals - gaps[at]))
    squares = np.bincount(at, apart, minlength=len(counts))
    # One row more, of the variance that the scores claim: a bin without errors is not without doubt.
    return gaps, np.sqrt((squares + claimed * (1 - claimed)) / counts**2), counts / rows


def _excess(sizes: Floats, errors: Floats) -> Floats:
    """By how much the mean of ``|g + e|`` exceeds ``|g|`` for a normal e, bin by bin."""
    safe = np.where(errors > 0, errors, 1.0)
    beyond = np.array([math.erfc(ratio / math.sqrt(2)) for ratio in (sizes / safe).tolist()])
    excess = safe * math.sqrt(2 / math.pi) * np.exp(-np.square(sizes / safe) / 2) - sizes * beyond
    return np.asarray(np.where(errors > 0, excess, 0.0))
