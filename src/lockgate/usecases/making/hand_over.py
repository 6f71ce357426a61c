"""What a plug-in hands over, held to what it must be before anything is made of it: data, inputs, models."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.column_values import column_of
from lockgate.domain.model.inputs import problem_of_inputs
from lockgate.domain.model.signature import Array, Column, Columns, DType
from lockgate.domain.model.splits import SPLITS, TRAINING
from lockgate.domain.names import listed
from lockgate.errors import DataError, ModelError
from lockgate.ports import ModelPlugin, ProjectStore, SourceModel, TrainingRun

GUIDE = "see docs/your-model.md"
TYPES = get_args(DType)
ASKED = ("outputs", "to_onnx", "predict")


WITHOUT_TRAINING = "where nobody has the rows that the models were trained on, leave tables.training out of params.yaml"


def data_of(plugin: ModelPlugin, splits: Sequence[str] = SPLITS) -> Mapping[str, Columns]:
    """The plug-in's tables of these names, every column as tables hold it.

    Raises ``DataError`` with table, column and row.
    """
    found: object = plugin.data()
    if not isinstance(found, Mapping):
        raise DataError(f"the plug-in's data() gives {_told(found)}", hint=f"return a dict of {', '.join(splits)}")
    if absent := [split for split in splits if split not in found]:
        hint = f"return {', '.join(splits)}" + (f"; {WITHOUT_TRAINING}" if TRAINING in absent else "")
        raise DataError(f"the plug-in's data have no {', '.join(absent)} table", hint=hint)
    if TRAINING in found and TRAINING not in splits:
        told = "the plug-in's data have a training table, and params.yaml names no place for it"
        raise DataError(told, hint="write tables.training, such as build/data/training.parquet")
    return {split: _table(split, found[split]) for split in splits}


def _table(split: str, table: object) -> Columns:
    if not isinstance(table, Mapping):
        hint = "return a dict of columns, each a NumPy array; of a data frame: {name: frame[name] for name in frame}"
        raise DataError(f"the {split} table is {_told(table)}", hint=hint)
    return {_name(split, name): _column(split, name, values) for name, values in table.items()}


def _name(split: str, name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"the {split} table has a column called {name!r}", hint="a column's name is a text")
    return name


def _column(split: str, name: str, values: object) -> Array:
    try:
        return column_of(values)
    except ValueError as error:
        raise DataError(f"the {split} table: column {name}: {error}", hint=f"correct it in data(): {GUIDE}") from error


def inputs_of(plugin: ModelPlugin) -> tuple[Column, ...]:
    """The plug-in's input signature. Raises ``ModelError`` where it is none."""
    return _inputs("the plug-in's inputs()", plugin.inputs())


def _inputs(where: str, found: object) -> tuple[Column, ...]:
    hint = 'return a list such as [Column("age", "float32"), Column("town", "string")]'
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise ModelError(f"{where}: found {_told(found)}", hint=hint)
    inputs = tuple(found)
    if not inputs:
        raise ModelError(f"{where}: there is none", hint=hint)
    for column in inputs:
        _demand_column(where, column, hint)
    if problem := problem_of_inputs(inputs):
        raise ModelError(f"{where}: {problem}", hint=hint)
    names = [column.name for column in inputs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ModelError(f"{where}: {listed(map(repr, twice))} stands there twice", hint="give each column a name")
    return inputs


def _demand_column(where: str, column: object, hint: str) -> None:
    if not isinstance(column, Column):
        raise ModelError(f"{where}: {_told(column)} is no Column", hint=hint)
    if not isinstance(column.name, str) or not column.name.strip():
        raise ModelError(f"{where}: a column is called {column.name!r}", hint="a column's name is a text")
    if column.dtype not in TYPES:
        raise ModelError(f"{where}: {column.name!r} is {column.dtype!r}", hint=f"a type is one of {', '.join(TYPES)}")


def trained_by(plugin: ModelPlugin, run: TrainingRun, store: ProjectStore) -> Trained:
    """Let the plug-in train. Raises ``ModelError`` where it hands over anything but a model of its own inputs."""
    found: object = plugin.train(run)
    where = f"candidate {run.candidate}: train()"
    if not isinstance(found, Trained):
        hint = 'return Trained("sklearn", "model.skops", tuple(self.inputs()), ("no", "yes"))'
        raise ModelError(f"{where} gives {_told(found)}, no Trained", hint=hint)
    _demand_texts(where, found)
    demand_inputs(f"{where}: Trained.inputs", found, inputs_of(plugin))
    for name in filter(None, (found.model, found.preprocessing, found.reference)):
        _demand_there(where, run.folder, name, store)
    return found


def _demand_texts(where: str, trained: Trained) -> None:
    parts = {"framework": trained.framework, "model": trained.model}
    parts |= {name: getattr(trained, name) or "none" for name in ("preprocessing", "reference")}
    for name, part in parts.items():
        if not isinstance(part, str) or not part:
            raise ModelError(f"{where}: Trained.{name} is {part!r}, no text", hint=GUIDE)


def _demand_there(where: str, folder: Path, name: str, store: ProjectStore) -> None:
    if not store.holds(folder, name):
        raise ModelError(
            f"{where} names {name}, which is not in run.folder", hint="save it there, and name it from there"
        )
    if not store.has(folder / name):
        raise ModelError(f"{where} names {name}, and run.folder has no such file", hint="save it there first")


def demand_inputs(where: str, trained: Trained, inputs: Sequence[Column]) -> None:
    """Raise ``ModelError`` unless the model takes what ``inputs()`` says, in that order."""
    theirs = _inputs(where, trained.inputs)
    if theirs == tuple(inputs):
        return
    ours = {column.name: column.type for column in inputs}
    differ = [f"{c.name} ({c})" for c in theirs if ours.get(c.name) != c.type]
    differ += [f"no {name}" for name in ours if name not in {column.name for column in theirs}]
    told = listed(differ) or "they are the same in another order"
    raise ModelError(
        f"{where}: other columns than the plug-in's inputs(): {told}", hint="hand over tuple(self.inputs())"
    )


def opened_by(plugin: ModelPlugin, trained: Trained, folder: Path) -> SourceModel:
    """The trained model in its own framework. Raises ``ModelError`` where ``open()`` gives none."""
    found: Any = plugin.open(trained, folder)
    if absent := [name for name in ASKED if not callable(getattr(found, name, None))]:
        hint = "return a source model, or let lockgate.project.Plugin open it"
        raise ModelError(f"the plug-in's open() gives {_told(found)}, which has no {', '.join(absent)}", hint=hint)
    opened: SourceModel = found
    return opened


def _told(found: object) -> str:
    return "nothing" if found is None else f"a {type(found).__name__}"
