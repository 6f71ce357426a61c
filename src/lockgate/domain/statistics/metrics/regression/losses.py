"""Metrics of how far numbers are from the true ones: of each target, and their mean over targets."""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.of_means import Means, of_means
from lockgate.domain.statistics.sample import Floats, ValueSample

REGRESSION: Final = "regression"
OfErrors: TypeAlias = Callable[[ValueSample], Floats]
"""The loss of every row and target, ``(rows, targets)``."""


def absolute(sample: ValueSample) -> Floats:
    """How far each answer is off."""
    return np.abs(sample.truth - sample.values)


def square(sample: ValueSample) -> Floats:
    """The same squared."""
    return np.square(sample.truth - sample.values)


def _relative(sample: ValueSample) -> Floats:
    """NaN where a truth is 0, to which nothing is relative: scikit-learn divides by 2e-16 there."""
    sizes = np.abs(sample.truth)
    return np.asarray(np.divide(absolute(sample), sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0))


def _poisson(sample: ValueSample) -> Floats:
    """NaN where a truth is negative or an answer is not positive: it has no such deviance."""
    truth, told = sample.truth, sample.values
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(truth > 0, truth * np.log(truth / told), 0.0)
    return np.where((truth >= 0) & (told > 0), 2 * (logs - truth + told), np.nan)


def _gamma(sample: ValueSample) -> Floats:
    """NaN where a truth or an answer is not positive."""
    truth, told = sample.truth, sample.values
    with np.errstate(divide="ignore", invalid="ignore"):
        deviance = 2 * (np.log(told / truth) + truth / told - 1)
    return np.where((truth > 0) & (told > 0), deviance, np.nan)


def _pinball(sample: ValueSample) -> Floats:
    """Of every quantile; a single number is the median."""
    at, quantiles = (sample.values, (0.5,)) if sample.at is None else (sample.at, sample.quantiles)
    short, level = sample.truth - at, np.array(quantiles)
    return np.maximum(level * short, (level - 1) * short)


def _root(means: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(means, 0.0)).mean(axis=-1))


def _mean(means: Floats) -> Floats:
    return np.asarray(means.mean(axis=-1))


def _saved(loss: OfErrors) -> Means:
    """1 - loss / loss of the naive forecast."""

    def of_rows(sample: ValueSample) -> Floats:
        if sample.naive is None:
            return np.full((sample.rows, 2), np.nan)
        naive = ValueSample(sample.truth, sample.naive, sample.names)
        return np.concatenate([loss(sample), loss(naive)], axis=1)

    return Means(of_rows, _share_saved)


def _share_saved(means: Floats) -> Floats:
    """Of means of ours, and then of what is saved against; NaN where there is nothing to save."""
    ours, other = np.split(means, 2, axis=-1)
    saved = 1 - np.divide(ours, other, out=np.full(ours.shape, np.nan), where=other > 0)
    return np.asarray(saved.mean(axis=-1))


def _rooted(means: Floats) -> Floats:
    return _share_saved(np.sqrt(np.maximum(means, 0.0)))


def _variances(sample: ValueSample) -> Floats:
    """Squares about the mean of the truth, the truth about it, and squared errors."""
    about = sample.truth - sample.truth.mean(axis=0)
    return np.concatenate([np.square(about), about, square(sample)], axis=1)


def _with_errors(sample: ValueSample) -> Floats:
    return np.concatenate([_variances(sample), sample.truth - sample.values], axis=1)


def _determined(means: Floats) -> Floats:
    every, about, squares = np.split(means, 3, axis=-1)
    return _explained_of(squares, every - about**2)


def _explained(means: Floats) -> Floats:
    every, about, squares, errors = np.split(means, 4, axis=-1)
    return _explained_of(squares - errors**2, every - about**2)


def _explained_of(lost: Floats, whole: Floats) -> Floats:
    found = 1 - np.divide(lost, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return np.asarray(found.mean(axis=-1))


def _loss(name: str, of_rows: OfErrors, turned: Callable[[Floats], Floats] = _mean) -> Metric:
    return of_means(name, Means(of_rows, turned), REGRESSION, higher_is_better=False, most=None)


def _skill(name: str, means: Means) -> Metric:
    return of_means(name, means, REGRESSION, least=None)


LOSSES: Final[tuple[Metric, ...]] = (
    _loss("mean_absolute_error", absolute),
    _loss("mean_squared_error", square),
    _loss("root_mean_squared_error", square, _root),
    _loss("mean_absolute_percentage_error", _relative),
    _loss("mean_pinball_loss", _pinball),
    _loss("mean_poisson_deviance", _poisson),
    _loss("mean_gamma_deviance", _gamma),
    _skill("r2", Means(_variances, _determined)),
    _skill("explained_variance", Means(_with_errors, _explained)),
    _skill("mae_skill", _saved(absolute)),
    _skill("rmse_skill", Means(_saved(square).of_rows, _rooted)),
)
"""Of several targets the mean over them, as scikit-learn's ``uniform_average``."""
