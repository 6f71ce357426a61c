"""The methods that this environment measures by: what evidence carries, and what it is held to."""

from collections.abc import Iterable, Mapping

from lockgate.domain.choices import is_installed
from lockgate.domain.judging.protocol.extensions.installed import as_libraries
from lockgate.domain.measuring.methods import METHODS, method_of, otherwise, with_libraries
from lockgate.domain.measuring.probes import Probe
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.errors import SettingsError
from lockgate.usecases.project.project import Project


def method_here(project: Project, kind: str) -> str:
    """What evidence of that kind is measured by in this environment."""
    version = project.libraries.version if project.libraries else lambda _: None
    found = ((name, version(name)) for name in METHODS[kind].libraries)
    word = method_of(kind, {name: version for name, version in found if version is not None})
    return with_libraries(word, as_libraries(brought(project, kind)))


def brought(project: Project, kind: str) -> Mapping[str, Metric | Probe]:
    """What others bring to the measuring of that kind, by name, as far as it can be had here."""
    policy, installed = project.settings.gates, project.installed
    if kind == "accuracy":
        return {name: each for name, each in installed.metrics.items() if name == policy.accuracy.metric}
    named = policy.robustness.probes if kind == "robustness" and policy.robustness else ()
    return {name: installed.probes[name] for name in named if name in installed.probes}


def demand_brought(project: Project, kind: str, names: Iterable[str], setting: str) -> None:
    """Raise ``SettingsError`` for what the policy names and cannot be had here: nothing is measured without it."""
    had = brought(project, kind)
    for name in names:
        if is_installed(name) and name not in had:
            raise SettingsError(
                f"{setting}: {name} cannot be asked: {project.installed.problem(name)}",
                hint=f"{project.installed.remedy(name)}, or take it out of {setting}",
            )


def methods_here(project: Project) -> Mapping[str, str]:
    """The same for every kind of evidence."""
    return {kind: method_here(project, kind) for kind in METHODS}


def measured_here(project: Project, kind: str, method: str) -> bool:
    """Whether evidence that carries this method need not be measured again here."""
    return not otherwise(method, method_here(project, kind))
