"""The metrics of numbers, by the names of scikit-learn's scorers without ``neg_``: a loss is better where it is less.

``max_error`` is not among them: of rows that nobody saw, the largest error of those that were seen says nothing.
"""

from typing import Final

from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.regression.losses import LOSSES
from lockgate.domain.statistics.metrics.regression.medians import MEDIAN

REGRESSION_METRICS: Final[tuple[Metric, ...]] = (*LOSSES, MEDIAN)
"""``mae_skill`` and ``rmse_skill`` are relative to a naive forecast: 1 - loss / its loss."""
