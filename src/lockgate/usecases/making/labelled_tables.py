"""The project's tables as use cases judge them: the label in its written form, and classes that a binary task has."""

import json
from collections.abc import Mapping

from lockgate.domain.model.labels import counted, written_labels
from lockgate.domain.model.signature import Columns
from lockgate.domain.project.settings import TablesSettings
from lockgate.errors import DataError
from lockgate.ports import Tables
from lockgate.usecases.project.project import Project

HINT = "see `tables` in params.yaml, and docs/your-model.md"


def read_rows(project: Project, tables: Tables, path: str) -> Columns:
    """A table of the project's with its label in the written form. Raises ``DataError`` as ``labelled``."""
    where = project.layout.root / path
    return labelled(tables.read(where), project.settings.tables.label, str(where))


def labelled(columns: Columns, label: str, where: str) -> Columns:
    """The columns, the label among them in its written form. Raises ``DataError`` with the row of what is no label."""
    if label not in columns:
        raise DataError(f"{where}: has no column {label}", hint="see `tables` in params.yaml")
    try:
        return {**columns, label: written_labels(columns[label])}
    except ValueError as error:
        raise DataError(f"{where}: label {label}: {error}", hint=HINT) from error


def demand_task(settings: TablesSettings, found: Mapping[str, Columns]) -> None:
    """Raise ``DataError`` unless all labelled tables, by split, have the rows that the task needs."""
    counts = {split: counted(table[settings.label]) for split, table in found.items()}
    if problem := settings.task_of().problem_of_tables(counts):
        raise DataError(f"tables.label {settings.label}: {problem}", hint=_remedy(counts, settings.positive))


def _remedy(counts: Mapping[str, Mapping[str, int]], positive: str) -> str:
    """A positive class that is none of two has one line to mend; for all else there is the guide."""
    classes = sorted({name for found in counts.values() for name in found})
    if len(classes) != 2 or positive in classes:  # noqa: PLR2004 - binary
        return HINT
    either = " or ".join(f"positive: {json.dumps(name, ensure_ascii=False)}" for name in classes)
    return f"write the one that is meant under `tables` in params.yaml: {either}"
