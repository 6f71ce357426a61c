"""The policy held against the task: a metric, gate or limit that does not apply to it is an error of the settings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeAlias, get_args, get_type_hints

from lockgate.domain.choices import is_installed
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.registry import GATES, asked
from lockgate.domain.model.task import TaskKind
from lockgate.domain.names import listed
from lockgate.domain.ranges import OfTasks, applies, notes
from lockgate.domain.statistics.metrics.registry import metrics_of

Place: TypeAlias = tuple[str, ...]
"""The keys that lead to a setting."""


def unfit(
    task: TaskKind, policy: Policy, written: object, quantiles: Sequence[float] = ()
) -> Iterator[tuple[Place, str]]:
    """What a policy that stands in a file asks in vain of the task, with its place; ``written`` is its ``gates:``.

    All that was written and asks nothing, at its default too; where that is none, the first that does not apply.
    """
    strangers = [*written_strangers(task, written, quantiles)]
    yield from strangers
    try:
        if not strangers:
            demand_fit(task, policy, quantiles)
    except ValueError as error:
        yield place_in(str(error)), str(error)


def place_in(message: str) -> Place:
    """The keys that a message begins with: ``gates.accuracy.metric: r2 is ...``."""
    return tuple(message.partition(": ")[0].split("."))


def skills(policy: Policy) -> list[str]:
    """The metrics of a policy that are relative to a naive forecast."""
    classes = policy.accuracy.classes
    asked = (*policy.metrics.values(), *([classes.metric] if classes else ()))
    return [name for name in asked if is_skill(name)]


def is_skill(metric: str) -> bool:
    """Whether a metric is relative to a naive forecast."""
    return metric.endswith("_skill")


def demand_fit(task: TaskKind, policy: Policy, quantiles: Sequence[float] = ()) -> None:
    """Raise ``ValueError`` with the first metric, gate or limit that does not apply to the task, and those that do.

    ``quantiles`` are those that a regression answers.
    """
    for key, name in policy.metrics.items():
        if not is_installed(name) and name not in (known := metrics_of(task)):
            told = ", ".join(known) or "none yet"
            raise ValueError(f"gates.{key}.metric: {name} is no metric of a {task} task; those are {told}")
    judged_by = metrics_of(task).get(policy.accuracy.metric)
    if judged_by is not None:  # of an installed one, its package knows what is possible
        policy.demand_possible(judged_by)
    _demand_class_metric(task, policy)
    for gate in asked(policy):
        if gate.mode == "off" or gate.policy is None:
            continue
        if why := gate.gate.nothing_to_ask(task, quantiles):
            raise ValueError(f"gates.{gate.name}: {why}; leave it out for a {task} task")
        if problem := next(_strangers(task, gate.policy, f"gates.{gate.name}"), ""):
            raise ValueError(problem)


def demand_rows(policy: Policy, *, training: bool) -> None:
    """Raise ``ValueError`` for what needs training rows where there are none, or lets pass that there are none."""
    if training:
        if policy.data is not None and policy.data.without_training == "allowed":
            told = "tables.training names the rows that the models were trained on; leave it out"
            raise ValueError(f"gates.data.without_training: {told}")
        return
    explanation = policy.explanation
    if explanation is not None and explanation.mode != "off" and explanation.max_behind_reference is not None:
        told = "the reference is fitted on training rows, and tables.training names none"
        raise ValueError(f"gates.explanation.max_behind_reference: {told}; leave it out where nobody has them")


def _demand_class_metric(task: TaskKind, policy: Policy) -> None:
    """Of one class or label the metrics are those of two classes, of one target those of a regression."""
    if policy.accuracy.classes is None:
        return
    name = policy.accuracy.classes.metric
    known = metrics_of("regression" if task == "regression" else "binary")
    if task != "binary" and name not in known:  # of two classes the section is none at all
        told = f"{name} is no metric of one {'target' if task == 'regression' else 'class or label'}"
        raise ValueError(f"gates.accuracy.classes.metric: {told}; those are {', '.join(known)}")


def written_strangers(task: TaskKind, written: object, quantiles: Sequence[float] = ()) -> Iterator[tuple[Place, str]]:
    """Every setting of a written policy that asks nothing of the task, with its place, at its default too.

    A gate that asks nothing of the task at all is left to ``demand_fit``.
    """
    for gate in GATES:
        settings = written.get(gate.name) if isinstance(written, Mapping) else None
        if gate.policy is not None and not gate.nothing_to_ask(task, quantiles):
            yield from _written(task, settings, gate.policy, ("gates", gate.name))


def _written(task: TaskKind, written: object, kind: type, place: Place) -> Iterator[tuple[Place, str]]:
    if not isinstance(written, Mapping) or written.get("mode") == "off":
        return
    hints = get_type_hints(kind)
    for name in (each.name for each in fields(kind) if each.name in written):
        if not applies(kind, name, task):
            yield (*place, name), _strange(task, kind, name, ".".join(place))
            continue
        for part in (hints[name], *get_args(hints[name])):
            if is_dataclass(part) and isinstance(part, type):
                yield from _written(task, written[name], part, (*place, name))


def _strangers(task: TaskKind, settings: Any, where: str) -> Iterator[str]:
    """Settings that were given and ask nothing of the task, each with those that do."""
    kind = type(settings)
    for each in fields(settings):
        value = getattr(settings, each.name)
        if is_dataclass(value) and applies(kind, each.name, task):
            yield from _strangers(task, value, f"{where}.{each.name}")
        elif not applies(kind, each.name, task) and value != _default(each):
            yield _strange(task, kind, each.name, where)


def _strange(task: TaskKind, kind: type, name: str, where: str) -> str:
    limited = notes(kind, OfTasks)
    others = [each for each, of in limited.items() if task in of.tasks]
    instead = f"; of a {task} task it has {listed(others)}" if others else ""
    tasks = listed(limited[name].tasks, " and ")
    return f"{where}.{name}: a setting for {tasks}, and the task is {task}{instead}"


def _default(field: Any) -> object:
    made = field.default_factory
    return field.default if made is MISSING else made()
