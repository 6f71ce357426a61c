"""The metrics of several labels at once, by scikit-learn's names."""

from typing import Final

from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.multilabel.counts import COUNTED, MULTILABEL
from lockgate.domain.statistics.metrics.multilabel.scores import OF_SCORES
from lockgate.domain.statistics.metrics.of_means import of_shares

MULTILABEL_METRICS: Final[tuple[Metric, ...]] = (
    of_shares("accuracy", lambda sample: (sample.truth == sample.predicted).all(axis=1), MULTILABEL),
    *COUNTED,
    *OF_SCORES,
)
"""``accuracy`` is of rows whose labels are all right. A floor for one label: see ``class_metric``."""
