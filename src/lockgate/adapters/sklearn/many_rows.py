"""scikit-learn's metrics of two classes over millions of rows: it takes up to 100 bytes for each, these take 16."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from sklearn import metrics

from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import value
from lockgate.domain.statistics.sample import Floats, Sample, Truths

PART = 1_000_000
"""The rows that are measured at once; fewer are measured by scikit-learn as they are."""


def roc_auc(sample: Sample, ours: Metric) -> float:
    """The area under the ROC curve; NaN or ``ValueError`` where there is none. ``ours`` takes least."""
    if sample.rows <= PART:
        return float(metrics.roc_auc_score(sample.labels, sample.scores))
    found = value(ours, sample)
    return math.nan if found is None else found


def average_precision(sample: Sample) -> float:
    """The mean precision at each distinct score, weighted by the recall that it adds."""
    labels, scores = sample.labels, sample.scores
    if sample.rows <= PART:
        return float(metrics.average_precision_score(labels, scores))
    order = np.argsort(scores)[::-1]
    total, found, told = 0.0, 0, 0
    for start in range(0, len(order), PART):
        part = order[start : start + PART]
        beyond = order[start + PART : start + PART + 1]
        next_scores = np.append(scores[part[1:]], scores[beyond] if len(beyond) else np.nan)
        ends = np.flatnonzero(scores[part] != next_scores)
        hits = found + np.cumsum(labels[part])
        found = int(hits[-1])
        total += float((np.diff(hits[ends], prepend=told) * hits[ends] / (start + ends + 1)).sum())
        told = int(hits[ends[-1]]) if len(ends) else told
    return total / max(1, found)


def log_loss(sample: Sample) -> float:
    """The mean log loss."""
    return _mean(partial(metrics.log_loss, labels=[False, True]), sample.labels, sample.scores)


def brier(sample: Sample) -> float:
    """The mean squared distance of the probability from the truth."""
    return _mean(partial(metrics.brier_score_loss, labels=[False, True]), sample.labels, sample.scores)


def _mean(metric: Callable[[Truths, Floats], float], labels: Truths, scores: Floats) -> float:
    starts = range(0, len(labels), PART)
    means = [metric(labels[start : start + PART], scores[start : start + PART]) for start in starts]
    sizes = [min(PART, len(labels) - start) for start in starts]
    return float(np.average(means, weights=sizes)) if len(means) > 1 else float(means[0])
