"""The metrics of two classes, an entry each, by scikit-learn's names."""

from collections.abc import Callable
from typing import Final

import numpy as np

from lockgate.domain.statistics.bounds.means import RowMean
from lockgate.domain.statistics.bounds.ratios import ratio
from lockgate.domain.statistics.metrics.binary.area import area
from lockgate.domain.statistics.metrics.binary.counts import of_counts
from lockgate.domain.statistics.metrics.binary.precision import precision_of_ranks
from lockgate.domain.statistics.metrics.binary.row_means import of_rows
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.sample import Floats, Sample

OfOne = Callable[[Floats, Floats, Floats], Floats]
"""From the true positives, false positives and false negatives of one class."""


def _f1(hit: Floats, wrong: Floats, missed: Floats) -> Floats:
    return ratio(2 * hit, 2 * hit + wrong + missed)


def _jaccard(hit: Floats, wrong: Floats, missed: Floats) -> Floats:
    return ratio(hit, hit + wrong + missed)


def _precision(hit: Floats, wrong: Floats, missed: Floats) -> Floats:  # noqa: ARG001 - one form for all three
    return ratio(hit, hit + wrong)


def _recall(hit: Floats, wrong: Floats, missed: Floats) -> Floats:  # noqa: ARG001
    return ratio(hit, hit + missed)


def _accuracy(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratio(tp + tn, tp + fp + fn + tn)


def _balanced(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return (ratio(tp, tp + fn) + ratio(tn, tn + fp)) / 2


def _specificity(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:  # noqa: ARG001
    return ratio(tn, tn + fp)


def _matthews(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def _positive_likelihood(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return np.where(fp > 0, ratio(tp * (tn + fp), fp * (tp + fn)), np.nan)


def _negative_likelihood(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return np.where(tn > 0, -ratio(fn * (tn + fp), tn * (tp + fn)), np.nan)


def _brier(sample: Sample) -> Floats:
    return np.square(sample.scores - sample.labels)


def _log_loss(sample: Sample) -> Floats:
    tiny = np.finfo(np.float64).eps
    scores = np.clip(sample.scores, tiny, 1 - tiny)
    return -np.log(np.where(sample.labels, scores, 1 - scores))


def _entropy(share: Floats) -> Floats:
    parts = np.stack([share, 1 - share])
    return np.asarray(-np.sum(parts * np.log(np.maximum(parts, np.finfo(np.float64).tiny)), axis=0))


def _variance(share: Floats) -> Floats:
    return share * (1 - share)


def _negative(mean: RowMean) -> RowMean:
    return RowMean(lambda sample: -mean.of_rows(sample))


LOG_LOSS: Final = RowMean(_log_loss)
BRIER: Final = RowMean(_brier)
LOG_LOSS_SAVED: Final = RowMean(_log_loss, _entropy)
BRIER_SAVED: Final = RowMean(_brier, _variance)


def _averages(name: str, one: OfOne) -> tuple[Metric, ...]:
    """The macro, micro and weighted averages over both classes of what the positive class has alone."""

    def micro(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
        return one(tp + tn, fp + fn, fn + fp)

    def macro(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
        return (one(tp, fp, fn) + one(tn, fn, fp)) / 2

    def weighted(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
        positives, negatives = tp + fn, tn + fp
        return ratio(positives * one(tp, fp, fn) + negatives * one(tn, fn, fp), positives + negatives)

    averages = {"macro": macro, "micro": micro, "weighted": weighted}
    return tuple(of_counts(f"{name}_{called}", of_cells) for called, of_cells in averages.items())


def _of_positives(one: OfOne) -> Callable[[Floats, Floats, Floats, Floats], Floats]:
    return lambda tp, fp, fn, tn: one(tp, fp, fn)  # noqa: ARG005 - one form for all four counts


BINARY_METRICS: Final = (
    area("roc_auc"),
    area("roc_auc_ovo"),
    area("roc_auc_ovo_weighted"),
    area("roc_auc_ovr"),
    area("roc_auc_ovr_weighted"),
    of_counts("positive_likelihood_ratio", _positive_likelihood, most=None),
    of_counts("neg_negative_likelihood_ratio", _negative_likelihood, least=None, most=0.0),
    of_counts(
        "accuracy",
        _accuracy,
        share=lambda tp, fp, fn, tn: (tp + tn, tp + fp + fn + tn),
        right_of=np.ones_like,
    ),
    precision_of_ranks("average_precision"),
    of_counts("f1", _of_positives(_f1)),
    *_averages("f1", _f1),
    of_rows("log_loss", LOG_LOSS, higher_is_better=False, most=None),
    of_rows("brier", BRIER, higher_is_better=False),
    of_rows("neg_log_loss", _negative(LOG_LOSS), least=None, most=0.0),
    of_rows("neg_brier_score", _negative(BRIER), least=-1.0, most=0.0),
    of_rows("d2_log_loss_score", LOG_LOSS_SAVED, least=None),
    of_rows("d2_brier_score", BRIER_SAVED, least=None),
    of_counts("balanced_accuracy", _balanced),
    of_counts("matthews_corrcoef", _matthews, least=-1.0),
    of_counts(
        "specificity",
        _specificity,
        share=lambda tp, fp, fn, tn: (tn, tn + fp),  # noqa: ARG005
        right_of=np.logical_not,
    ),
    of_counts(
        "precision",
        _of_positives(_precision),
        share=lambda tp, fp, fn, tn: (tp, tp + fp),  # noqa: ARG005 - given these trials it is binomial
    ),
    *_averages("precision", _precision),
    of_counts(
        "recall",
        _of_positives(_recall),
        share=lambda tp, fp, fn, tn: (tp, tp + fn),  # noqa: ARG005
        right_of=lambda labels: labels,
    ),
    *_averages("recall", _recall),
    of_counts("jaccard", _of_positives(_jaccard)),
    *_averages("jaccard", _jaccard),
)
"""One number stands under several names where there are two classes: ``roc_auc_ovr`` is ``roc_auc``."""
