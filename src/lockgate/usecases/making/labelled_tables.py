"""The project's tables as use cases judge them: what is true of each row in the form of the task."""

from lockgate.domain.model.signature import Columns
from lockgate.domain.project.labelled_rows import labelled
from lockgate.ports import Tables
from lockgate.usecases.project.project import Project


def read_rows(project: Project, tables: Tables, path: str) -> Columns:
    """A table of the project's with what is true in its form. Raises ``DataError`` as ``labelled``."""
    where = project.layout.root / path
    return labelled(tables.read(where), project.settings.tables, str(where))
