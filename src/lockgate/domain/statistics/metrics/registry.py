"""Metrics of two classes by scikit-learn's names, each with its direction and what it depends on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from lockgate.domain.ranges import Range
from lockgate.domain.statistics.sample import Floats, Sample

MetricName = Literal["roc_auc", "accuracy", "average_precision", "f1", "log_loss", "brier"]
"""What candidates compete by on validation rows."""

AnyMetricName = Literal[
    "roc_auc",
    "roc_auc_ovo",
    "roc_auc_ovo_weighted",
    "roc_auc_ovr",
    "roc_auc_ovr_weighted",
    "positive_likelihood_ratio",
    "neg_negative_likelihood_ratio",
    "accuracy",
    "average_precision",
    "f1",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "log_loss",
    "brier",
    "neg_log_loss",
    "neg_brier_score",
    "d2_log_loss_score",
    "d2_brier_score",
    "balanced_accuracy",
    "matthews_corrcoef",
    "specificity",
    "precision",
    "precision_macro",
    "precision_micro",
    "precision_weighted",
    "recall",
    "recall_macro",
    "recall_micro",
    "recall_weighted",
    "jaccard",
    "jaccard_macro",
    "jaccard_micro",
    "jaccard_weighted",
]
"""Every metric of ``METRICS``: what the accuracy gate takes."""

Kind = Literal["cells", "mean", "skill", "auc", "average_precision"]
OfCells = Callable[[Floats, Floats, Floats, Floats], Floats]
OfRows = Callable[[Sample], Floats]
OfShare = Callable[[Floats], Floats]
OfWeights = Callable[[Floats], Floats]
"""From weights of rows ``(draws, rows)`` to the metric of each draw ``(draws,)``."""


@dataclass(frozen=True)
class Metric:
    """A metric: its direction, and how it is computed.

    It lies from ``least`` to ``most``; ``None`` is without end.

    ``cells`` metrics depend on the four counts of a confusion matrix alone, ``mean`` metrics are means over rows;
    ``skill`` is the part of a mean loss that is saved against answering each row with the share of positive ones,
    whose loss ``of_share`` gives; the other two depend on the order of scores.
    """

    name: str
    higher_is_better: bool
    kind: Kind
    of_cells: OfCells | None = None
    of_rows: OfRows | None = None
    of_share: OfShare | None = None
    least: float | None = 0.0
    most: float | None = 1.0

    def demand_reachable(self, name: str, limit: float) -> None:
        """Raise ``ValueError`` for a floor or a ceiling that every model breaks, or none."""
        Range(self.least, self.most, what=f"{self.name} lies there").demand(name, limit)

    def demand_difference(self, name: str, margin: float) -> None:
        """Raise ``ValueError`` for a margin that no two models could differ by."""
        if self.least is not None and self.most is not None:
            width = self.most - self.least
            Range(below=width, what=f"no two models differ by more in {self.name}").demand(name, margin)


def value(metric: str, sample: Sample) -> float | None:
    """The metric over the sample; ``None`` where it is no finite number or a class is missing. Raises ``KeyError``."""
    known = METRICS[metric]
    if not sample.whole:
        return None
    if known.of_cells is not None:
        found = float(known.of_cells(*sample.cells()))
    elif known.of_rows is not None:
        found = float(of_mean(known, known.of_rows(sample).mean(), sample.labels.mean()))
    else:
        found = auc(sample) if known.kind == "auc" else average_precision(sample)
    return found if np.isfinite(found) else None


def of_mean(metric: Metric, mean: Floats, share: Floats) -> Floats:
    """A metric of means, from the mean over rows and the share of positives; no skill where all are of one class."""
    if metric.of_share is None:
        return mean
    loss = metric.of_share(share)
    return np.where(loss > 0, 1 - _ratio(mean, loss), 0.0)


def auc(sample: Sample) -> float:
    """The area under the ROC curve; ties count half."""
    negatives = np.sort(sample.scores[~sample.labels])
    positives = sample.scores[sample.labels]
    below = np.searchsorted(negatives, positives, "left") + np.searchsorted(negatives, positives, "right")
    return float(below.sum()) / (2 * len(positives) * len(negatives))


def average_precision(sample: Sample) -> float:
    """The mean precision over the steps of recall, as scikit-learn defines it; equal scores are one step."""
    return float(ranked(sample)(np.ones((1, sample.rows)))[0])


def ranked(sample: Sample) -> OfWeights:
    """The average precision as a function of weights; the rows are sorted once."""
    order = np.argsort(-sample.scores, kind="stable")
    labels, scores = sample.labels[order].astype(np.float64), sample.scores[order]
    last = np.append(np.flatnonzero(np.diff(scores)), sample.rows - 1)

    def precision(weights: Floats) -> Floats:
        weight = weights[:, order]
        hits, every = np.cumsum(weight * labels, axis=1)[:, last], np.cumsum(weight, axis=1)[:, last]
        steps = np.diff(hits, axis=1, prepend=0.0) * _ratio(hits, every)
        return _ratio(steps.sum(axis=1), hits[:, -1])

    return precision


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Part by whole, and 0 where there is no whole: scikit-learn's ``zero_division``."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)


def _f1(hit: Floats, wrong: Floats, missed: Floats) -> Floats:
    return _ratio(2 * hit, 2 * hit + wrong + missed)


def _jaccard(hit: Floats, wrong: Floats, missed: Floats) -> Floats:
    return _ratio(hit, hit + wrong + missed)


def _precision(hit: Floats, wrong: Floats, missed: Floats) -> Floats:  # noqa: ARG001 - one form for all three
    return _ratio(hit, hit + wrong)


def _recall(hit: Floats, wrong: Floats, missed: Floats) -> Floats:  # noqa: ARG001
    return _ratio(hit, hit + missed)


def _averaged(name: str, one: Callable[[Floats, Floats, Floats], Floats]) -> list[Metric]:
    """The positive class's own, and the macro, micro and weighted averages over both classes."""

    def micro(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
        return one(tp + tn, fp + fn, fn + fp)

    def macro(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
        return (one(tp, fp, fn) + one(tn, fn, fp)) / 2

    def weighted(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
        positives, negatives = tp + fn, tn + fp
        return _ratio(positives * one(tp, fp, fn) + negatives * one(tn, fn, fp), positives + negatives)

    def own(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:  # noqa: ARG001
        return one(tp, fp, fn)

    averages = {name: own, f"{name}_macro": macro, f"{name}_micro": micro, f"{name}_weighted": weighted}
    return [_cells(called, of_cells) for called, of_cells in averages.items()]


def _cells(name: str, of_cells: OfCells, *, least: float | None = 0.0, most: float | None = 1.0) -> Metric:
    return Metric(name, higher_is_better=True, kind="cells", of_cells=of_cells, least=least, most=most)


def _accuracy(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return _ratio(tp + tn, tp + fp + fn + tn)


def _balanced(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return (_ratio(tp, tp + fn) + _ratio(tn, tn + fp)) / 2


def _specificity(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:  # noqa: ARG001
    return _ratio(tn, tn + fp)


def _matthews(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return _ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def _positive_likelihood(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return np.where(fp > 0, _ratio(tp * (tn + fp), fp * (tp + fn)), np.nan)


def _negative_likelihood(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return np.where(tn > 0, -_ratio(fn * (tn + fp), tn * (tp + fn)), np.nan)


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


def _negative(of_rows: OfRows) -> OfRows:
    return lambda sample: -of_rows(sample)


_AREAS: Final = ("roc_auc", "roc_auc_ovo", "roc_auc_ovo_weighted", "roc_auc_ovr", "roc_auc_ovr_weighted")
"""One number where there are two classes."""

_ALL: Final = [
    *(Metric(name, higher_is_better=True, kind="auc") for name in _AREAS),
    _cells("positive_likelihood_ratio", _positive_likelihood, most=None),
    _cells("neg_negative_likelihood_ratio", _negative_likelihood, least=None, most=0.0),
    _cells("accuracy", _accuracy),
    Metric("average_precision", higher_is_better=True, kind="average_precision"),
    *_averaged("f1", _f1),
    Metric("log_loss", higher_is_better=False, kind="mean", of_rows=_log_loss, most=None),
    Metric("brier", higher_is_better=False, kind="mean", of_rows=_brier),
    Metric("neg_log_loss", higher_is_better=True, kind="mean", of_rows=_negative(_log_loss), least=None, most=0.0),
    Metric("neg_brier_score", higher_is_better=True, kind="mean", of_rows=_negative(_brier), least=-1.0, most=0.0),
    Metric("d2_log_loss_score", higher_is_better=True, kind="skill", of_rows=_log_loss, of_share=_entropy, least=None),
    Metric("d2_brier_score", higher_is_better=True, kind="skill", of_rows=_brier, of_share=_variance, least=None),
    _cells("balanced_accuracy", _balanced),
    _cells("matthews_corrcoef", _matthews, least=-1.0),
    _cells("specificity", _specificity),
    *_averaged("precision", _precision),
    *_averaged("recall", _recall),
    *_averaged("jaccard", _jaccard),
]
METRICS: Final[Mapping[str, Metric]] = {metric.name: metric for metric in _ALL}
"""Every metric that a policy can name."""
