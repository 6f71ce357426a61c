"""What the tables say is true, for each task: how often, whether it can be, and how well a feature alone tells it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lockgate.domain.judging.gates.data.evidence import AREA, RANKS, SplitFacts
from lockgate.domain.judging.gates.data.single_feature import Truth, rank_correlation, strongest
from lockgate.domain.judging.gates.data.table_checks import classes_of, one_value, positives_of, problems_of, rows_of
from lockgate.domain.judging.gates.data.time_order import problem_of_times
from lockgate.domain.model.signature import Array, Column, Columns
from lockgate.domain.model.splits import SEEN
from lockgate.domain.project.settings import TablesSettings
from lockgate.domain.project.truth_columns import in_form, problem_of_groups
from lockgate.domain.statistics.blocks import block_places, degrees_of
from lockgate.domain.statistics.sample import Places

ENOUGH = 30
"""Of a class of fewer rows, or of all but so few, a feature alone tells nothing that can be trusted."""


@dataclass(frozen=True)
class Alone:
    """How well a feature alone tells what is true, with its standard error, and of which class, label or target.

    ``of`` is empty for a binary task; ``degrees`` are those of freedom of the error over blocks of rows.
    """

    value: float | None = None
    error: float | None = None
    of: str = ""
    degrees: float = math.inf


def written_truth(table: Columns, settings: TablesSettings) -> Columns:
    """The table with what is true in the form of the task; as it lies there where it is none, which is a finding."""
    told = dict(table)
    for name in settings.truths:
        try:
            told[name] = in_form(settings.task, table[name]) if name in table else table[name]
        except (KeyError, ValueError):
            continue
    return told


def metric_alone(settings: TablesSettings) -> str:
    """By which metric a feature alone is measured."""
    return RANKS if settings.task == "regression" else AREA


def facts_of(
    tables: Mapping[str, Columns], inputs: Sequence[Column], settings: TablesSettings
) -> dict[str, SplitFacts]:
    """Rows, counts and what breaks the contract, by split."""
    label, seen = settings.label, next(tables[split] for split in SEEN if split in tables)
    classes = classes_of(seen[label]) if label in seen else frozenset()
    return {
        split: SplitFacts(
            rows_of(table),
            _counts(table, classes, settings),
            (*_problems(table, inputs, classes, settings),),
            *_blocks(table, settings),
        )
        for split, table in tables.items()
    }


def blocks_in(table: Columns, settings: TablesSettings) -> Places | None:
    """Which rows depend on each other; ``None`` without a group, and where its column is missing: that is a finding."""
    return settings.blocks(table) if settings.group in table and rows_of(table) else None


def _blocks(table: Columns, settings: TablesSettings) -> tuple[int, float]:
    """How many blocks of rows there are, and the degrees of freedom that they leave."""
    blocks = blocks_in(table, settings)
    return (0, 0.0) if blocks is None else (block_places(blocks)[1], degrees_of(blocks))


def _problems(
    table: Columns, inputs: Sequence[Column], classes: frozenset[str], settings: TablesSettings
) -> Iterator[str]:
    of_classes = settings.task in {"binary", "multiclass"}
    label = settings.label if of_classes else ""
    group = (settings.group,) if settings.group else ()
    others = (*(() if of_classes else settings.truths), *settings.judged_only, *group)
    yield from problems_of(table, inputs, label, classes, tuple(dict.fromkeys(others)), settings.min_rows_per_value)
    for name in () if of_classes else settings.truths:
        if name in table and (problem := _untrue(name, table[name], settings)):
            yield problem
    if settings.group is not None and settings.group in table and (problem := problem_of_groups(table[settings.group])):
        yield f"column {settings.group}: {problem}, and tables.group names it"
    if settings.time is not None and (problem := problem_of_times(settings.time, table)):
        yield problem


def _untrue(name: str, values: Array, settings: TablesSettings) -> str:
    """What cannot be true of rows; a target that never changes is none."""
    what = "target" if settings.task == "regression" else "label"
    try:
        known = in_form(settings.task, values)
    except ValueError as error:
        return f"{what} {name}: {error}"
    constant = len(known) > 1 and bool((known == known[0]).all())
    return f"target {name} is the same number in every row" if constant and what == "target" else ""


def _counts(table: Columns, classes: frozenset[str], settings: TablesSettings) -> dict[str, int] | None:
    """Of a binary task no class is named but the positive one: the other may be a value of somebody's row.

    Of several classes those of the training rows are, which the model answers, or of the validation rows where nobody
    has those; of numbers nothing is counted.
    """
    if settings.task == "regression" or any(name not in table for name in settings.truths):
        return None
    if settings.task == "multilabel":
        every = {name: table[name] for name in settings.truths}
        return {name: int(values.sum()) for name, values in every.items() if values.dtype.kind == "b"} or None
    names = (settings.positive,) if settings.task == "binary" else sorted(classes)
    return {name: int(positives_of(table[settings.label], name).sum()) for name in names}


def alone_on(training: Columns, inputs: Sequence[Column], settings: TablesSettings) -> dict[str, Alone]:
    """How well each input alone tells what is true on the training rows."""
    there, blocks = all(name in training for name in settings.truths), blocks_in(training, settings)
    found = {column.name: training.get(column.name) if there else None for column in inputs}
    if settings.task == "regression":
        targets = {name: training[name] for name in settings.truths} if there else {}
        usable = {name: values for name, values in targets.items() if _is_target(values)}
        return {name: _of_numbers(values, usable, blocks) for name, values in found.items()}
    classes = _truths(training, settings) if there else {}
    return {name: _of_classes(values, classes, settings, blocks) for name, values in found.items()}


def _truths(training: Columns, settings: TablesSettings) -> dict[str, Truth]:
    """Which rows are of each class, or have each label, as far as there are enough of them."""
    if settings.task == "binary":
        return {settings.positive: positives_of(training[settings.label], settings.positive)}
    if settings.task == "multilabel":
        labels = {name: training[name] for name in settings.truths if training[name].dtype.kind == "b"}
        every = {name: np.asarray(rows, dtype=np.bool_) for name, rows in labels.items()}
    else:
        every = {
            name: positives_of(training[settings.label], name) for name in sorted(classes_of(training[settings.label]))
        }
    rarer = {name: min(int(rows.sum()), len(rows) - int(rows.sum())) for name, rows in every.items()}
    enough = min(ENOUGH, max(rarer.values(), default=0))
    return {name: rows for name, rows in every.items() if rarer[name] >= enough}


def _of_classes(
    values: Array | None, classes: Mapping[str, Truth], settings: TablesSettings, blocks: Places | None
) -> Alone:
    best = None if values is None else strongest(one_value(values), classes, blocks)
    if best is None:
        return Alone()
    name, area = best
    return Alone(area.value, area.error, "" if settings.task == "binary" else name, area.degrees)


def _is_target(values: Array) -> bool:
    return values.ndim == 1 and values.dtype.kind == "f" and bool(np.isfinite(values).all())


def _of_numbers(values: Array | None, targets: Mapping[str, Array], blocks: Places | None) -> Alone:
    if values is None:
        return Alone()
    one = one_value(values)
    found = {name: rank_correlation(one, target.astype(np.float64), blocks) for name, target in targets.items()}
    known = {name: area for name, area in found.items() if area is not None}
    if not known:
        return Alone()
    name = max(known, key=lambda each: known[each].value)
    return Alone(known[name].value, known[name].error, name, known[name].degrees)
