"""Plants of the accuracy gate: models that answer worse, and evidence that is not what it says."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lockgate.domain.identity import sha256
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.signature import Columns
from lockgate.domain.model.slices import Condition, Rows, Slice
from lockgate.usecases.judging.drill.onnx_nodes import answering, as_input, behind, floats, holds, quoted
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple
from lockgate.usecases.judging.drill.plants.answers import edited_answers, swapped_model
from lockgate.usecases.judging.drill.plants.of_tasks import always_false, biased, never_answered, targets_of_before

SEED = 20
WORSE = (Reason.BELOW_FLOOR, Reason.WORSE_THAN_CHAMPION)
FEWEST = 20
"""Rows of each class that a slice needs for its harm to show."""
BETTER = 0.01


def shuffled_labels(bed: Bed) -> Planted:
    """The labels of all training rows in another order."""
    order = np.random.default_rng(SEED).permutation(len(bed.truth(bed.training)))
    columns = [bed.training[name][order] for name in bed.tables.truths]
    return bed.relabelled(columns[0] if len(columns) == 1 else np.stack(columns, axis=1))


def broken_slice(bed: Bed) -> Planted:
    """Every row of the slice gets what is usual there, as the shares of the classes, whoever it is."""
    slices = bed.policy.accuracy.slices
    if slices is None:
        raise NotAsked("gates.accuracy.slices is not set")
    parts = [(rows, conditions) for rows, conditions in _parts(bed) if len(rows) >= slices.min_rows]
    if not parts:
        raise NotAsked("no slice has enough rows of both classes")
    # The smallest one, so that the total stays.
    rows, conditions = min(parts, key=lambda part: len(part[0]))
    return _blind(bed, conditions, bed.usual(bed.truth(bed.test)[rows]).tolist())


def _parts(bed: Bed) -> Iterator[tuple[Rows, tuple[Condition, ...]]]:
    """Every part with rows enough of both classes, by the conditions that tell it."""
    slices = bed.policy.accuracy.slices
    for text in slices.by if slices else ():
        part = Slice.parse(text)
        if set(part.names) <= set(bed.test):
            for _, rows in part.parts(bed.test):
                if _both(bed, rows):
                    yield rows, part.conditions or _alike(part.columns, bed.test, int(rows[0]))


def _alike(names: tuple[str, ...], table: Columns, row: int) -> tuple[Condition, ...]:
    return tuple(Condition(name, "=", str(table[name][row])) for name in names)


def _both(bed: Bed, rows: Rows) -> bool:
    part = int(bed.part(bed.test)[rows].sum())
    return min(part, len(rows) - part) >= FEWEST


def _blind(bed: Bed, conditions: tuple[Condition, ...], shares: list[float]) -> Planted:
    model, signature = bed.model, bed.signature
    nodes, names, inside = "", dict[str, str](), ""
    for number, condition in enumerate(conditions):
        column = as_input(condition.column, bed.test[condition.column])
        if column.name not in signature.names:
            model = bed.graphs.with_input(model, column.name, column.dtype)
            signature = replace(signature, inputs=(*signature.inputs, column))
        names[f"column{number}"] = column.name
        nodes += holds(f"met{number}", f"column{number}", condition, text=column.dtype == "string") + "\n"
        nodes += f"all{number} = " + (f"Mul({inside}, met{number})\n" if inside else f"Identity(met{number})\n")
        inside = f"all{number}"
    nodes += f"{floats('one', [1.0])}\n{floats('share', shares)}\noutside = Sub(one, {inside})\n"
    nodes += f"kept = Mul(before, outside)\nblind = Mul(share, {inside})\nafter = Add(kept, blind)"
    return Planted(model=behind(bed, model, nodes, names), signature=signature)


def constant(bed: Bed) -> Planted:
    """Every row gets what is usual in the training rows: the shares of the classes, or the mean."""
    shares = bed.usual(bed.truth(bed.training)).tolist()
    nodes = "zero = Constant<value = float {0.0}>()\nnothing = Mul(before, zero)\n"
    return answering(bed, f"{nodes}{floats('share', shares)}\nafter = Add(nothing, share)")


def one_weight_is_nan(bed: Bed) -> Planted:
    """NaN in the last weights, in all of the tensor: of the leaves of a tree, or the rows of a table, rows reach few.

    A single number may be the bound of a range, where NaN changes nothing.
    """
    weights = bed.graphs.weights(bed.model)
    if not weights:
        raise NotAsked("the model has no weights")
    last = ([name for name in weights if weights[name].size > 1] or [*weights])[-1]
    return Planted(model=bed.graphs.with_weights(bed.model, {last: np.full_like(weights[last], np.nan)}))


def swapped(bed: Bed) -> Planted:
    """Probabilities and labels of the classes change places; of several those of the two most frequent."""
    if bed.task.kind == "multiclass":
        first, second = np.argsort(-bed.usual(bed.truth(bed.training)), kind="stable")[:2].tolist()
        places = [*range(bed.task.width)]
        places[first], places[second] = second, first
        return answering(bed, _gathered(places))
    classes, names = len(bed.signature.classes), bed.signature.classes
    model = answering(bed, _gathered([*reversed(range(classes))])).model
    keys, values = (", ".join(quoted(name) for name in each) for each in (names, tuple(reversed(names))))
    encoder = f"ai.onnx.ml.LabelEncoder<keys_strings=[{keys}], values_strings=[{values}]>"
    return Planted(model=bed.graphs.behind(model or b"", bed.signature.label, f"after = {encoder}(before)"))


def _gathered(places: list[int]) -> str:
    """Nodes that answer the numbers in another order."""
    order = ", ".join(map(str, places))
    return f"order = Constant<value = int64[{len(places)}] {{{order}}}>()\nafter = Gather<axis=1>(before, order)"


def edited(_: Bed) -> Planted:
    """The accuracy evidence says a little more than its scores do."""

    def change(evidence: Evidence) -> Evidence:
        accuracy = evidence.of(AccuracyEvidence)
        if accuracy is None:
            return evidence
        better = {name: None if found is None else found + BETTER for name, found in accuracy.metrics.items()}
        return evidence.holding(replace(accuracy, metrics=better))

    return Planted(change=change)


def other_model(_: Bed) -> Planted:
    """The accuracy evidence is of another model."""

    def change(evidence: Evidence) -> Evidence:
        accuracy = evidence.of(AccuracyEvidence)
        if accuracy is None:
            return evidence
        subject = replace(accuracy.subject, model=sha256(b"another model"))
        return evidence.holding(replace(accuracy, subject=subject))

    return Planted(change=change)


def missing_slice(bed: Bed) -> Planted:
    """The score table lacks the columns of a slice."""
    slices = bed.policy.accuracy.slices
    if slices is None:
        raise NotAsked("gates.accuracy.slices is not set")
    names = Slice.parse(slices.by[0]).names

    def change(evidence: Evidence) -> Evidence:
        scores = evidence.scores
        if scores is None:
            return evidence
        left = {name: values for name, values in scores.columns.items() if name not in names}
        return replace(evidence, scores=replace(scores, columns=left))

    return Planted(change=change)


PLANTS = (
    Simple("shuffled labels", "accuracy", WORSE, shuffled_labels, place=1),
    Simple(
        "one slice broken, the total stays",
        "accuracy",
        (Reason.SLICE_BELOW_FLOOR, Reason.SLICE_WORSE_THAN_CHAMPION),
        broken_slice,
        keeps=(("accuracy", "floor"),),
        place=3,
    ),
    Simple("a constant", "accuracy", WORSE, constant, place=4),
    Simple("NaN in one weight", "accuracy", (Reason.NOT_MEASURED, Reason.NOT_A_NUMBER), one_weight_is_nan, place=5),
    Simple("two classes swapped", "accuracy", WORSE, swapped, place=6, tasks=("binary", "multiclass")),
    Simple("evidence edited by hand", "accuracy", (Reason.EDITED,), edited, place=22),
    Simple("evidence of another model", "accuracy", (Reason.OTHER_SUBJECT,), other_model, place=23),
    Simple("a missing slice", "accuracy", (Reason.MISSING_SLICE,), missing_slice, place=27),
    Simple("answers edited, the evidence with them", "accuracy", (Reason.EDITED,), edited_answers),
    Simple("a swapped model", "accuracy", (Reason.EDITED,), swapped_model),
    Simple("one class never answered", "accuracy", WORSE, never_answered, tasks=("multiclass",)),
    Simple("a label always false", "accuracy", WORSE, always_false, tasks=("multilabel",)),
    Simple("a bias in one range", "accuracy", WORSE, biased, tasks=("regression",)),
    Simple("targets of the row before", "accuracy", WORSE, targets_of_before, tasks=("regression",)),
)
