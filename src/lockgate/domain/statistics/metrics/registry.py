"""Every metric that a policy can name, by family; names are scikit-learn's."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Annotated, Final

import numpy as np

from lockgate.domain.choices import Choice
from lockgate.domain.statistics.metrics.binary.entries import BINARY_METRICS
from lockgate.domain.statistics.metrics.metric import BINARY, Metric
from lockgate.domain.statistics.metrics.multiclass.entries import MULTICLASS_METRICS
from lockgate.domain.statistics.metrics.multilabel.entries import MULTILABEL_METRICS
from lockgate.domain.statistics.metrics.regression.entries import REGRESSION_METRICS
from lockgate.domain.statistics.sample import AnySample

FAMILIES: Final[tuple[tuple[Metric, ...], ...]] = (
    BINARY_METRICS,
    MULTICLASS_METRICS,
    MULTILABEL_METRICS,
    REGRESSION_METRICS,
)
"""A line for each family."""

METRIC_NAMES: Final = tuple(dict.fromkeys(metric.name for family in FAMILIES for metric in family))
"""Every name that there is, of any task."""
SHORT: Final = (
    ("auc", "roc_auc"),
    ("mae", "mean_absolute_error"),
    ("mape", "mean_absolute_percentage_error"),
    ("mcc", "matthews_corrcoef"),
    ("mse", "mean_squared_error"),
    ("r2_score", "r2"),
    ("rmse", "root_mean_squared_error"),
)
"""What people call some of them."""
AnyMetricName = Annotated[str, Choice(METRIC_NAMES, SHORT)]
"""What the accuracy gate takes."""


@cache
def metrics_of(task: str) -> Mapping[str, Metric]:
    """The metrics of a task, by name: of ``binary``, ``multiclass``, ``multilabel`` or ``regression``."""
    return {metric.name: metric for family in FAMILIES for metric in family if task in metric.tasks}


METRICS: Final = metrics_of(BINARY)
"""Those of two classes."""


def value(metric: str | Metric, sample: AnySample) -> float | None:
    """The metric over the sample; ``None`` where it is no finite number or a class is missing. Raises ``KeyError``."""
    known = metric_of(metric, sample.task)
    if not sample.whole:
        return None
    found = known.value(sample)
    return found if np.isfinite(found) else None


def metric_of(metric: str | Metric, task: str = BINARY) -> Metric:
    """The metric of that name for a task. Raises ``KeyError`` where there is none."""
    return metric if isinstance(metric, Metric) else metrics_of(task)[metric]


@cache
def any_metric(name: str) -> Metric | None:
    """The metric of that name where the task is not known; ``None`` for none.

    Its direction is the same for all tasks; it lies where that of any task does.
    """
    every = [metric for family in FAMILIES for metric in family if metric.name == name]
    if not every:
        return None
    least, most = ([getattr(each, end) for each in every] for end in ("least", "most"))
    return replace(every[0], least=None if None in least else min(least), most=None if None in most else max(most))


def problem_of_metric(name: str, task: str) -> str:
    """Why one of ours is no metric of a task, with those that are; empty where it is, or where it is not ours."""
    if name not in METRIC_NAMES or name in metrics_of(task):
        return ""
    return f"{name} is no metric of a {task} task; those are: {', '.join(metrics_of(task))}"
