"""``lockgate register``: a release becomes a model version in the registry, with the alias `challenger`."""

from pathlib import Path

from lockgate.ports import Registered, Registry
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import open_release


def register(project: Project, folder: Path, registry: Registry) -> Registered:
    """Register the bundle in ``folder`` once. Opening it demands a `passed` verdict for exactly its content."""
    return registry.register(open_release(project, folder), folder)
