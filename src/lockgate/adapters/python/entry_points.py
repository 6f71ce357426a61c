"""What others install: found by groups of entry points, loaded when a policy names it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, is_dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from reprlib import repr as short
from typing import Any, TypeVar

from lockgate.domain.judging.deciding.registry import DOCUMENTS
from lockgate.domain.judging.protocol.extensions.installed import Installed
from lockgate.domain.judging.protocol.gate import AskedGate, Gate
from lockgate.domain.measuring.probes import Probe
from lockgate.domain.names import listed, meant
from lockgate.domain.statistics.metrics.guarded import guarded
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.errors import FOREIGN, SettingsError
from lockgate.ports import Documents

GROUP, METRICS, PROBES = "lockgate.gates", "lockgate.metrics", "lockgate.probes"
T = TypeVar("T", Metric, Probe)


def installed_gates(names: Iterable[str], params: Path, documents: Documents) -> tuple[AskedGate, ...]:
    """The gates of these names with their settings from ``gates.plugins`` of that file.

    An entry point leads to a ``Gate``, or to a class without arguments or an instance with ``policy`` and ``judge``.
    Raises ``SettingsError`` for a gate that is not installed, cannot be imported, or does not take its settings.
    """
    found = _brought(GROUP)
    gates = []
    for name in names:
        if name not in found:
            hint = f"install the package that brings it; there are: {listed(sorted(found)) or 'none'}"
            guess = meant(name, found)
            raise SettingsError(f"gates.plugins.{name}: no such gate is installed{guess}", hint=hint)
        try:
            entry = _only(found[name])
            gate = _as_gate(name, entry.load())
        except _Unusable as error:
            raise SettingsError(f"gates.plugins.{name}: {error.why}", hint=error.remedy) from error
        except FOREIGN as error:
            raise SettingsError(
                f"gates.plugins.{name}: {entry.value} cannot be loaded: {type(error).__name__}: {error}",
                hint=f"ask those who made {_package(entry)}, or take it out of gates.plugins",
            ) from error
        settings: object = documents.read_settings(params, gate.policy or _None, section=f"gates.plugins.{name}")
        gates.append(AskedGate(gate, settings, _package(entry)))
    return tuple(gates)


@dataclass(frozen=True)
class _None:
    """The settings of a gate that has none."""


def _as_gate(name: str, loaded: Any) -> Gate:
    found = loaded() if isinstance(loaded, type) else loaded
    if not (hasattr(found, "policy") and callable(getattr(found, "judge", None))):
        raise TypeError(f"it is {short(found)}, and no Gate with a policy and a function to judge by")
    if found.policy is not None and not (isinstance(found.policy, type) and is_dataclass(found.policy)):
        raise TypeError(f"its policy is {short(found.policy)}, and must be a frozen dataclass, the class itself")
    if not isinstance(found, Gate):
        return Gate(name=name, policy=found.policy, judge=found.judge)
    if found.name != name:
        raise ValueError(f"it calls itself {found.name!r}; a gate has the name of its entry point")
    if taken := [each for each in found.documents if each in DOCUMENTS]:
        raise ValueError(f"{listed(taken)} is a document of Lockgate's own; its documents need other names")
    return found


def installed_for(metrics: Iterable[str], probes: Iterable[str], task: str) -> Installed:
    """The metrics and probes of these names; of those that cannot be had here for such a task, why.

    An entry point leads to a ``Metric`` or a ``Probe``, which gets the entry point's name.
    """
    found, others = dict[str, Metric](), dict[str, Probe]()
    problems, remedies = dict[str, str](), dict[str, str]()
    for name in metrics:
        try:
            metric, package = _loaded(METRICS, name, Metric)
            _demand_task(metric, task)
        except _Unusable as error:
            problems[name], remedies[name] = error.why, error.remedy
        else:
            found[name] = guarded(replace(metric, name=name, package=package))
    for name in probes:
        try:
            probe, package = _loaded(PROBES, name, Probe)
        except _Unusable as error:
            problems[name], remedies[name] = error.why, error.remedy
        else:
            others[name] = replace(probe, kind=name, package=package)
    return Installed(found, others, problems, remedies)


class _Unusable(Exception):
    """Why one cannot be had; ``remedy`` where installing its package would not mend that."""

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.why, self.remedy = why, remedy


def _demand_task(metric: Metric, task: str) -> None:
    if task not in metric.tasks:
        raise _Unusable(f"it is a metric of {listed(metric.tasks)}, and the task is {task}", "name another metric")


def _loaded(group: str, name: str, kind: type[T]) -> tuple[T, str]:
    """What the entry point leads to, and its package with the version. Raises ``_Unusable`` where there is none."""
    what = kind.__name__.lower()
    found = _brought(group)
    if name not in found:
        there = listed(sorted(found)) or "none"
        raise _Unusable(f"no such {what} is installed; there are: {there}{meant(name, found)}")
    entry = _only(found[name])
    ask = f"ask those who made {_package(entry)}"
    try:
        loaded = entry.load()
    except FOREIGN as error:
        raise _Unusable(f"{entry.value} cannot be loaded: {type(error).__name__}: {error}", ask) from error
    if not isinstance(loaded, kind):
        raise _Unusable(f"{entry.value} is {short(loaded)}, no {kind.__name__}", ask)
    return loaded, _package(entry)


def _brought(group: str) -> dict[str, list[EntryPoint]]:
    """The entry points of a group, by name."""
    found = dict[str, list[EntryPoint]]()
    for entry in entry_points(group=group):
        found.setdefault(entry.name, []).append(entry)
    return found


def _only(entries: Sequence[EntryPoint]) -> EntryPoint:
    """Raises ``_Unusable`` where two packages bring one name: which of them is meant would be chance."""
    if len(entries) > 1:
        makers = listed(sorted(_package(entry) for entry in entries), " and ")
        raise _Unusable(f"more than one package brings it: {makers}", "uninstall all but one of them")
    return entries[0]


def _package(entry: EntryPoint) -> str:
    """The package that brings it, with its version."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else f"{entry.module} 0"
