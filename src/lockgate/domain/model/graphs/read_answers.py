"""The answers of somebody else's model as those of its task: classes by name, probabilities that are some."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from lockgate.domain.model.answers import Answers
from lockgate.domain.model.graphs.chosen_outputs import FAR, Chosen, numbers_of
from lockgate.domain.model.graphs.facts import GraphFacts
from lockgate.domain.model.graphs.inferred_task import LABELS, Kind, Stated
from lockgate.domain.model.graphs.named_classes import classes_of, label_names, positive_of
from lockgate.domain.model.inputs import Array
from lockgate.domain.model.task import Binary, Multiclass, Multilabel, Regression, Task
from lockgate.domain.statistics.sample import Floats
from lockgate.errors import ModelError


@dataclass(frozen=True)
class ReadAnswers:
    """The answers, and what was understood of them, in sentences; ``scored`` tells whether there are probabilities."""

    answers: Answers
    said: tuple[str, ...] = field(default=())
    scored: bool = True


def read_answers(
    facts: GraphFacts, chosen: Chosen, kind: Kind, truth: Array, stated: Stated, names: tuple[str, ...]
) -> ReadAnswers:
    """``truth`` is ``(rows,)`` labels in the written form for a task of classes; ``names`` those of the truths.

    Raises ``ModelError``: for scores that are no probabilities, and classes that cannot be told.
    """
    if kind.kind == "regression":
        return ReadAnswers(Answers(Regression(names, stated.quantiles), _floats(chosen)), _lost(_floats(chosen)))
    if kind.kind == "multilabel":
        scores, said = _probabilities(_floats(chosen), stated, alone=True)
        return ReadAnswers(Answers(Multilabel(names), scores), (*said, *_lost(scores)))
    named = classes_of(facts, chosen, truth, stated)
    task: Task = (
        Binary(named.classes, positive_of(named.classes, stated))
        if kind.kind == "binary"
        else Multiclass(named.classes)
    )
    if problem := task.problem():
        raise ModelError(problem, hint="see --classes")
    labels = label_names(chosen, named)
    if chosen.values is None:
        if labels is None:  # what `chosen_outputs` has refused
            raise ModelError("the model answers nothing")
        scores = np.asarray(labels[:, None] == np.asarray(named.classes, dtype=object)[None, :]).astype(np.float64)
        alone = "the model answers labels alone: nothing that needs probabilities is measured"
        return ReadAnswers(Answers(task, scores, labels), (*named.said, alone), scored=False)
    scores, said = _of_classes(_floats(chosen), stated, named.classes)
    likeliest = np.asarray(named.classes, dtype=object)[np.nan_to_num(scores, nan=-1.0).argmax(axis=1)]
    told = (*named.said, *said, *_lost(scores), *_apart(labels, likeliest))
    return ReadAnswers(Answers(task, scores, likeliest if labels is None else labels), told)


def _of_classes(values: Floats, stated: Stated, classes: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    if values.shape[1] > 1:
        return _probabilities(values, stated, alone=False)
    scores, said = _probabilities(values, stated, alone=True)
    told = f"its one number a row is taken for the probability of {classes[1]!r}"
    return np.concatenate([1 - scores, scores], axis=1), (*said, told)


def _probabilities(values: Floats, stated: Stated, *, alone: bool) -> tuple[Floats, tuple[str, ...]]:
    """Probabilities ``(rows, width)``, each ``alone`` or those of a row together."""
    problem = _problem_of(values, alone=alone)
    if stated.scores == "given":
        if problem:
            raise ModelError(problem, hint=_hint(values, alone=alone))
        return values, ()
    if not problem and not (alone and not _sure(values)):
        hint = "leave --scores logits out"
        raise ModelError("the model's scores are probabilities already: each lies between 0 and 1", hint=hint)
    by = "the logistic function" if alone else "softmax"
    return risen(values, alone=alone), (f"its raw scores become probabilities by {by}",)


def risen(values: Floats, *, alone: bool) -> Floats:
    """Probabilities of raw scores ``(rows, width)``: each ``alone`` by the logistic function, else by softmax."""
    if alone:
        found: Floats = np.exp(-np.logaddexp(0, -values))
        return found
    apart = np.exp(values - values.max(axis=1, keepdims=True))
    together: Floats = apart / apart.sum(axis=1, keepdims=True)
    return together


def numbers_judged(values: Array, task: Task, stated: Stated) -> Floats:
    """What is judged of an output ``(rows, ...)`` that was chosen, ``(rows, task.width)``."""
    numbers: Floats = numbers_of(values).astype(np.float64)
    alone = isinstance(task, Multilabel) or numbers.shape[1] == 1
    if stated.scores == "logits" and not isinstance(task, Regression):
        numbers = risen(numbers, alone=alone)
    return np.concatenate([1 - numbers, numbers], axis=1) if numbers.shape[1] < task.width else numbers


def _hint(values: Floats, *, alone: bool) -> str:
    """What may be meant by numbers that are no probabilities."""
    if not alone and _sure(values):
        return f"if several labels are true at once, name the column of each: {LABELS}; of raw scores: --scores logits"
    if not alone and (np.abs(np.exp(np.minimum(values, 1.0)).sum(axis=1) - 1) <= FAR).all():
        return "they are logarithms of probabilities, and become those by --scores logits"
    return "if they are raw scores, logits, say so: --scores logits"


def _sure(values: Floats) -> bool:
    """Whether all lie between 0 and 1; of few raw scores they may by chance."""
    return bool(((values >= 0) & (values <= 1)).all())


def _problem_of(values: Floats, *, alone: bool) -> str:
    known = np.isfinite(values).all(axis=1)
    outside = known & ((values < -FAR) | (values > 1 + FAR)).any(axis=1)
    if outside.any():
        row = int(outside.argmax())
        odd = next(value for value in values[row].tolist() if not -FAR <= value <= 1 + FAR)
        return f"row {row} has the score {odd:.4g}, and a probability lies between 0 and 1"
    sums = values.sum(axis=1)
    if not alone and (wrong := known & (np.abs(sums - 1) > FAR)).any():
        row = int(wrong.argmax())
        return f"the probabilities of row {row} add up to {sums[row]:.4g}, not to 1"
    return ""


def _lost(values: Floats) -> tuple[str, ...]:
    lost = ~np.isfinite(values).all(axis=1)
    if not lost.any():
        return ()
    return (f"{int(lost.sum())} of {len(values)} rows get no number (NaN or infinity), as row {int(lost.argmax())}",)


def _apart(labels: Array | None, likeliest: Array) -> Iterator[str]:
    if labels is not None and (apart := int((labels != likeliest).sum())):
        yield f"in {apart} of {len(labels)} rows the label is not the likeliest class; the label is judged"


def _floats(chosen: Chosen) -> Floats:
    if chosen.values is None:
        raise ModelError("the model answers labels alone, and numbers are judged", hint="see --task")
    found: Floats = chosen.values.astype(np.float64)
    return found
