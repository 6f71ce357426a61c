"""Rows with what is true of them in the form of the task, and what a task demands of all tables together."""

import json
from collections.abc import Mapping
from dataclasses import replace

from lockgate.domain.model.answers import Answers
from lockgate.domain.model.labels import counted
from lockgate.domain.model.signature import Columns
from lockgate.domain.model.splits import SEEN, TEST
from lockgate.domain.names import listed
from lockgate.domain.project.settings import Settings, TablesSettings
from lockgate.domain.project.truth_columns import OF_ITS_OWN, in_form, problem_of_groups
from lockgate.domain.statistics.sample import AnySample, ValueSample
from lockgate.errors import DataError, SettingsError

HINT = "see `tables` in params.yaml, and docs/your-model.md"


def labelled(columns: Columns, settings: TablesSettings, where: str) -> Columns:
    """The columns, those that say what is true among them in the form of the task: see ``in_form``.

    Raises ``DataError`` with the row of what cannot be true of one, or has no group.
    """
    wanted = (
        *settings.truths,
        *([settings.group] if settings.group else ()),
        *([settings.naive] if settings.naive else ()),
    )
    if absent := [name for name in wanted if name not in columns]:
        raise DataError(f"{where}: has no column {listed(absent)}", hint="see `tables` in params.yaml")
    told = dict(columns)
    for name in settings.truths:
        try:
            told[name] = in_form(settings.task, columns[name])
        except ValueError as error:
            what = "label" if settings.label else "labels:"
            raise DataError(f"{where}: {what} {name}: {error}", hint=HINT) from error
    if settings.group is not None and (problem := problem_of_groups(columns[settings.group])):
        raise DataError(f"{where}: group {settings.group}: {problem}", hint=OF_ITS_OWN)
    if settings.naive is not None:
        try:
            told[settings.naive] = in_form("regression", columns[settings.naive])
        except ValueError as error:
            raise DataError(f"{where}: naive {settings.naive}: {error}", hint=HINT) from error
    return told


def sample_of(answers: Answers, columns: Columns, settings: TablesSettings) -> AnySample:
    """What statistics are taken over: the answers to labelled rows, with what else ``tables`` says of these rows.

    Which of them depend on each other, and of a regression what the naive forecast says.
    """
    sample = replace(answers.sample(settings.truth(columns)), blocks=settings.blocks(columns))
    return replace(sample, naive=settings.forecast(columns)) if isinstance(sample, ValueSample) else sample


def demand_task(settings: TablesSettings, found: Mapping[str, Columns]) -> None:
    """Raise ``DataError`` unless all labelled tables, by split, have the rows that the task needs."""
    if settings.task not in {"binary", "multiclass"}:
        return
    counts = {split: counted(table[settings.label]) for split, table in found.items()}
    if problem := settings.task_of().problem_of_tables(counts):
        raise DataError(f"tables.label {settings.label}: {problem}", hint=_remedy(counts, settings))


def demand_floors(settings: Settings, rows: Columns) -> None:
    """Raise ``SettingsError`` for a floor of a class that none of these labelled rows is of, the training rows.

    Where nobody has those, they are the validation rows.
    """
    if settings.tables.task != "multiclass":
        return
    try:
        settings.demand_floors(sorted(counted(rows[settings.tables.label])))
    except ValueError as error:
        raise SettingsError(f"params.yaml: {error}", hint="write a class that stands in tables.label") from error


def known_groups(settings: TablesSettings, found: Mapping[str, Columns]) -> str:
    """How many persons, machines or days of the test table stand in another one too; empty where none does."""
    if settings.group is None:
        return ""
    seen = {value for split in SEEN if split in found for value in found[split][settings.group].tolist()}
    test = {*found[TEST][settings.group].tolist()}
    known = len(test & seen)
    told = f"{known} of {len(test)} values of {settings.group} in the test table stand in training or validation too"
    hint = "the model knows them, and its figures hold for known ones alone: keep each in one table if it serves others"
    return f"{told}: {hint}" if known else ""


def _remedy(counts: Mapping[str, Mapping[str, int]], settings: TablesSettings) -> str:
    """A positive class that is none of two has one line to mend; for all else there is the guide."""
    classes = sorted({name for found in counts.values() for name in found})
    if settings.task != "binary" or len(classes) != 2 or settings.positive in classes:  # noqa: PLR2004 - binary
        return HINT
    either = " or ".join(f"positive: {json.dumps(name, ensure_ascii=False)}" for name in classes)
    return f"write the one that is meant under `tables` in params.yaml: {either}"
