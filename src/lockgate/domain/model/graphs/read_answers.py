"""The answers of somebody else's model as those of its task: classes by name, probabilities that are some."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lockgate.domain.model.answers import Answers
from lockgate.domain.model.graphs.chosen_outputs import FAR, Chosen, numbers_of
from lockgate.domain.model.graphs.facts import GraphFacts
from lockgate.domain.model.graphs.inferred_task import LABELS, Kind, Stated
from lockgate.domain.model.graphs.named_classes import NamedClasses, classes_of, label_names, positive_of
from lockgate.domain.model.inputs import Array
from lockgate.domain.model.task import Binary, Multiclass, Multilabel, Regression, Task
from lockgate.domain.statistics.sample import Floats
from lockgate.errors import ModelError


@dataclass(frozen=True)
class AnswerForm:
    """How a model's outputs are the answers of its task; known by all rows, and then the same for any others."""

    task: Task
    chosen: Chosen
    stated: Stated
    named: NamedClasses | None = None

    def answers(self, labels: Array | None, values: Array | None) -> Answers:
        """The answers to some rows: of their labels ``(rows,)``, and their numbers ``(rows, ...)``."""
        named = self.named
        if named is None or values is not None:
            scores = self._scores(np.empty((0, self.task.width)) if values is None else values)
            likeliest = None if named is None else self.likeliest(scores)
            return Answers(self.task, scores, likeliest if labels is None or named is None else _said(labels, named))
        said = _said(np.empty(0, dtype=object) if labels is None else labels, named)
        classes = np.asarray(named.classes, dtype=object)
        return Answers(self.task, np.asarray(said[:, None] == classes[None, :]).astype(np.float64), said)

    def likeliest(self, scores: Floats) -> Array:
        """The class of the largest score of each row."""
        classes: Array = np.asarray(self.task.columns, dtype=object)
        return np.asarray(classes[np.nan_to_num(scores, nan=-1.0).argmax(axis=1)])

    def _scores(self, values: Array) -> Floats:
        """Probabilities, or numbers, ``(rows, task.width)``."""
        numbers: Floats = numbers_of(values).astype(np.float64)
        alone = isinstance(self.task, Multilabel) or numbers.shape[1] == 1
        if self.stated.scores == "logits" and not isinstance(self.task, Regression):
            numbers = risen(numbers, alone=alone)
        return np.concatenate([1 - numbers, numbers], axis=1) if numbers.shape[1] < self.task.width else numbers


@dataclass(frozen=True)
class ReadAnswers:
    """The answers, and what was understood of them, in sentences; ``scored`` tells whether there are probabilities."""

    answers: Answers
    said: tuple[str, ...]
    form: AnswerForm
    scored: bool = True


def read_answers(
    facts: GraphFacts, chosen: Chosen, kind: Kind, truth: Array, stated: Stated, names: tuple[str, ...]
) -> ReadAnswers:
    """``truth`` is ``(rows,)`` labels in the written form for a task of classes; ``names`` those of the truths.

    Raises ``ModelError``: for scores that are no probabilities, and classes that cannot be told.
    """
    if kind.kind in {"regression", "multilabel"}:
        several: Task = Regression(names, stated.quantiles) if kind.kind == "regression" else Multilabel(names)
        said = _probabilities(_floats(chosen), stated, alone=True) if kind.kind == "multilabel" else ()
        form = AnswerForm(several, chosen, stated)
        answers = form.answers(None, _floats(chosen))
        return ReadAnswers(answers, (*said, *_lost(answers.scores), *_crossing(answers.scores, stated)), form)
    named = classes_of(facts, chosen, truth, stated)
    task: Task = (
        Binary(named.classes, positive_of(named.classes, stated))
        if kind.kind == "binary"
        else Multiclass(named.classes)
    )
    if problem := task.problem():
        raise ModelError(problem, hint="see --classes")
    form = AnswerForm(task, chosen, stated, named)
    answers = form.answers(chosen.labels, chosen.values)
    if chosen.values is None:
        alone = "the model answers labels alone: nothing that needs probabilities is measured"
        return ReadAnswers(answers, (*named.said, alone), form, scored=False)
    try:
        said = _of_classes(_floats(chosen), stated, named.classes)
    except ModelError as error:
        if not chosen.label:
            raise
        hint = f"{error.hint}; or judge its labels alone: --output {chosen.label}"
        raise ModelError(error.message, hint=hint) from error
    told = (*named.said, *said, *_lost(answers.scores))
    apart = _apart(answers.labels, form.likeliest(answers.scores)) if chosen.labels is not None else ()
    return ReadAnswers(answers, (*told, *apart), form)


def _said(labels: Array, named: NamedClasses) -> Array:
    return label_names(labels.reshape(len(labels)), named)


def _of_classes(values: Floats, stated: Stated, classes: tuple[str, ...]) -> tuple[str, ...]:
    alone = values.shape[1] == 1
    told = (f"its one number a row is taken for the probability of {classes[1]!r}",) if alone else ()
    return (*_probabilities(values, stated, alone=alone), *told)


def _probabilities(values: Floats, stated: Stated, *, alone: bool) -> tuple[str, ...]:
    """What becomes of scores ``(rows, width)``, each ``alone`` or those of a row together.

    Raises ``ModelError`` for those that are no probabilities, and for raw scores that are some.
    """
    problem = _problem_of(values, alone=alone)
    if stated.scores == "given":
        if problem:
            raise ModelError(problem, hint=_hint(values, alone=alone))
        return ()
    if not problem and not (alone and not _sure(values)):
        hint = "leave --scores logits out"
        raise ModelError("the model's scores are probabilities already: each lies between 0 and 1", hint=hint)
    return (f"its raw scores become probabilities by {'the logistic function' if alone else 'softmax'}",)


def risen(values: Floats, *, alone: bool) -> Floats:
    """Probabilities of raw scores ``(rows, width)``: each ``alone`` by the logistic function, else by softmax."""
    if alone:
        found: Floats = np.exp(-np.logaddexp(0, -values))
        return found
    apart = np.exp(values - values.max(axis=1, keepdims=True))
    together: Floats = apart / apart.sum(axis=1, keepdims=True)
    return together


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


def _crossing(values: Floats, stated: Stated) -> Iterator[str]:
    """Where a higher quantile is below a lower one; their order may be another than was said."""
    crossing = (np.diff(values, axis=1) < 0).any(axis=1) if stated.quantiles else np.zeros(0, dtype=np.bool_)
    if crossing.any():
        row = int(crossing.argmax())
        told = ", ".join(f"{value:.4g}" for value in values[row].tolist())
        yield f"in {int(crossing.sum())} of {len(values)} rows its quantiles cross, as in row {row}: {told}"


def _apart(labels: Array | None, likeliest: Array) -> Iterator[str]:
    if labels is not None and (apart := int((labels != likeliest).sum())):
        yield f"in {apart} of {len(labels)} rows the label is not the likeliest class; the label is judged"


def _floats(chosen: Chosen) -> Floats:
    if chosen.values is None:
        raise ModelError("the model answers labels alone, and numbers are judged", hint="see --task")
    found: Floats = chosen.values.astype(np.float64)
    return found
