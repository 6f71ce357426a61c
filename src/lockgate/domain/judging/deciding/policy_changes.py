"""What one policy demands otherwise than another, setting by setting, and whether it demands less."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.statistics.metrics.registry import any_metric

MODES: Final = ("enforce", "warn", "off")
LISTS: Final = ("by", "forbidden", "attributes", "probes")
"""What is judged by name: one name less is less that is judged."""
HARMLESS: Final = ("seconds", "memory_gib")
"""What bounds the work of a check, and no answer of the model."""
UNSEEN: Final = {"without_source": "variation_only", "without_training": "allowed"}
"""What lets pass that nobody can see, by its setting."""
FLOORS: Final = ("floor", "min_tests")
"""Of these, less is looser: the second is a count, whichever way the metric goes."""
MORE_ROWS: Final = "min_rows"
"""A part of fewer rows is not judged, so that more is looser. A class of fewer rows is undecided: there less is."""
OF_CLASSES: Final = ["classes", "floors"]


@dataclass(frozen=True)
class PolicyChange:
    """A setting of a policy with both values; ``None`` is a setting, or a section, that is not there."""

    name: str
    then: Any
    now: Any
    looser: bool

    def __str__(self) -> str:
        return f"{self.name} ({_told(self.then)} then, {_told(self.now)} now)"


def policy_changes(then: Policy, now: Policy) -> Iterator[PolicyChange]:
    """Every setting that differs, in the order of the policy.

    What cannot be compared, such as another metric or a setting of an installed gate, counts as looser.
    """
    metric = any_metric(then.accuracy.metric)
    up = metric is None or metric.higher_is_better
    yield from _changes("gates", then, now, higher_is_better=up)


def _changes(name: str, then: Any, now: Any, *, higher_is_better: bool) -> Iterator[PolicyChange]:
    if is_dataclass(then) and is_dataclass(now) and type(then) is type(now):
        pairs = [(each.name, *_in_force(each.name, then, now)) for each in fields(then)]
    elif isinstance(then, Mapping) and isinstance(now, Mapping):
        pairs = [(str(key), then.get(key), now.get(key)) for key in dict.fromkeys((*then, *now))]
    elif then != now:
        yield PolicyChange(name, then, now, _is_looser(name, then, now, higher_is_better=higher_is_better))
        return
    else:
        return
    for key, before, after in pairs:
        up = _way_of_classes(before, higher_is_better=higher_is_better) if key == "classes" else higher_is_better
        yield from _changes(f"{name}.{key}", before, after, higher_is_better=up)


def _way_of_classes(classes: Any, *, higher_is_better: bool) -> bool:
    """Floors of classes are of a metric of their own."""
    metric = None if classes is None else any_metric(classes.metric)
    return higher_is_better if metric is None else metric.higher_is_better


def _in_force(name: str, then: Any, now: Any) -> tuple[Any, Any]:
    """The setting of both: what is left out of one alone is what holds there in its place."""
    settings = getattr(then, name), getattr(now, name)
    if name == "total_margin" and settings != (None, None):
        return then.total, now.total
    return settings


def _is_looser(name: str, then: Any, now: Any, *, higher_is_better: bool) -> bool:
    _, section, *rest = name.split(".")
    key = rest[-1] if rest else section
    if rest[:2] == OF_CLASSES:  # behind it stands a class, whatever it is called
        key = FLOORS[0]
    elif rest == [OF_CLASSES[0], MORE_ROWS]:
        key = FLOORS[1]
    if section == "selection" or key in HARMLESS:
        return False
    if section == "plugins" or then is None or now is None:
        return now is None or (section == "plugins" and then is not None)
    if key == "mode":
        return MODES.index(now) > MODES.index(then)
    if key in UNSEEN:
        return bool(now == UNSEEN[key])
    if key in LISTS:
        return not set(then) <= set(now)
    return _is_looser_number(key, then, now, higher_is_better=higher_is_better)


def _is_looser_number(key: str, then: Any, now: Any, *, higher_is_better: bool) -> bool:
    """Of a limit: the bound of a metric whose higher values are better is met by more models where it is lower."""
    if isinstance(then, bool):
        return then and not now
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in (then, now)):
        return True
    if key == "floor" and not higher_is_better:
        return bool(now > then)
    if key in FLOORS or (key.startswith("min_") and key != MORE_ROWS):
        return bool(now < then)
    return bool(now > then)


def _told(value: Any) -> str:
    """A section that is there is told by that alone: its settings have no other side."""
    return "absent" if value is None else "set" if is_dataclass(value) else str(value)
