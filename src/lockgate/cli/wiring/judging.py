"""The gates of others."""

from dataclasses import replace
from pathlib import Path

from lockgate.adapters.documents import written
from lockgate.usecases.project.project import Project


def with_gates(project: Project, params: Path) -> Project:
    """The project with the gates of others that its policy names; their settings stand in that file.

    The policy gets their defaults too: a verdict tells all that it was judged by.
    """
    names = project.settings.gates.plugins
    if not names:
        return project
    from lockgate.adapters.python.entry_points import installed_gates

    gates = installed_gates(names, params, project.documents)
    policy = replace(project.settings.gates, plugins={gate.name: written(gate.policy) for gate in gates})
    return replace(project, settings=replace(project.settings, gates=policy), gates=gates)
