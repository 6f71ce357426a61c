"""The methods that this environment measures by: what evidence carries, and what it is held to."""

from collections.abc import Mapping

from lockgate.domain.measuring.methods import METHODS, method_of, otherwise
from lockgate.usecases.project.project import Project


def method_here(project: Project, kind: str) -> str:
    """What evidence of that kind is measured by in this environment."""
    version = project.libraries.version if project.libraries else lambda _: None
    found = ((name, version(name)) for name in METHODS[kind].libraries)
    return method_of(kind, {name: version for name, version in found if version is not None})


def methods_here(project: Project) -> Mapping[str, str]:
    """The same for every kind of evidence."""
    return {kind: method_here(project, kind) for kind in METHODS}


def measured_here(project: Project, kind: str, method: str) -> bool:
    """Whether evidence that carries this method need not be measured again here."""
    return not otherwise(method, method_here(project, kind))
