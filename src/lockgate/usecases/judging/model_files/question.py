"""What is asked of an ONNX file, and the rows that it is judged on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lockgate.domain.judging.deciding.floors import Floor
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.model.graphs.facts import DeclaredInput
from lockgate.domain.model.graphs.inferred_task import Stated
from lockgate.domain.model.graphs.read_answers import ReadAnswers
from lockgate.domain.model.inputs import Array
from lockgate.domain.model.signature import Columns
from lockgate.domain.model.task import TaskKind
from lockgate.domain.names import listed, meant
from lockgate.domain.project.truth_columns import OF_ITS_OWN, in_form, problem_of_groups
from lockgate.domain.statistics.sample import AnySample, ValueSample
from lockgate.errors import DataError, InputError
from lockgate.usecases.judging.model_files.file_policy import GivenPolicy


@dataclass(frozen=True)
class Question:
    """What is to be judged: ``truths`` are the columns that say what is true, ``group`` one of rows that depend on each
    other; ``inputs`` says of which columns an input is made, ``ignored`` are fed to none.
    ``given`` is a policy of a file. ``training`` rows are those that it was trained on, ``time`` says when a row was,
    ``naive`` what a forecast without a model says of it.
    ``declared`` is what a registry says that the model takes."""

    model: Path
    rows: Path
    truths: tuple[str, ...]
    stated: Stated = field(default_factory=Stated)
    floors: tuple[Floor, ...] = ()
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    group: str = ""
    ignored: tuple[str, ...] = ()
    name: str = ""
    given: GivenPolicy | None = None
    training: Path | None = None
    time: str = ""
    naive: str = ""
    declared: tuple[DeclaredInput, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that have a meaning of their own."""
        return (*self.truths, *(each for each in (self.group, self.time, self.naive) if each))

    @property
    def policy(self) -> Policy | None:
        """The policy that is given."""
        return None if self.given is None else self.given.policy


def truths_of(label: str | None, labels: Sequence[str]) -> tuple[str, ...]:
    """The columns that say what is true. Raises ``InputError`` where none is named, or one twice."""
    found = (*([label] if label else ()), *labels)
    if not found or (label and labels) or len(set(found)) < len(found):
        raise InputError(
            "name the column that says what is true: --label y",
            hint="or several, each once: --labels a --labels b, for labels at once or several numbers",
        )
    return found


def parsed(floors: Sequence[str]) -> tuple[Floor, ...]:
    """Raises ``InputError`` for what is no floor."""
    return tuple(map(Floor.parse, floors))


def demand_columns(columns: Columns, question: Question) -> None:
    """Raise ``DataError`` for a table without a row, or without a column that the question names."""
    if question.time and question.training is None:
        told = f"--time {question.time}: no test row is to be of before training ends, and no training rows are named"
        raise InputError(told, hint="name them: --training FILE; or --ignore the column")
    if lost := [name for name in (*question.named, *question.ignored) if name not in columns]:
        told = f"{question.rows}: has no column {listed(lost)}{meant(lost[0], columns)}"
        nameless = all(_is_number(name) for name in columns)
        first = "its first line is no line of names: write one" if nameless else f"it has {listed(columns)}"
        raise DataError(told, hint=first)
    for name, fed in question.inputs.items():
        if true := next((column for column in fed if column in question.truths), ""):
            told = f"--inputs {name}: {true} says what is true of a row: the model would be told the answer"
            raise InputError(told, hint="name the columns that the model was trained on")
    if not columns or not len(next(iter(columns.values()))):
        raise DataError(f"{question.rows}: has no row", hint="give it rows whose truth is known")


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def truth_in_form(truths: Mapping[str, Array], kind: TaskKind, where: Path) -> Array:
    """Labels in the written form ``(rows,)``, or what is true of each ``(rows, truths)``."""
    found = []
    for name, values in truths.items():
        try:
            found.append(in_form(kind, values))
        except ValueError as error:
            raise DataError(f"{where}: {name}: {error}", hint="every row says what is true of it") from error
    return found[0] if kind in {"binary", "multiclass"} else np.stack(found, axis=1)


def sample_of(read: ReadAnswers, truth: Array, columns: Columns, question: Question) -> AnySample:
    """Answers and truth; rows of one value of the group depend on each other, and a forecast stands beside them.

    Raises ``InputError`` for a forecast of what is no number, or several; ``DataError`` for rows without a group.
    """
    sample, group = read.answers.sample(truth), question.group
    if question.naive:
        sample = _beside_forecast(sample, columns, question)
    if not group:
        return sample
    if problem := problem_of_groups(columns[group]):
        raise DataError(f"{question.rows}: --group {group}: {problem}", hint=OF_ITS_OWN)
    return replace(sample, blocks=np.unique(columns[group].astype(np.str_), return_inverse=True)[1])


def _beside_forecast(sample: AnySample, columns: Columns, question: Question) -> AnySample:
    if not isinstance(sample, ValueSample) or len(question.truths) > 1:
        told = f"--naive {question.naive}: a forecast without a model is of the one target of a regression"
        raise InputError(told, hint="leave it out; a column that is no input is named by --ignore")
    said = {question.naive: columns[question.naive]}
    return replace(sample, naive=truth_in_form(said, "regression", question.rows).astype(np.float64))
