"""The policy's metrics, as scikit-learn defines them."""

import math
from collections.abc import Callable, Mapping

from sklearn import metrics

from lockgate.domain.model.signature import Array


class SklearnMetrics:
    """The metrics port on scikit-learn."""

    def measure(self, labels: Array, predicted: Array, scores: Array) -> Mapping[str, float | None]:
        """Every metric of the policy, by name; what gives no finite number is ``None``."""
        measures = {
            "roc_auc": lambda: metrics.roc_auc_score(labels, scores),
            "accuracy": lambda: metrics.accuracy_score(labels, predicted),
            "average_precision": lambda: metrics.average_precision_score(labels, scores),
            "f1": lambda: metrics.f1_score(labels, predicted, zero_division=0.0),
            "log_loss": lambda: metrics.log_loss(labels, scores, labels=[False, True]),
            "brier": lambda: metrics.brier_score_loss(labels, scores),
        }
        # A label column with one class has no ROC; scores with NaN have nothing: both are facts, not crashes.
        both = 0 < int(labels.sum()) < len(labels)
        return {name: _finite(measure) if both else None for name, measure in measures.items()}


def _finite(measure: Callable[[], float]) -> float | None:
    try:
        value = float(measure())
    except ValueError:
        return None
    return value if math.isfinite(value) else None
