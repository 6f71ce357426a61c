"""A metric of one class, one label or one target out of many: floors for each of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from lockgate.domain.statistics.metrics.binary.entries import BINARY_METRICS
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.regression.entries import REGRESSION_METRICS
from lockgate.domain.statistics.sample import ClassSample, LabelSample, Sample, ValueSample

MANY: Final = ("multiclass", "multilabel")
OF_ONE_CLASS: Final = {metric.name: metric for metric in BINARY_METRICS}
OF_ITS_ROWS: Final = ("recall",)
"""Those that ask nothing of rows of other classes."""
OF_ONE_TARGET: Final = {metric.name: metric for metric in REGRESSION_METRICS}


def one_class(sample: ClassSample | LabelSample, name: str) -> Sample:
    """The sample of one class against all others, or of one label. Raises ``ValueError`` for a name that is none."""
    place = sample.names.index(name)
    if isinstance(sample, ClassSample):
        return Sample(sample.truth == place, sample.predicted == place, sample.scores[:, place], sample.blocks)
    return Sample(sample.truth[:, place], sample.predicted[:, place], sample.scores[:, place], sample.blocks)


def one_target(sample: ValueSample, name: str) -> ValueSample:
    """The sample of one target. Raises ``ValueError`` for a name that is none."""
    place = [sample.names.index(name)]
    naive = None if sample.naive is None else sample.naive[:, place]
    return replace(sample, truth=sample.truth[:, place], values=sample.values[:, place], names=(name,), naive=naive)


def class_metric(name: str, of: str) -> Metric:
    """The metric of that name of one class against all others, or of one label, with the intervals of two classes.

    Raises ``KeyError`` where there is none of that name for two classes.
    """
    return _of_one(OF_ONE_CLASS[name], of, one_class, MANY)


def target_metric(name: str, of: str) -> Metric:
    """The metric of that name of one target. Raises ``KeyError`` where there is none."""
    return _of_one(OF_ONE_TARGET[name], of, one_target, ("regression",))


def _has_all(metric: Metric, own: Any) -> bool:
    """Whether it goes by the rows of the class alone, and every row is of it: the others are not missed."""
    return metric.name in OF_ITS_ROWS and isinstance(own, Sample) and own.rows > 0 and bool(own.labels.all())


def _of_one(metric: Metric, of: str, one: Callable[[Any, str], Any], tasks: tuple[str, ...]) -> Metric:
    interval, paired, contributions = metric.interval, metric.paired, metric.contributions
    weighted, parts = metric.of_weights, metric.parts

    def value(sample: Any) -> float:
        own = one(sample, of)
        return metric.value(own) if own.whole or _has_all(metric, own) else float("nan")

    return replace(
        metric,
        name=f"{metric.name} of {of}",
        of=of,
        value=value,
        tasks=tasks,
        interval=interval and (lambda sample, found, level: interval(one(sample, of), found, level)),
        paired=paired and (lambda ours, theirs, level: paired(one(ours, of), one(theirs, of), level)),
        contributions=contributions and (lambda sample: contributions(one(sample, of))),
        extremes=None,
        of_cells=None,
        of_weights=weighted and (lambda sample: weighted(one(sample, of))),
        alike=None,
        parts=parts and (lambda sample: parts(one(sample, of))),
    )
