"""Metrics of the probabilities that each row has of the classes: losses, and whether the true one is among the best."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from lockgate.domain.statistics.metrics.metric import Metric, Span
from lockgate.domain.statistics.metrics.multiclass.counts import MULTICLASS
from lockgate.domain.statistics.metrics.of_means import Means, of_means, of_shares
from lockgate.domain.statistics.sample import ClassSample, Floats, Truths

BEST: Final = (2, 3, 5)
"""Among how many of the best the true class is looked for."""
TINY: Final = float(np.finfo(np.float64).eps)


def _log_losses(sample: ClassSample) -> Callable[[int], Floats]:
    """Of each row, had it been of that class: ``(rows,)``."""
    return lambda place: -np.log(np.clip(sample.scores[:, place], TINY, 1 - TINY))


def _squares(sample: ClassSample) -> Callable[[int], Floats]:
    """The same of squared distances."""
    whole = _whole(sample)
    return lambda place: np.asarray(whole - 2 * sample.scores[:, place] + 1)


def _whole(sample: ClassSample) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", sample.scores, sample.scores))


def _log_loss(sample: ClassSample) -> Floats:
    told = sample.scores[np.arange(sample.rows), sample.truth]
    return -np.log(np.clip(told, TINY, 1 - TINY))[:, None]


def _brier(sample: ClassSample) -> Floats:
    own = sample.scores[np.arange(sample.rows), sample.truth]
    return np.asarray(_whole(sample) - 2 * own + 1)[:, None]


def _extremes(losses: Callable[[ClassSample], Callable[[int], Floats]]) -> Callable[..., Span]:
    """Of any row that is there, had it been of any class."""

    def extremes(ours: ClassSample, theirs: ClassSample | None) -> Span:
        ends, mine, others = [], losses(ours), None if theirs is None else losses(theirs)
        for place in range(len(ours.names)):
            told = mine(place) - (0.0 if others is None else others(place))
            ends.append((float(told.min()), float(told.max())))
        return min(low for low, _ in ends), max(high for _, high in ends)

    return extremes


def _among_best(sample: ClassSample, best: int) -> Truths:
    """As scikit-learn: of equal scores, those of later classes are better."""
    own = sample.scores[np.arange(sample.rows), sample.truth][:, None]
    later = np.arange(len(sample.names)) > sample.truth[:, None]
    ahead = (sample.scores > own) | ((sample.scores == own) & later)
    return np.asarray(ahead.sum(axis=1) < best)


def _top(best: int) -> Metric:
    metric = of_shares(f"top_{best}_accuracy", lambda sample: _among_best(sample, best), MULTICLASS)

    def value(sample: ClassSample) -> float:
        return metric.value(sample) if len(sample.names) > best else float("nan")  # every answer is right

    return replace(metric, value=value)


OF_PROBABILITIES: Final[tuple[Metric, ...]] = (
    of_means(
        "log_loss", Means(_log_loss), MULTICLASS, higher_is_better=False, most=None, extremes=_extremes(_log_losses)
    ),
    of_means("brier", Means(_brier), MULTICLASS, higher_is_better=False, most=2.0, extremes=_extremes(_squares)),
    *map(_top, BEST),
)
"""Losses, and accuracies among the best."""
