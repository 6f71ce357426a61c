"""Which classes a model's probabilities are of, in their order, and what its labels call them."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from lockgate.domain.model.graphs.chosen_outputs import Chosen
from lockgate.domain.model.graphs.facts import GraphFacts
from lockgate.domain.model.graphs.inferred_task import TWO, Stated
from lockgate.domain.model.inputs import Array
from lockgate.domain.model.labels import listed_classes, number_of, problem_of_rows, written_labels
from lockgate.domain.names import listed, typed_word
from lockgate.errors import DataError, ModelError

POSITIVE = ({"0", "1"}, {"false", "true"}, {"-1", "1"})
"""Pairs of classes of which everybody means the second by the positive one."""
ASK = "say it, in the order of the probabilities: --classes a,b,c"


@dataclass(frozen=True)
class NamedClasses:
    """The classes in the order of the probabilities; ``own`` is what the model's labels call each."""

    classes: tuple[str, ...]
    own: tuple[str, ...]
    said: tuple[str, ...] = ()


def classes_of(facts: GraphFacts, chosen: Chosen, truth: Array, stated: Stated) -> NamedClasses:
    """By the graph, else by its labels, else by whole numbers from 0; never by the order of the alphabet.

    ``truth`` is ``(rows,)`` in the written form. Raises ``ModelError`` where they cannot be told, and ``DataError``
    where rows are of others.
    """
    width = 0 if chosen.values is None else max(TWO, chosen.values.shape[1])
    meant_by = stated.classes or _truth_values(facts, chosen, truth)
    own, said = _own(facts, chosen, truth, width or len(meant_by))
    classes = meant_by or own
    if not classes and len(found := {*truth.tolist()}) > width:
        named = f"{len(found)} classes: {listed_classes(sorted(found))}"
        told = f"the model answers {width} numbers a row, and the rows are of {named}"
        raise ModelError(told, hint="is this the column that says what is true of a row? --label")
    if not classes:
        raise ModelError(f"the file does not say which class each of its {width} probabilities is of", hint=ASK)
    if width and len(classes) != width:
        told = f"the model answers {width} probabilities a row, and the classes are {listed_classes(classes)}"
        raise ModelError(told, hint=ASK)
    if meant_by and own and meant_by != own:
        if len(own) != len(meant_by):
            told = f"the model's labels are {listed_classes(own)}, --classes has {len(meant_by)}"
            raise ModelError(told, hint=ASK)
        pairs = listed(f"{mine} means {name}" for mine, name in zip(own, classes, strict=True) if mine != name)
        said = f"as --classes says, {pairs}" if stated.classes else pairs
    _demand_rows(truth, classes, facts, chosen)
    return NamedClasses(classes, own or classes, (said,) if said else ())


def _truth_values(facts: GraphFacts, chosen: Chosen, truth: Array) -> tuple[str, ...]:
    """0 and 1 are false and true, whichever of them the model says and the rows do."""
    answered = [] if chosen.labels is None else written_labels(chosen.labels).tolist()
    own = set(facts.classes) or {*answered}
    for mine, theirs in permutations((("0", "1"), ("false", "true"))):
        if own and own <= set(mine) and set(truth.tolist()) <= set(theirs):
            return theirs
    return ()


def _own(facts: GraphFacts, chosen: Chosen, truth: Array, width: int) -> tuple[tuple[str, ...], str]:
    """What the model itself calls its classes, and how that is known; empty where it does not say."""
    if (facts.classes and len(facts.classes) in {width, 0}) or (facts.classes and not width):
        return facts.classes, ""
    labels = None if chosen.labels is None else written_labels(chosen.labels)
    if labels is not None and (found := _by_likeliest(labels, chosen.values)):
        return found, f"which class each probability is of is known by its labels: {listed_classes(found)}"
    if labels is not None and chosen.values is None:
        answered, true = {*labels.tolist()}, {*truth.tolist()}
        return _alone(answered, true, width), "" if width else _not_shared(answered, true)
    whole = tuple(str(number) for number in range(width))
    if set(truth.tolist()) <= set(whole) or (labels is not None and set(labels.tolist()) <= set(whole)):
        return whole, f"its probabilities are taken to be of {listed_classes(whole)}, in that order"
    if set(truth.tolist()) <= {"false", "true"} and width == TWO:
        return ("false", "true"), "its probabilities are taken to be of 'false' and 'true', in that order"
    return (), ""


