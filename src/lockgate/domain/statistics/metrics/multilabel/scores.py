"""Metrics of the probabilities of labels: losses, and ranks label by label or of all together."""

from collections.abc import Callable
from typing import Final

import numpy as np

from lockgate.domain.statistics.blocks import by_block
from lockgate.domain.statistics.bounds.ranks import area_under
from lockgate.domain.statistics.metrics.binary.area import area_contributions
from lockgate.domain.statistics.metrics.binary.precision import average_precision, precision_contributions
from lockgate.domain.statistics.metrics.metric import Metric, Span
from lockgate.domain.statistics.metrics.multilabel.counts import MULTILABEL
from lockgate.domain.statistics.metrics.of_means import Means, of_means
from lockgate.domain.statistics.sample import Floats, LabelSample, Sample, Truths

TINY: Final = float(np.finfo(np.float64).eps)


def _log_losses(sample: LabelSample, truth: Truths) -> Floats:
    told = np.clip(np.where(truth, sample.scores, 1 - sample.scores), TINY, 1 - TINY)
    return np.asarray(-np.log(told).mean(axis=1, keepdims=True))


def _squares(sample: LabelSample, truth: Truths) -> Floats:
    return np.asarray(np.square(sample.scores - truth).mean(axis=1, keepdims=True))


def _extremes(losses: Callable[[LabelSample, Truths], Floats]) -> Callable[..., Span]:
    """Of any row that is there, and of the same had each of its labels been the other way."""

    def extremes(ours: LabelSample, theirs: LabelSample | None) -> Span:
        turned = losses(ours, ~ours.truth) - (0.0 if theirs is None else losses(theirs, ~theirs.truth))
        return float(turned.min()), float(turned.max())

    return extremes


def _one(sample: LabelSample, place: int) -> Sample:
    return Sample(sample.truth[:, place], sample.predicted[:, place], sample.scores[:, place])


def _flat(sample: LabelSample) -> Sample:
    return Sample(sample.truth.ravel(), sample.predicted.ravel(), sample.scores.ravel())


def _told(sample: LabelSample) -> bool:
    """Whether every label is true of a row, and not of another."""
    return bool((sample.truth.any(axis=0) & ~sample.truth.all(axis=0)).all())


def _macro(of: Callable[[Sample], float]) -> Callable[[LabelSample], float]:
    def value(sample: LabelSample) -> float:
        if not _told(sample):
            return float("nan")
        return float(np.mean([of(_one(sample, place)) for place in range(len(sample.names))]))

    return value


def _micro(of: Callable[[Sample], float]) -> Callable[[LabelSample], float]:
    def value(sample: LabelSample) -> float:
        flat = _flat(sample)
        return of(flat) if 0 < int(flat.labels.sum()) < flat.rows else float("nan")

    return value


def _area(sample: Sample) -> float:
    return area_under(sample.labels, sample.scores)


def _macro_added(of: Callable[[Sample], Floats]) -> Callable[[LabelSample], Floats]:
    def contributions(sample: LabelSample) -> Floats:
        every = np.stack([of(_one(sample, place)) for place in range(len(sample.names))])
        return by_block(np.asarray(every.mean(axis=0)), sample.blocks)

    return contributions


def _micro_added(of: Callable[[Sample], Floats]) -> Callable[[LabelSample], Floats]:
    """The cells of a row count together, as they depend on each other."""
    return lambda sample: by_block(of(_flat(sample)).reshape(sample.rows, -1).mean(axis=1), sample.blocks)


def _rank_extremes(ours: LabelSample, theirs: LabelSample | None) -> Span:
    """A row of the rarest label below all others, or above; in ours and not in theirs."""
    counts = ours.truth.sum(axis=0)
    rarest = max(int(np.minimum(counts, ours.rows - counts).min()), 1)
    reach = ours.rows / rarest / len(ours.names)
    return (-reach, reach) if theirs is not None else (-reach, 1 + reach)


def _rank(name: str, of: Callable[[Sample], float], added: Callable[[Sample], Floats]) -> tuple[Metric, Metric]:
    macro, micro = _macro_added(added), _micro_added(added)
    return (
        Metric(f"{name}_macro", _macro(of), tasks=(MULTILABEL,), contributions=macro, extremes=_rank_extremes),
        Metric(f"{name}_micro", _micro(of), tasks=(MULTILABEL,), contributions=micro, extremes=_rank_extremes),
    )


OF_SCORES: Final[tuple[Metric, ...]] = (
    of_means(
        "log_loss",
        Means(lambda sample: _log_losses(sample, sample.truth)),
        MULTILABEL,
        higher_is_better=False,
        most=None,
        extremes=_extremes(_log_losses),
    ),
    of_means(
        "brier",
        Means(lambda sample: _squares(sample, sample.truth)),
        MULTILABEL,
        higher_is_better=False,
        extremes=_extremes(_squares),
    ),
    *_rank("roc_auc", _area, area_contributions),
    *_rank("average_precision", average_precision, precision_contributions),
)
"""Losses are means over rows and labels; ranks are of each label (macro), or of all cells together (micro)."""
