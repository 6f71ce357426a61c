"""Reading a document for whoever reads a verdict: one that cannot be read is not shown, and the verdict says why."""

from pathlib import Path
from typing import TypeVar

from lockgate.errors import DocumentError
from lockgate.usecases.project.project import Project

T = TypeVar("T")


def read_if_sound(project: Project, path: Path, kind: type[T]) -> T | None:
    """The document; ``None`` where it is absent or cannot be read."""
    try:
        return project.documents.read(path, kind) if project.store.has(path) else None
    except DocumentError:
        return None
