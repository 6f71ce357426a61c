"""Which task a model of somebody else's has, by what it answers and by what is true; said, and never guessed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lockgate.domain.model.graphs.chosen_outputs import Chosen
from lockgate.domain.model.inputs import Array
from lockgate.domain.model.labels import written_labels
from lockgate.domain.model.task import Regression, TaskKind
from lockgate.domain.names import listed
from lockgate.errors import ModelError

TWO = 2
FEW = 20
"""Of more whole numbers than these, what is answered and what is true may well be a number."""
LABELS = "--labels a --labels b"
Scores = Literal["given", "logits"]


@dataclass(frozen=True)
class Stated:
    """What the user says of a model; what is empty is found out."""

    task: TaskKind | None = None
    positive: str = ""
    classes: tuple[str, ...] = ()
    output: str = ""
    scores: Scores = "given"
    quantiles: tuple[float, ...] = ()

    def problem_of(self, kind: TaskKind) -> str:
        """What was said and means nothing for such a task; empty where all of it does."""
        if self.positive and kind != "binary":
            return f"--positive {self.positive}: the task is {kind}, and has no positive class"
        if self.classes and kind not in {"binary", "multiclass"}:
            return f"--classes {','.join(self.classes)}: the task is {kind}, and has no classes"
        if self.scores == "logits" and kind == "regression":
            return "--scores logits: the task is regression, and its numbers are judged as they are"
        return ""


@dataclass(frozen=True)
class Kind:
    """The kind of task, and a sentence that says why."""

    kind: TaskKind
    why: str


def inferred_task(chosen: Chosen, truths: dict[str, Array], stated: Stated) -> Kind:
    """The kind of the task. Raises ``ModelError`` where answers and truth contradict each other, or both would fit."""
    if stated.quantiles:
        return _of_quantiles(chosen, truths, stated)
    found = _of_several(chosen, truths) if len(truths) > 1 else _of_one(chosen, *next(iter(truths.items())), stated)
    if stated.task is None:
        return found or _unclear(chosen, truths)
    kind = Kind(stated.task, "as --task says")
    if problem := _problem(kind, chosen, truths):
        several = stated.task == "multilabel" and len(truths) == 1
        hint = f"name the column of each label, in the order of the model: {LABELS}" if several else ""
        raise ModelError(f"--task {stated.task}: {problem}", hint=hint or (found.why if found else "see docs/judge.md"))
    return kind


def _of_quantiles(chosen: Chosen, truths: dict[str, Array], stated: Stated) -> Kind:
    task = Regression(tuple(truths), stated.quantiles)
    if problem := task.problem():
        raise ModelError(f"--quantiles: {problem}", hint="name them in the order of the model's numbers")
    if stated.task not in {None, "regression"}:
        raise ModelError(f"--quantiles: a {stated.task} task has none", hint="leave them out, or --task regression")
    if _width(chosen) != task.width:
        told = f"the model answers {_width(chosen)} numbers a row, and {task.width} quantiles are named"
        raise ModelError(told, hint="name one for each of its numbers, in their order")
    return Kind("regression", "as --quantiles says")


def _of_several(chosen: Chosen, truths: dict[str, Array]) -> Kind | None:
    width = _width(chosen)
    if width != len(truths):
        told = f"{width} numbers a row" if width else "labels alone"
        raise ModelError(f"the model answers {told}, and {len(truths)} columns say what is true: {listed(truths)}")
    if all(_is_truth(values) for values in truths.values()):
        return Kind("multilabel", f"{listed(truths)} are true or false, and each has a number")
    if all(values.dtype.kind in "iuf" for values in truths.values()):
        return Kind("regression", f"{listed(truths)} are numbers, and each has one")
    return None


def _of_one(chosen: Chosen, name: str, truth: Array, stated: Stated) -> Kind | None:
    width = _width(chosen)
    if (chosen.pairs or chosen.marks) and stated.task is None:
        told = f"the model answers {width} labels at once, each true or false, and one column says what is true: {name}"
        raise ModelError(told, hint=f"name the column of each, in the order of the model: {LABELS}")
    if chosen.labels is not None or width >= TWO:
        if _is_broken(truth) and stated.task is None:
            raise _no_class(name, truth, width, alone=chosen.labels is None)
        if stated.task is None and not stated.classes and _may_be_counts(chosen, truth):
            return None
        return _classes(chosen, truth, len(stated.classes))
    return _of_one_number(chosen, name, truth)


def _may_be_counts(chosen: Chosen, truth: Array) -> bool:
    """Whether whole numbers that are answered alone, and those that are true, are too many to be surely classes."""
    answered = chosen.labels
    if answered is None or chosen.values is not None or answered.dtype.kind not in "iu":
        return False
    return truth.dtype.kind in "iuf" and min(len(np.unique(answered)), len(np.unique(truth))) > FEW


def _no_class(name: str, truth: Array, width: int, *, alone: bool) -> ModelError:
    """What stands in a row that is no class; numbers that stand ``alone`` may be several targets."""
    answered = f"one of {width} classes" if width >= TWO else "classes"
    row = int(np.flatnonzero(truth != np.floor(truth))[0])
    if np.isnan(truth[row]):
        return ModelError(f"{name}: row {row}: no class stands there", hint="every row says what is true of it")
    told = f"the model answers {answered}, and {name} is a number: {truth[row]} in row {row}"
    several = (
        f"if its numbers are several targets, name the column of each: {LABELS}; if quantiles: --quantiles 0.1,0.9"
    )
    return ModelError(told, hint=several if alone else "name the column with the class of each row: --label")


def _of_one_number(chosen: Chosen, name: str, truth: Array) -> Kind | None:
    """Of a model that answers one number a row, and no label; ``None`` where two tasks would fit."""
    if _is_broken(truth):
        return Kind("regression", f"the model answers one number a row, and {name} is a number")
    values = _distinct(truth)
    if truth.dtype.kind in "OU" and len(values) > TWO:
        told = f"the model answers one number a row, and {name} holds texts, {len(values)} different ones"
        raise ModelError(told, hint="name the column with the numbers that are true: --label")
    if truth.dtype.kind in "ObU":
        return Kind("binary", f"the model answers one number a row, and {name} is one of two classes")
    likely = chosen.values is not None and _are_probabilities(chosen.values)
    if len(values) <= TWO and set(values) <= {0, 1}:
        return Kind("binary", f"the model answers a probability, and {name} is 0 or 1") if likely else None
    if len(values) <= TWO or (len(values) <= FEW and chosen.values is not None and not _is_broken(chosen.values)):
        return None
    return Kind("regression", f"the model answers one number a row, and {name} has {len(values)} different numbers")


def _classes(chosen: Chosen, truth: Array, named: int) -> Kind:
    """Two classes or more; of a model that answers labels alone as many as are ``named``, answered or true."""
    width = _width(chosen)
    count = width if width >= TWO else TWO if width == 1 else named or len(_written(truth) | _own(chosen))
    told = "two" if count <= TWO else count
    return Kind("binary" if count <= TWO else "multiclass", f"the model answers classes, {told} of them")


def _own(chosen: Chosen) -> set[str]:
    """The labels that the model answered."""
    return set() if chosen.labels is None else _written(chosen.labels)


def _written(labels: Array) -> set[str]:
    """Classes in their written form; 0 and 1 are false and true."""
    try:
        found = {*written_labels(labels).tolist()}
    except ValueError:  # it is told where labels are read
        return {*map(str, _distinct(labels))}
    return {"false" if name == "0" else "true" if name == "1" else name for name in found}


def _unclear(chosen: Chosen, truths: dict[str, Array]) -> Kind:
    if len(truths) > 1:
        raise _of_no_form(truths)
    if chosen.values is None:
        told = f"the model answers whole numbers alone, and {listed(truths)} would fit two tasks"
        raise ModelError(told, hint="say which: --task regression, or --task multiclass")
    likely = _are_probabilities(chosen.values)
    answered = "one number a row" if likely else "numbers that are no probabilities"
    two = len(_distinct(next(iter(truths.values())))) <= TWO
    binary = f", or --task binary{'' if likely else ' --scores logits'}"
    other = binary if two else "; a model of classes answers their labels, or a number of each"
    raise ModelError(
        f"the model answers {answered}, and {listed(truths)} would fit two tasks",
        hint=f"say which: --task regression{other}",
    )


def _of_no_form(truths: dict[str, Array]) -> ModelError:
    """Several columns say what is true, and are neither labels at once nor numbers."""
    forms = {"b": "true or false", "O": "texts", "U": "texts", "M": "times"}
    told = listed(f"{name} holds {forms.get(each.dtype.kind, 'numbers')}" for name, each in truths.items())
    hint = "labels at once are true or false, or 1 or 0, in each column; several targets are numbers in each"
    return ModelError(f"several columns say what is true, and are neither labels nor numbers: {told}", hint=hint)


def _problem(kind: Kind, chosen: Chosen, truths: dict[str, Array]) -> str:
    """Why a model and rows are not of the task that is asked for; empty where they are."""
    width, one = _width(chosen), next(iter(truths.values()))
    of_classes = kind.kind in {"binary", "multiclass"}
    if of_classes and len(truths) > 1:
        return f"{len(truths)} columns say what is true; a {kind.kind} task has one"
    if of_classes and _is_broken(one):
        return f"{next(iter(truths))} holds numbers that are no classes"
    if kind.kind == "binary" and width > TWO:
        return f"the model answers {width} numbers a row; a binary task has two, or one"
    if kind.kind == "multiclass" and width == 1:
        return "the model answers one number a row; several classes have one each"
    if not of_classes and width != len(truths):
        true = "one column says" if len(truths) == 1 else f"{len(truths)} columns say"
        return f"the model answers {f'{width} numbers a row' if width else 'labels alone'}, and {true} what is true"
    return ""


def _width(chosen: Chosen) -> int:
    return 0 if chosen.values is None else chosen.values.shape[1]


def _is_truth(values: Array) -> bool:
    return values.dtype.kind == "b" or (values.dtype.kind in "iuf" and set(np.unique(values).tolist()) <= {0, 1})


def _is_broken(values: Array) -> bool:
    """Whether a number is no whole one."""
    return values.dtype.kind == "f" and bool((values != np.floor(values)).any())


def _distinct(values: Array) -> list[object]:
    return sorted(set(values.tolist()), key=str)


def _are_probabilities(values: Array) -> bool:
    known = values.astype(np.float64)
    known = known[np.isfinite(known)]
    return bool(((known >= 0) & (known <= 1)).all())
