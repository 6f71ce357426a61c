"""A plant that answers one slice of the rows blindly, and all others as before."""

from collections.abc import Iterator
from dataclasses import replace

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.signature import Columns
from lockgate.domain.model.slices import Condition, Rows, Slice
from lockgate.usecases.judging.drill.onnx_nodes import as_input, floats, holds
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple

FEWEST = 20
"""Rows of each class that a slice needs for its harm to show."""


def broken_slice(bed: Bed) -> Planted:
    """Every row of the slice gets the shares of the classes there, whoever it is."""
    slices = bed.policy.accuracy.slices
    if slices is None:
        raise NotAsked("gates.accuracy.slices is not set")
    parts = [(rows, conditions) for rows, conditions in _parts(bed) if len(rows) >= slices.min_rows]
    if not parts:
        raise NotAsked("no slice has enough rows of both classes")
    # The smallest one, so that the total stays.
    rows, conditions = min(parts, key=lambda part: len(part[0]))
    labels = bed.labels(bed.test)[rows]
    shares = [float((labels == name).mean()) for name in bed.signature.classes]
    return _blind(bed, conditions, shares)


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
    positive = int(bed.positives(bed.test)[rows].sum())
    return min(positive, len(rows) - positive) >= FEWEST


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
    model = bed.graphs.behind(model, bed.signature.probabilities, nodes, names=names)
    return Planted(model=model, signature=signature)


PLANTS = (
    Simple(
        "one slice broken, the total stays",
        "accuracy",
        (Reason.SLICE_BELOW_FLOOR, Reason.SLICE_WORSE_THAN_CHAMPION),
        broken_slice,
        keeps=(("accuracy", "floor"),),
    ),
)
