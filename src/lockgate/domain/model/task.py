"""What kind of answer a model gives. It decides what is measured, and a model is never judged as what it is not."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, cast

import numpy as np

from lockgate.domain.model.inputs import Array
from lockgate.domain.model.labels import (
    BINARY,
    listed_classes,
    problem_of_classes,
    problem_of_many,
    problem_of_rows,
    problem_of_tables,
)
from lockgate.domain.names import listed
from lockgate.domain.statistics.sample import Places

TaskKind = Literal["binary", "multiclass", "multilabel", "regression"]
POINT = 0.5
"""The quantile that a forecast of several is judged by as one number."""


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

    def counts(self, labels: Array) -> dict[str, int]:
        """How many rows truly are of each class, or have each label; ``labels`` as ``truth_of`` takes them."""
        return {name: int((labels == name).sum()) for name in self.columns} if self.labelled else {}

    @property
    def truths(self) -> tuple[str, ...]:
        """What something is true of in each row where that is no label; empty for a task of classes."""
        return () if self.labelled else self.columns

    @property
    def output(self) -> str:
        """What a model calls its output with the numbers, unless an input has that name."""
        return "probabilities"

    def problem_of_rows(self, labels: Sequence[str]) -> str:
        """Why rows with these true labels are not rows of this task; empty where they are."""
        return problem_of_rows(labels, self.columns) if self.labelled else ""

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

    def truth_of(self, labels: Array) -> Places:
        """The place of each of ``(rows,)`` labels among the classes. Raises ``KeyError`` for one that is none."""
        places = self.places(labels)
        if (places < 0).any():
            raise KeyError(str(labels[int((places < 0).argmax())]))
        return places

    def places(self, labels: Array) -> Places:
        """The same; -1 for one that is none."""
        every = {name: place for place, name in enumerate(self.classes)}
        return np.array([every.get(label, -1) for label in labels.tolist()], dtype=np.intp)

    def problem(self) -> str:
        """Fewer than two classes, or one twice."""
        few = len(set(self.classes)) < 2 or len(set(self.classes)) < len(self.classes)  # noqa: PLR2004 - one is no choice
        return f"at least two classes, none twice; found {listed_classes(self.classes) or 'none'}" if few else ""

    def problem_of_tables(self, counts: Mapping[str, Mapping[str, int]]) -> str:
        """Tables of fewer than two classes, with a class that training never saw, or with more than labels have."""
        return problem_of_many(counts)


@dataclass(frozen=True)
class Multilabel(Task):
    """Any number of labels at once."""

    labels: tuple[str, ...]
    kind: Literal["multilabel"] = "multilabel"

    @property
    def columns(self) -> tuple[str, ...]:
        """The labels, in the order of the probabilities."""
        return self.labels

    def truth_of(self, labels: Array) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
        """Which of ``(rows, labels)`` are true."""
        return np.asarray(labels, dtype=np.bool_).reshape(len(labels), -1)

    def counts(self, labels: Array) -> dict[str, int]:
        """How many rows have each label."""
        return dict(zip(self.labels, self.truth_of(labels).sum(axis=0).tolist(), strict=True))

    def problem(self) -> str:
        """No label, or one twice."""
        return _problem_of_names("label", self.labels)

    def problem_of_tables(self, counts: Mapping[str, Mapping[str, int]]) -> str:
        """Nothing: a label that no row has is a matter of its metrics."""
        del counts
        return ""


@dataclass(frozen=True)
class Regression(Task):
    """One number for each target, in the target's unit; with ``quantiles``, one for each of them, of one target.

    Quantiles are from 0 to 1, without the ends, in their order; the middle one, 0.5, is among them.
    """

    targets: tuple[str, ...]
    quantiles: tuple[float, ...] = ()
    kind: Literal["regression"] = "regression"

    @property
    def columns(self) -> tuple[str, ...]:
        """The targets, in the order of the values; with quantiles, the target and the quantile of each value."""
        if not self.quantiles:
            return self.targets
        return tuple(f"{target} {quantile:g}" for target in self.targets for quantile in self.quantiles)

    @property
    def truths(self) -> tuple[str, ...]:
        """The targets: what is true does not depend on the quantile."""
        return self.targets

    @property
    def output(self) -> str:
        """Numbers that are no probabilities."""
        return "values"

    def truth_of(self, labels: Array) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
        """The true values ``(rows, targets)`` in float64."""
        return np.asarray(labels, dtype=np.float64).reshape(len(labels), -1)

    def problem(self) -> str:
        """No target, or one twice; quantiles of several targets, in no order, or without the middle."""
        return _problem_of_names("target", self.targets) or self._problem_of_quantiles()

    def _problem_of_quantiles(self) -> str:
        if not self.quantiles:
            return ""
        told = f"found {listed(map(str, self.quantiles))}"
        if len(self.targets) > 1:
            return f"quantiles are of one target; found {listed(self.targets)}"
        if not all(0 < each < 1 for each in self.quantiles) or sorted(set(self.quantiles)) != list(self.quantiles):
            return f"quantiles lie between 0 and 1, in their order, none twice; {told}"
        return (
            ""
            if POINT in self.quantiles
            else f"{POINT} is among the quantiles: it is what is said in one number; {told}"
        )

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


def task_of(kind: TaskKind, columns: Sequence[str], positive: str = "", quantiles: Sequence[float] = ()) -> Task:
    """The task of that kind with these classes, labels or targets; ``positive`` is for a binary one."""
    if kind == "binary":
        return Binary(tuple(columns), positive)
    if kind == "multiclass":
        return Multiclass(tuple(columns))
    return Multilabel(tuple(columns)) if kind == "multilabel" else Regression(tuple(columns), tuple(quantiles))


def task_from(value: object) -> Task:
    """A task as documents hold it. Raises ``ValueError`` for anything else."""
    if not isinstance(value, dict) or value.get("kind") not in TASKS:
        raise ValueError(f"expected a task with a kind, one of {', '.join(TASKS)}")
    kind = TASKS[value["kind"]]
    wanted = {field.name for field in fields(cast("Any", kind))}
    if odd := sorted(wanted ^ value.keys()):
        raise ValueError(f"a {value['kind']} task has {', '.join(sorted(wanted))}, and not {odd[0]}")
    if any(not _is_part(name, part) for name, part in value.items()):
        raise ValueError(f"a {value['kind']} task is made of texts, and its quantiles are numbers")
    parts = {name: tuple(part) if isinstance(part, list | tuple) else part for name, part in value.items()}
    return kind(**parts)


def _is_part(name: str, part: object) -> bool:
    """A name, or the names of what is answered."""
    if name in {"kind", "positive"}:
        return isinstance(part, str)
    if name == "quantiles":
        return isinstance(part, list | tuple) and all(isinstance(each, float) for each in part)
    return isinstance(part, list | tuple) and all(isinstance(each, str) for each in part)


def positive_of(task: Task) -> str:
    """The positive class of a binary task; empty for any other."""
    return task.positive if isinstance(task, Binary) else ""


def quantiles_of(task: Task) -> tuple[float, ...]:
    """The quantiles that a regression answers; empty for any other task."""
    return task.quantiles if isinstance(task, Regression) else ()


def contradiction(told: Task, known: Task) -> str:
    """How one task contradicts another, of which it may say less; empty where it does not."""
    if told.kind != known.kind:
        return f"the task is {told.kind}, and {known.kind} is asked for"
    if told.columns and known.columns and told.columns != known.columns:
        return f"the task is of {listed_classes(told.columns)}, and {listed_classes(known.columns)} are asked for"
    if quantiles_of(told) != quantiles_of(known):
        said, wanted = (listed(map(str, quantiles_of(each))) or "none" for each in (told, known))
        return f"the quantiles are {said}, and {wanted} are asked for"
    ours, theirs = positive_of(told), positive_of(known)
    if ours and theirs and ours != theirs:
        return f"the positive class is {ours!r}, and {theirs!r} is asked for"
    return ""


def _problem_of_names(what: str, names: Sequence[str]) -> str:
    if names and len(set(names)) == len(names):
        return ""
    return f"at least one {what}, none twice; found {listed_classes(names) or 'none'}"
