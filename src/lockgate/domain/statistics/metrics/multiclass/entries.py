"""The metrics of several classes, by scikit-learn's names: its scorer's, or its function's where it has none."""

from typing import Final

from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.multiclass.areas import AREAS
from lockgate.domain.statistics.metrics.multiclass.counts import COUNTED, MULTICLASS
from lockgate.domain.statistics.metrics.multiclass.probabilities import OF_PROBABILITIES
from lockgate.domain.statistics.metrics.of_means import of_shares

MULTICLASS_METRICS: Final[tuple[Metric, ...]] = (
    of_shares("accuracy", lambda sample: sample.truth == sample.predicted, MULTICLASS),
    *COUNTED,
    *AREAS,
    *OF_PROBABILITIES,
)
"""A floor for one class: see ``class_metric``."""
