"""``lockgate register``: a release becomes a model version in the registry, with the alias `challenger`."""

from pathlib import Path

from lockgate.ports import Registered, Registry
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import open_release
from lockgate.usecases.project.stored.named_release import named_release
from lockgate.usecases.releasing.events import ReleaseRegistered


def register_release(instruments: Instruments, version: str | None, tell: Tell) -> Registered:
    """Register the release of that version, by default that of the latest verdict, and tell of it."""
    project = instruments.project()
    _, folder = named_release(instruments, version)
    registered = register(project, folder, instruments.registry())
    tell(told(project, registered))
    return registered


def register(project: Project, folder: Path, registry: Registry) -> Registered:
    """Register the bundle in ``folder`` once. Opening it demands a `passed` verdict for exactly its content."""
    return registry.register(open_release(project, folder), folder)


def told(project: Project, registered: Registered) -> ReleaseRegistered:
    """The version, and where it is: the embedded registry by its path in the project."""
    return ReleaseRegistered(registered, registered.where.replace(f"{project.layout.root}/", ""))
