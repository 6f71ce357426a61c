"""``lockgate check data``: collect evidence on the three tables. A check never decides."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lockgate.domain.identity import Digest
from lockgate.domain.judging.gates.data.column_distances import apart
from lockgate.domain.judging.gates.data.evidence import ColumnDistance, DataEvidence, Overlap
from lockgate.domain.judging.gates.data.known_groups import shared_groups
from lockgate.domain.judging.gates.data.table_checks import one_value, shared_rows
from lockgate.domain.judging.gates.data.time_order import time_window
from lockgate.domain.model.signature import Array, Column, Columns
from lockgate.domain.model.splits import SEEN, TEST, TRAINING
from lockgate.domain.project.settings import TablesSettings
from lockgate.ports import Tables
from lockgate.usecases.measuring.kinds.truth_facts import alone_on, blocks_in, facts_of, metric_alone, written_truth
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
    """What the training, validation and test tables hold, and what they have in common; those that there are.

    ``inputs`` are the raw columns that the models take; ``tools`` are the versions of what read the tables. Raises
    ``DataError`` for a table that is missing or no table; a column that is missing is a finding, not an error.
    """
    settings = project.settings.tables
    paths = {split: project.layout.root / getattr(settings, split) for split in settings.splits}
    columns = {split: written_truth(tables.read(path), settings) for split, path in paths.items()}
    digests = {split: project.files.md5(path) for split, path in paths.items()}
    return replace(measured_tables(columns, inputs, settings, digests, tools), method=method_here(project, "data"))


def measured_tables(
    columns: Mapping[str, Columns],
    inputs: Sequence[Column],
    settings: TablesSettings,
    digests: Mapping[str, Digest],
    tools: Mapping[str, str],
) -> DataEvidence:
    """The same of tables by their split, whose truth is in its written form: test, and training or validation."""
    training, test = columns.get(TRAINING), columns[TEST]
    alone = {} if training is None else alone_on(training, inputs, settings)
    truths = settings.truths if settings.task == "regression" else ()
    return DataEvidence(
        digests=dict(digests),
        tools=dict(tools),
        label=settings.label,
        task=settings.task_of(),
        labels=settings.labels,
        splits=facts_of(columns, inputs, settings),
        overlaps={other: _overlap(test, columns[other], inputs, settings.group) for other in SEEN if other in columns},
        features={name: each.value for name, each in alone.items()},
        feature_metric=metric_alone(settings),
        feature_classes={name: each.of for name, each in alone.items() if each.of},
        distances=_distances(columns, (*(column.name for column in inputs), *settings.judged_only), settings),
        feature_errors={name: each.error for name, each in alone.items()},
        targets=_distances(columns, truths, settings),
        time=None if settings.time is None or training is None else time_window(settings.time, training, test),
        group=settings.group or "",
        feature_degrees={name: each.degrees for name, each in alone.items() if math.isfinite(each.degrees)},
    )


def _overlap(test: Columns, other: Columns, inputs: Sequence[Column], group: str | None) -> Overlap:
    names = tuple(column.name for column in inputs)
    same = set(test) == set(other)
    shared = None if group is None else shared_groups(group, test, other)
    groups, rows = (None, None) if shared is None else shared
    return Overlap(
        duplicates=shared_rows(test, other, tuple(test)) if same else None,
        near_duplicates=shared_rows(test, other, names, near=True),
        groups=groups,
        rows_of_groups=rows,
    )


def _distances(
    tables: Mapping[str, Columns], names: Sequence[str], settings: TablesSettings
) -> tuple[ColumnDistance, ...]:
    if TRAINING not in tables:
        return ()
    training, test = tables[TRAINING], tables[TEST]
    first, second = blocks_in(training, settings), blocks_in(test, settings)
    blocks = None if first is None or second is None else (first, second)
    found = {
        name: apart(one_value(training[name]), one_value(test[name]), blocks)
        for name in names
        if name in training and name in test and _comparable(training[name], test[name])
    }
    return tuple(
        ColumnDistance(name, each.kind, each.distance, each.chance, _by_split(each.independent))
        for name, each in found.items()
    )


def _by_split(independent: tuple[float, float] | None) -> dict[str, float]:
    return {} if independent is None else dict(zip((TRAINING, TEST), independent, strict=True))


def _comparable(one: Array, other: Array) -> bool:
    """Whether both are of numbers, texts or times of one shape; if not, the contract says so."""
    return one.ndim == other.ndim and (one.dtype.kind == "M") == (other.dtype.kind == "M")
