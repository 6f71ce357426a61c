"""What kind of answer a model gives. It decides what is measured, and a model is never judged as what it is not."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, cast

import numpy as np

from lockgate.domain.model.inputs import Array
from lockgate.domain.model.labels import BINARY, listed_classes, problem_of_classes, problem_of_rows, problem_of_tables

TaskKind = Literal["binary", "multiclass", "multilabel", "regression"]
JUDGED: tuple[TaskKind, ...] = ("binary",)
"""The tasks that there are metrics, gates and plants for."""


class Task(ABC):
    """A kind of answer, with the names of what is answered: see ``Binary``, ``Multiclass`` and the others."""

    kind: TaskKind

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """What the model says a number about, in the order of its scores."""

    @property
    def width(self) -> int:
        """How many numbers it says to a row."""
        return len(self.columns)

    @property
    def labelled(self) -> bool:
        """Whether it also answers in one word."""
        return False

    @abstractmethod
    def truth_of(self, labels: Array) -> Array:
        """What is true of each row, in the form that metrics of this task take."""

    @abstractmethod
    def problem(self) -> str:
        """What a task of this kind cannot have; empty where there is nothing."""

    @abstractmethod
    def problem_of_tables(self, counts: Mapping[str, Mapping[str, int]]) -> str:
        """The same of tables by split: how often each label occurs in it."""

    def problem_of_rows(self, labels: Sequence[str]) -> str:
        """Why rows with these true labels are not rows of this task; empty where they are."""
        return problem_of_rows(labels, self.columns)

    def problem_of_model(self, shape: tuple[int, ...]) -> str:
        """Why a model of these columns, whose scores have this shape, does not give such answers; empty if it does."""
        if shape != (self.width,):
            return f"the model's scores have the shape {list(shape)}, its columns are {listed_classes(self.columns)}"
        return ""


@dataclass(frozen=True)
class Binary(Task):
    """One of two classes, of which one is ``positive``; ``classes`` are empty where they are not known yet."""

    classes: tuple[str, ...]
    positive: str
    kind: Literal["binary"] = "binary"

    @property
    def columns(self) -> tuple[str, ...]:
        """The classes, in the order of the probabilities."""
        return self.classes

    @property
    def labelled(self) -> bool:
        """It answers the class, too."""
        return True

    def truth_of(self, labels: Array) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Which ``(rows,)`` labels are of the positive class."""
        return np.asarray(labels == self.positive, dtype=np.bool_)

    def problem(self) -> str:
        """Other than two classes, or a positive one that is none of them."""
        return problem_of_classes(self.classes, self.positive)

    def problem_of_tables(self, counts: Mapping[str, Mapping[str, int]]) -> str:
        """Tables without rows of both classes, or with rows of a third."""
        return problem_of_tables(counts, self.positive)

    def problem_of_model(self, shape: tuple[int, ...]) -> str:
        """Other than two classes, or probabilities that are not one for each."""
        if len(set(self.classes)) != 2 or len(self.classes) != 2:  # noqa: PLR2004 - that is what binary means
            named = listed_classes(self.classes)
            told = f"the model's classes are {named}" if self.classes else "the model has no classes"
            return f"{told}; {BINARY}"
        if shape != (self.width,):
            named = listed_classes(self.classes)
            return f"the model's probabilities have the shape {list(shape)}, its classes are {named}; {BINARY}"
        return ""


@dataclass(frozen=True)
class Multiclass(Task):
    """One of several classes."""

    classes: tuple[str, ...]
    kind: Literal["multiclass"] = "multiclass"

    @property
    def columns(self) -> tuple[str, ...]:
        """The classes, in the order of the probabilities."""
        return self.classes

    @property
    def labelled(self) -> bool:
        """It answers the class, too."""
        return True

    def truth_of(self, labels: Array) -> Array:
        """The place of each of ``(rows,)`` labels among the classes. Raises ``KeyError`` for one that is none."""
        places = {name: place for place, name in enumerate(self.classes)}
        return np.array([places[label] for label in labels.tolist()], dtype=np.intp)

    def problem(self) -> str:
        """Fewer than two classes, or one twice."""
        few = len(set(self.classes)) < 2 or len(set(self.classes)) < len(self.classes)  # noqa: PLR2004 - one is no choice
        return f"at least two classes, none twice; found {listed_classes(self.classes) or 'none'}" if few else ""

    def problem_of_tables(self, counts: Mapping[str, Mapping[str, int]]) -> str:
        """Tables of fewer than two classes."""
        found = tuple(dict.fromkeys(name for table in counts.values() for name in table))
        return Multiclass(found).problem()