def _alone(answered: set[str], true: set[str], width: int) -> tuple[str, ...]:
    """The classes of a model that answers labels alone: those that it answered or that are true of a row.

    ``width`` is the number of classes that the user names, 0 for none; then the model's own are asked for.
    """
    if not width and not answered & true:
        one, other = listed_classes(_in_order(answered)), listed_classes(_in_order(true))
        hint = f"say what the rows call each of them, in the order of {listed(_in_order(answered))}: --classes A,B,..."
        raise ModelError(f"the model answers {one}, and the rows say {other}: none is the same", hint=hint)
    found = _in_order(answered if width else answered | true)
    return _numbered(found, width) or found


def _not_shared(answered: set[str], true: set[str]) -> str:
    """A sentence where both sides have classes of their own: labels may be counted from another number."""
    if not answered - true or not true - answered:
        return ""
    one, other = listed_classes(_in_order(answered - true)), listed_classes(_in_order(true - answered))
    return f"the model answers {one}, which no row is, and never {other}, which rows are"


def _in_order(names: set[str]) -> tuple[str, ...]:
    numbers = {name: number_of(name) for name in names}
    return tuple(sorted(names, key=lambda name: (0, numbers[name], "") if numbers[name] is not None else (1, 0, name)))


def _numbered(found: tuple[str, ...], width: int) -> tuple[str, ...]:
    whole = tuple(str(number) for number in range(width))
    return whole if set(found) <= set(whole) else ()


def _by_likeliest(labels: Array, values: Array | None) -> tuple[str, ...]:
    """The label of each column where it is the likeliest, if that is the same in all such rows, for every column."""
    if values is None or values.shape[1] < TWO:
        return ()
    places, found = values.argmax(axis=1), list[str]()
    for place in range(values.shape[1]):
        names = set(labels[places == place].tolist())
        if len(names) != 1:
            return ()
        found.append(names.pop())
    return tuple(found) if len(set(found)) == len(found) else ()


def _demand_rows(truth: Array, classes: tuple[str, ...], facts: GraphFacts, chosen: Chosen) -> None:
    problem = problem_of_rows(truth.tolist(), classes)
    if not problem:
        return
    found = set(truth.tolist())
    if not found & set(classes):
        whole = facts.whole or (chosen.labels is not None and chosen.labels.dtype.kind in "iu")
        numbers = "numbers, " if whole or all(name.lstrip("-").isdigit() for name in classes) else ""
        told = f"the model answers {numbers}{listed_classes(classes)}, and the rows say "
        hint = f"say what the rows call each of them, in the order of {listed(classes)}: --classes A,B,..."
        raise ModelError(f"{told}{listed_classes(sorted(found))}", hint=hint)
    raise DataError(problem, hint="a row of a class that the model does not know cannot be judged; see --classes")


def label_names(labels: Array, named: NamedClasses) -> Array:
    """The model's labels ``(rows,)`` by the names of the classes. Raises ``ModelError``."""
    try:
        found = written_labels(labels)
    except ValueError as error:
        raise ModelError(f"the model's labels: {error}", hint="judge its probabilities: --output NAME") from error
    meaning = dict(zip(named.own, named.classes, strict=True))
    return np.array([meaning.get(label, label) for label in found.tolist()], dtype=object)


def positive_of(classes: tuple[str, ...], stated: Stated) -> str:
    """The positive class of two. Raises ``ModelError`` where nobody says it."""
    if stated.positive:
        if stated.positive not in classes:
            raise ModelError(
                f"--positive {stated.positive}: the classes are {listed_classes(classes)}", hint="name one"
            )
        return stated.positive
    if set(classes) in POSITIVE:
        return "true" if "true" in classes else "1"
    told = f"which of {' and '.join(map(repr, classes))} is the positive class?"
    raise ModelError(told, hint=f"say it: --positive {typed_word(classes[-1])}")
