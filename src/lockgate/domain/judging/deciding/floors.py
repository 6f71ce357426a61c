"""Floors that stand on a command line: a metric of the task, or of one of its classes, and its limit."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lockgate.domain.judging.gates.accuracy.gate import ACCURACY
from lockgate.domain.judging.gates.accuracy.order import with_order
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_interval
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.task import Task
from lockgate.domain.names import listed, meant
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.first_looked_at import by_score
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.one_of_many import class_metric, target_metric
from lockgate.domain.statistics.metrics.registry import SHORT, metrics_of
from lockgate.domain.statistics.sample import AnySample
from lockgate.errors import InputError

LEVEL = 0.9
"""Of the two-sided interval: each of its bounds is wrong with a chance of 0.05."""
_FORM = re.compile(r"(?P<metric>\w+)(\[(?P<of>.+)\])?=(?P<limit>[^=]+)")


@dataclass(frozen=True)
class Floor:
    """``recall[setosa]=0.8``: a metric, of one class where one is named, and its limit; of a loss, a ceiling."""

    text: str
    metric: str
    of: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> "Floor":
        """Raises ``InputError`` for anything else."""
        found = _FORM.fullmatch(text)
        try:
            if found is not None:
                return cls(text, found["metric"], found["of"] or "", float(found["limit"]))
        except ValueError:
            pass
        raise InputError(
            f"--floor {text}: no floor",
            hint="write a metric and a number: --floor accuracy=0.9, --floor recall[yes]=0.8",
        )


def known_metrics(task: Task, *, scored: bool) -> dict[str, Metric]:
    """The metrics of a task by name; of a model that answers labels alone, those that need nothing else."""
    every = metrics_of(task.kind)
    return {name: metric for name, metric in every.items() if scored or not by_score(name)}


def metric_of_floor(floor: Floor, task: Task, *, scored: bool) -> Metric:
    """Raises ``InputError`` for a metric or a class that the task has not, with those that it has."""
    known = known_metrics(task, scored=scored)
    if floor.of:
        return _of_one(floor, task, scored=scored)
    if floor.metric not in known:
        why = "" if floor.metric not in metrics_of(task.kind) else ", and this model answers no probabilities"
        guess = meant(dict(SHORT).get(floor.metric.casefold(), floor.metric), known)
        told = f"{floor.metric} is no metric of a {task.kind} task{why}{guess}"
        raise InputError(f"--floor {floor.text}: {told}", hint=f"those are: {', '.join(known)}")
    metric = known[floor.metric]
    try:
        metric.demand_reachable("floor", floor.limit)
    except ValueError as error:
        raise InputError(f"--floor {floor.text}: {error}", hint="no model, or every model, would keep to it") from error
    return metric


def _of_one(floor: Floor, task: Task, *, scored: bool) -> Metric:
    if floor.of not in task.truths and floor.of not in task.columns:
        told = f"there is no {floor.of!r}{meant(floor.of, task.columns)}"
        raise InputError(f"--floor {floor.text}: {told}", hint=f"there are: {listed(task.columns)}")
    make: Callable[[str, str], Metric] = target_metric if task.kind == "regression" else class_metric
    try:
        if scored or not by_score(floor.metric):
            return make(floor.metric, floor.of)
    except KeyError:
        pass
    raise InputError(f"--floor {floor.text}: {floor.metric} is no metric of one of {listed(task.columns)}")


def judged_floors(floors: Sequence[Floor], task: Task, sample: AnySample, *, scored: bool) -> tuple[Finding, ...]:
    """A finding for each floor, by the bound of its interval."""
    found = []
    for floor in floors:
        metric = metric_of_floor(floor, task, scored=scored)
        name = f"floor of {floor.metric}{f'[{floor.of}]' if floor.of else ''}"
        what = f"{floor.metric}[{floor.of}]" if floor.of else str(metric)
        rule = Rule(
            ACCURACY.name, name, what, floor.limit, metric.higher_is_better, Reason.BELOW_FLOOR, ends=metric.ends
        )
        judged = judge_interval(rule, estimate(metric, sample, LEVEL))
        found.append(judged if floor.of else with_order(judged, metric, sample))
    return tuple(found)
