"""What is usually looked at, for each task, as scikit-learn defines it."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from sklearn import metrics

from lockgate.adapters.sklearn import many_rows
from lockgate.domain.making.probabilities import SUM as ROUNDING
from lockgate.domain.statistics.metrics.registry import METRICS, value
from lockgate.domain.statistics.sample import AnySample, ClassSample, LabelSample, Sample, ValueSample

Measures = Mapping[str, Callable[[], float]]


class SklearnMetrics:
    """The metrics port on scikit-learn."""

    def measure(self, sample: AnySample) -> Mapping[str, float | None]:
        """Every one by its name; what gives no finite number is ``None``."""
        # A label column with one class has no ROC; scores with NaN have nothing: both are facts, not crashes.
        measures = _measures(sample).items()
        with warnings.catch_warnings():
            # In float32 they add up to 1 as far as it tells; what is off by more is no answer, and was told before.
            warnings.filterwarnings("ignore", "The y_prob values do not sum to one", UserWarning)
            found = {name: _number(name, measure, sample) if sample.whole else None for name, measure in measures}
        # scikit-learn has a convention where a class without a row, or a target that is always the same, leaves nothing
        # to measure: an average over fewer classes, an R2 of 1. The gates know no such number.
        return dict(_defined(found, sample)) if _is_missing(sample) else found


def _is_missing(sample: AnySample) -> bool:
    """Whether a class or a label has no row, or a target is the same in every row."""
    if isinstance(sample, ClassSample):
        return bool((np.bincount(sample.truth, minlength=len(sample.names)) == 0).any())
    return not isinstance(sample, Sample) and bool((sample.truth == sample.truth[:1]).all(axis=0).any())


def _defined(found: Mapping[str, float | None], sample: AnySample) -> Iterator[tuple[str, float | None]]:
    for name, each in found.items():
        yield name, None if each is None or value(name, sample) is None else each


def _measures(sample: AnySample) -> Measures:
    if isinstance(sample, Sample):
        return _of_two(sample)
    if isinstance(sample, ClassSample):
        return _of_classes(sample)
    return _of_labels(sample) if isinstance(sample, LabelSample) else _of_values(sample)


def _of_two(sample: Sample) -> Measures:
    labels, predicted = sample.labels, sample.predicted
    return {
        "roc_auc": lambda: many_rows.roc_auc(sample, METRICS["roc_auc"]),
        "accuracy": lambda: metrics.accuracy_score(labels, predicted),
        "average_precision": lambda: many_rows.average_precision(sample),
        "f1": lambda: metrics.f1_score(labels, predicted, zero_division=0.0),
        "log_loss": lambda: many_rows.log_loss(sample),
        "brier": lambda: many_rows.brier(sample),
    }


def _of_classes(sample: ClassSample) -> Measures:
    truth, predicted, scores = sample.truth, sample.predicted, sample.scores
    every = np.arange(len(sample.names))
    return {
        "accuracy": lambda: metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": lambda: metrics.recall_score(
            truth, predicted, labels=np.unique(truth), average="macro", zero_division=0.0
        ),
        "f1_macro": lambda: metrics.f1_score(truth, predicted, labels=every, average="macro", zero_division=0.0),
        "log_loss": lambda: metrics.log_loss(truth, scores, labels=every),
    }


def _of_labels(sample: LabelSample) -> Measures:
    truth, predicted = sample.truth, sample.predicted
    return {
        "accuracy": lambda: metrics.accuracy_score(truth, predicted),
        "f1_macro": lambda: metrics.f1_score(truth, predicted, average="macro", zero_division=0.0),
        "f1_micro": lambda: metrics.f1_score(truth, predicted, average="micro", zero_division=0.0),
    }


def _of_values(sample: ValueSample) -> Measures:
    truth, values = sample.truth, sample.values
    measures: dict[str, Callable[[], float]] = {
        "mean_absolute_error": lambda: metrics.mean_absolute_error(truth, values),
        "root_mean_squared_error": lambda: metrics.root_mean_squared_error(truth, values),
        "r2": lambda: metrics.r2_score(truth, values),
    }
    if sample.quantiles and sample.at is not None:
        pairs = list(zip(sample.quantiles, sample.at.T, strict=True))
        measures["mean_pinball_loss"] = lambda: float(
            np.mean([metrics.mean_pinball_loss(truth, said, alpha=quantile) for quantile, said in pairs])
        )
    return measures


def _number(name: str, measure: Callable[[], float], sample: AnySample) -> float | None:
    """Of probabilities that rounding brought beyond 1, as a forest's sums are, which scikit-learn refuses, our own."""
    try:
        found = float(measure())
    except ValueError:
        return value(name, sample) if _rounded(sample) else None
    return found if math.isfinite(found) else None


def _rounded(sample: AnySample) -> bool:
    """Whether a probability lies outside 0 to 1, and none by more than rounding."""
    if isinstance(sample, ValueSample):
        return False
    low, high = float(sample.scores.min()), float(sample.scores.max())
    return (low < 0 or high > 1) and low >= -ROUNDING and high <= 1 + ROUNDING
