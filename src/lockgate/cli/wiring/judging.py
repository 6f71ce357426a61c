"""What others bring: gates, metrics and probes."""

from dataclasses import replace
from pathlib import Path

from lockgate.adapters.documents import written
from lockgate.domain.choices import is_installed
from lockgate.errors import SettingsError
from lockgate.usecases.project.project import Project


def with_gates(project: Project, params: Path) -> Project:
    """The project with what of others its policy names; settings of gates stand in that file.

    The policy gets their defaults too: a verdict tells all that it was judged by. Raises ``SettingsError`` for a limit
    that an installed metric cannot have.
    """
    project = _with_metrics(project, params)
    names = project.settings.gates.plugins
    if not names:
        return project
    from lockgate.adapters.python.entry_points import installed_gates

    gates = installed_gates(names, params, project.documents)
    policy = replace(project.settings.gates, plugins={gate.name: written(gate.policy) for gate in gates})
    return replace(project, settings=replace(project.settings, gates=policy), gates=gates)


def _with_metrics(project: Project, params: Path) -> Project:
    policy = project.settings.gates
    metrics = [policy.accuracy.metric] if is_installed(policy.accuracy.metric) else []
    probes = policy.robustness.probes if policy.robustness else ()
    if not metrics and not probes:
        return project
    from lockgate.adapters.python.entry_points import installed_for

    installed = installed_for(metrics, probes, project.settings.tables.task)
    for metric in installed.metrics.values():
        try:
            policy.demand_possible(metric)
        except ValueError as error:
            raise SettingsError(f"{params.name}: gates.accuracy: {error}", hint=f"{metric} says so") from error
    return replace(project, installed=installed)