@dataclass(frozen=True)
class Multilabel(Task):
    """Any number of labels at once."""

    labels: tuple[str, ...]
    kind: Literal["multilabel"] = "multilabel"

    @property
    def columns(self) -> tuple[str, ...]:
        """The labels, in the order of the probabilities."""
        return self.labels

    def truth_of(self, labels: Array) -> Array:
        """Which of ``(rows, labels)`` are true."""
        return np.asarray(labels, dtype=np.bool_)

    def problem(self) -> str:
        """No label, or one twice."""
        return _problem_of_names("label", self.labels)

    def problem_of_tables(self, counts: Mapping[str, Mapping[str, int]]) -> str:
        """Nothing: a label that no row has is a matter of its metrics."""
        del counts
        return ""


@dataclass(frozen=True)
class Regression(Task):
    """One number for each target, in the target's unit."""

    targets: tuple[str, ...]
    kind: Literal["regression"] = "regression"

    @property
    def columns(self) -> tuple[str, ...]:
        """The targets, in the order of the values."""
        return self.targets

    def truth_of(self, labels: Array) -> Array:
        """The true values ``(rows, targets)`` in float64."""
        return np.asarray(labels, dtype=np.float64)

    def problem(self) -> str:
        """No target, or one twice."""
        return _problem_of_names("target", self.targets)

    def problem_of_tables(self, counts: Mapping[str, Mapping[str, int]]) -> str:
        """Nothing: values are not counted."""
        del counts
        return ""


UNTOLD = Binary((), "")
"""The task of documents of before, which were of binary models and do not say so."""
TRUTH = Binary(("false", "true"), "true")
"""The task of a model that was fitted on truth values."""
TASKS: Mapping[TaskKind, type[Task]] = {
    "binary": Binary,
    "multiclass": Multiclass,
    "multilabel": Multilabel,
    "regression": Regression,
}


def task_of(kind: TaskKind, columns: Sequence[str], positive: str = "") -> Task:
    """The task of that kind with these classes, labels or targets; ``positive`` is for a binary one."""
    if kind == "binary":
        return Binary(tuple(columns), positive)
    if kind == "multiclass":
        return Multiclass(tuple(columns))
    return Multilabel(tuple(columns)) if kind == "multilabel" else Regression(tuple(columns))


def task_from(value: object) -> Task:
    """A task as documents hold it. Raises ``ValueError`` for anything else."""
    if not isinstance(value, dict) or value.get("kind") not in TASKS:
        raise ValueError(f"expected a task with a kind, one of {', '.join(TASKS)}")
    kind = TASKS[value["kind"]]
    wanted = {field.name for field in fields(cast("Any", kind))}
    if odd := sorted(wanted ^ value.keys()):
        raise ValueError(f"a {value['kind']} task has {', '.join(sorted(wanted))}, and not {odd[0]}")
    if any(not _is_part(name, part) for name, part in value.items()):
        raise ValueError(f"a {value['kind']} task is made of texts")
    parts = {name: tuple(part) if isinstance(part, list | tuple) else part for name, part in value.items()}
    return kind(**parts)


def _is_part(name: str, part: object) -> bool:
    """A name, or the names of what is answered."""
    if name in {"kind", "positive"}:
        return isinstance(part, str)
    return isinstance(part, list | tuple) and all(isinstance(each, str) for each in part)


def positive_of(task: Task) -> str:
    """The positive class of a binary task; empty for any other."""
    return task.positive if isinstance(task, Binary) else ""


def contradiction(told: Task, known: Task) -> str:
    """How one task contradicts another, of which it may say less; empty where it does not."""
    if told.kind != known.kind:
        return f"the task is {told.kind}, and {known.kind} is asked for"
    if told.columns and known.columns and told.columns != known.columns:
        return f"the task is of {listed_classes(told.columns)}, and {listed_classes(known.columns)} are asked for"
    ours, theirs = positive_of(told), positive_of(known)
    if ours and theirs and ours != theirs:
        return f"the positive class is {ours!r}, and {theirs!r} is asked for"
    return ""


def problem_of_kind(kind: TaskKind) -> str:
    """Why a task is not judged; empty where it is."""
    if kind in JUDGED:
        return ""
    judged = ", ".join(JUDGED)
    return f"{kind} is not judged yet; what is: {judged}"


def _problem_of_names(what: str, names: Sequence[str]) -> str:
    if names and len(set(names)) == len(names):
        return ""
    return f"at least one {what}, none twice; found {listed_classes(names) or 'none'}"
