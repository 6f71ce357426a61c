"""``lockgate prepare``: the plug-in's data become the tables that everything later reads."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockgate.domain.model.inputs import losses
from lockgate.domain.model.request_rows import TIMES, RowError, typed
from lockgate.domain.model.signature import Column, Columns, dtype_name
from lockgate.domain.names import listed, meant
from lockgate.domain.project.labelled_rows import demand_floors, demand_task, known_groups, labelled
from lockgate.domain.project.named_columns import demand_columns
from lockgate.errors import DataError, SettingsError
from lockgate.ports import ModelPlugin, Tables
from lockgate.usecases.making.hand_over import data_of, inputs_of
from lockgate.usecases.project.project import Project


@dataclass(frozen=True)
class PrepareReport:
    """How many rows each table has, and which columns were rounded to the type of their input: how many and how far.

    ``known_groups`` says how many groups of rows stand in test and in training, where some do.
    """

    rows: Mapping[str, int]
    rounded: tuple[str, ...] = ()
    known_groups: str = ""


def prepare(project: Project, plugin: ModelPlugin, tables: Tables) -> PrepareReport:
    """Ask the plug-in for its data, demand what later stages need of them, and write the tables."""
    settings, inputs = project.settings.tables, inputs_of(plugin)
    demand_columns(project.settings, inputs)
    splits, found = settings.splits, dict(data_of(plugin, settings.splits))
    if told := [name for name in settings.truths if name in {column.name for column in inputs}]:
        key = "label" if settings.label else "labels"
        hint = f"name another column in tables.{key} of params.yaml, or leave it out of inputs()"
        raise SettingsError(f"{told[0]!r} is the label and an input: the model would be told the answer", hint=hint)
    for split in splits:
        _demand(project, inputs, split, found[split])
    rounded = tuple(f"the {split} table: {line}" for split in splits for line in losses(found[split], inputs))
    found = {split: _in_types(inputs, split, found[split]) for split in splits}
    rows = {split: labelled(found[split], settings, f"the {split} table") for split in splits}
    demand_task(settings, rows)
    demand_floors(project.settings, rows[splits[0]])
    for split in splits:
        tables.write(project.layout.root / getattr(settings, split), found[split])
    counts = {split: len(found[split][settings.truths[0]]) for split in splits}
    return PrepareReport(counts, rounded, known_groups(settings, found))


def check_settings(project: Project, plugin: ModelPlugin) -> None:
    """Read the candidates' parameters as the plug-in wants them, and hold the policy's columns to those that there are.

    Raises ``SettingsError`` for what is mistyped.
    """
    demand_columns(project.settings, inputs_of(plugin))
    kinds: Mapping[str, type] = getattr(plugin, "settings", {})
    for name in project.settings.candidates:
        if kind := kinds.get(name):
            project.documents.read_settings(project.layout.params, kind, f"train.{name}")


def _demand(project: Project, inputs: Sequence[Column], split: str, columns: Columns) -> None:
    settings = project.settings.tables
    wanted = (*(column.name for column in inputs), *settings.named)
    if absent := [name for name in wanted if name not in columns]:
        raise DataError(
            f"the {split} table has no column {listed(absent)}{meant(absent[0], columns)}",
            hint="every input, and every column that `tables` in params.yaml names, must be in every table",
        )
    rows = {name: len(values) for name, values in columns.items()}
    if not any(rows.values()):
        raise DataError(f"the {split} table has no rows", hint="see `data()` of the plug-in")
    if len(set(rows.values())) != 1:
        # The odd ones first: those that few others are as long as.
        times = Counter(rows.values())
        odd = listed(f"{name} {rows[name]}" for name in sorted(rows, key=lambda name: times[rows[name]]))
        raise DataError(f"the {split} table's columns are not of one length: {odd}", hint="see `data()`")
    tensors = {column.name for column in inputs if column.axes}
    for name in settings.named:
        if columns[name].ndim > 1 or name in tensors:
            raise DataError(
                f"the {split} table's column {name} has the shape {columns[name].shape}: it is no tensor",
                hint="a label, and what is for judging only, is one value a row",
            )


FITS = 'a number fits where its value stays what it is; text is object with "" for missing'


def _as_array(column: Column) -> str:
    shape = ", ".join(("rows", *(axis.name if axis.size is None else str(axis.size) for axis in column.axes)))
    return f"give it as one array of {column.dtype}, ({shape}), or declare in inputs() what it is"


def _in_types(inputs: Sequence[Column], split: str, columns: Columns) -> Columns:
    """The table with every input in its declared type, as tables hold it: dates stay dates."""
    found = dict(columns)
    for column in inputs:
        values = columns[column.name]
        if (dtype := dtype_name(values)) != column.dtype or column.axes or values.ndim > 1:
            try:
                made = typed(column.name, values, column.type)
            except RowError as error:
                raise DataError(
                    f"the {split} table's column {column.name} is {dtype}, the input signature says {column}: {error}",
                    hint=_as_array(column) if column.axes else FITS,
                ) from error
            found[column.name] = made.astype(f"datetime64[{TIMES[column.dtype]}]") if column.dtype in TIMES else made
    return found
