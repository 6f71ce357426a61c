"""``lockgate check data``: collect evidence on the three tables. A check never decides."""

from collections.abc import Mapping, Sequence

from lockgate.domain.judging.gates.data.evidence import ColumnDistance, DataEvidence, Overlap, SplitFacts
from lockgate.domain.judging.gates.data.single_feature import Area, single_feature
from lockgate.domain.judging.gates.data.table_checks import (
    apart,
    classes_of,
    one_value,
    positives_of,
    problems_of,
    rows_of,
    shared_rows,
)
from lockgate.domain.model.labels import written_labels
from lockgate.domain.model.signature import Column, Columns
from lockgate.domain.model.splits import SEEN, SPLITS
from lockgate.domain.project.settings import TablesSettings
from lockgate.ports import Tables
from lockgate.usecases.measuring.methods import method_here
from lockgate.usecases.project.project import Project


def check_data(
    project: Project, name: str, inputs: Sequence[Column], tables: Tables, tools: Mapping[str, str]
) -> DataEvidence:
    """Measure the three tables and keep what was found beside the candidate's evidence; see ``measure_data``."""
    evidence = measure_data(project, inputs, tables, tools)
    project.documents.write(project.layout.evidence(name, "data"), evidence)
    return evidence


def measure_data(project: Project, inputs: Sequence[Column], tables: Tables, tools: Mapping[str, str]) -> DataEvidence:
    """What the training, validation and test tables hold, and what they have in common.

    ``inputs`` are the raw columns that the models take; ``tools`` are the versions of what read the tables. Raises
    ``DataError`` for a table that is missing or no table; a column that is missing is a finding, not an error.
    """
    settings = project.settings.tables
    paths = {split: project.layout.root / getattr(settings, split) for split in SPLITS}
    columns = {split: _written(tables.read(path), settings.label) for split, path in paths.items()}
    alone = _features(columns["training"], inputs, settings)
    return DataEvidence(
        digests={split: project.files.md5(path) for split, path in paths.items()},
        tools=dict(tools),
        label=settings.label,
        task=settings.task_of(),
        splits=_splits(columns, inputs, settings),
        overlaps={other: _overlap(columns["test"], columns[other], inputs) for other in SEEN},
        features={name: area.value if area else None for name, area in alone.items()},
        distances=_distances(columns, (*(column.name for column in inputs), *settings.judged_only)),
        feature_errors={name: area.error if area else None for name, area in alone.items()},
        method=method_here(project, "data"),
    )


def _written(table: Columns, label: str) -> Columns:
    """The table with its label in the written form; as it lies there where that is none, which is a finding."""
    try:
        return {**table, label: written_labels(table[label])} if label in table else table
    except ValueError:
        return table


def _splits(tables: Mapping[str, Columns], inputs: Sequence[Column], settings: TablesSettings) -> dict[str, SplitFacts]:
    label, training = settings.label, tables["training"]
    classes = classes_of(training[label]) if label in training else frozenset()
    return {
        split: SplitFacts(
            rows=rows_of(table),
            counts=_counts(table, settings),
            problems=problems_of(table, inputs, label, classes, settings.judged_only, settings.min_rows_per_value),
        )
        for split, table in tables.items()
    }


def _counts(table: Columns, settings: TablesSettings) -> dict[str, int] | None:
    """No class is named but the positive one: the others may be values of somebody's row."""
    if settings.label not in table:
        return None
    return {settings.positive: int(positives_of(table[settings.label], settings.positive).sum())}


def _overlap(test: Columns, other: Columns, inputs: Sequence[Column]) -> Overlap:
    names = tuple(column.name for column in inputs)
    same = set(test) == set(other)
    return Overlap(
        duplicates=shared_rows(test, other, tuple(test)) if same else None,
        near_duplicates=shared_rows(test, other, names, near=True),
    )


def _features(training: Columns, inputs: Sequence[Column], settings: TablesSettings) -> dict[str, Area | None]:
    if settings.label not in training:
        return {column.name: None for column in inputs}
    positive = positives_of(training[settings.label], settings.positive)
    return {
        column.name: single_feature(one_value(training[column.name]), positive) if column.name in training else None
        for column in inputs
    }


def _distances(tables: Mapping[str, Columns], names: Sequence[str]) -> tuple[ColumnDistance, ...]:
    training, test = tables["training"], tables["test"]
    found = {
        name: apart(one_value(training[name]), one_value(test[name]))
        for name in names
        if name in training and name in test
    }
    return tuple(ColumnDistance(name, each.kind, each.distance, each.chance) for name, each in found.items())
