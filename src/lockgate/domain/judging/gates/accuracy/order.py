"""A floor that is missed by the order of the classes alone: the finding names it as the likely cause."""

from dataclasses import replace

from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.names import listed
from lockgate.domain.numbers import shown
from lockgate.domain.statistics.class_order import OtherOrder, other_order
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import metrics_of
from lockgate.domain.statistics.sample import AnySample


def with_order(found: Finding, metric: Metric, sample: AnySample) -> Finding:
    """A refused floor with the order in which the same answers would keep to it, where there is one."""
    if found.outcome is not Outcome.REFUSED or found.limit is None or metric.name not in metrics_of(sample.task):
        return found
    other = other_order(sample)
    if other is None:
        return found
    reached = metric.value(other.sample)
    if not (reached >= found.limit if metric.higher_is_better else reached <= found.limit):
        return found
    message = f"{found.message}; with the {_what(sample)} {_order(other)} it would be {shown(reached)}"
    where = "tables.labels" if sample.task == "multilabel" else "Trained.classes"
    return replace(
        found,
        message=message,
        remedy=f"hand over the {_what(sample)} as the model's probabilities have them, likely {_order(other)}: {where}",
    )


def _what(sample: AnySample) -> str:
    return "labels" if sample.task == "multilabel" else "classes"


def _order(other: OtherOrder) -> str:
    return f"in the order {listed(other.names)}" if other.names else "the other way round"
