"""Which outputs of a graph are the label and the numbers, by what they answered to the rows."""

from dataclasses import dataclass

import numpy as np

from lockgate.domain.model.graphs.facts import PAIRS, GraphFacts
from lockgate.domain.model.inputs import Array, dtype_name
from lockgate.domain.model.signature import Outputs
from lockgate.domain.names import listed, meant
from lockgate.errors import ModelError

PLAIN = 2
"""Axes of an answer: rows, and a number for each class, label or target."""
FAR = 1e-3
"""How far probabilities of a row may be from 1 together: those of float16 are so far."""
AT_ONCE = "of several labels at once their probabilities are judged: export them as one tensor (rows, labels)"
NOT_YET = "one number for each class, label or target is judged; detection and generated text are not judged yet"


@dataclass(frozen=True)
class Chosen:
    """The names of the output with labels ``(rows,)`` and of that with numbers ``(rows, width)``; empty for none.

    With ``pairs`` the output has the probabilities of no and yes for each of several labels at once, ``(rows, labels,
    2)``; ``values`` are those of yes. ``marks`` tells whether another output marks each of as many labels with 0 or 1.
    """

    label: str
    numbers: str
    labels: Array | None
    values: Array | None
    pairs: bool = False
    marks: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Both, as far as they are there."""
        return tuple(name for name in (self.label, self.numbers) if name)


def chosen_outputs(facts: GraphFacts, outputs: Outputs, rows: int, stated: str = "") -> Chosen:
    """By their types and shapes; where several could be meant, ``stated`` says which. Raises ``ModelError``."""
    if stated and stated not in outputs:
        told = f"the model has no output {stated!r}{meant(stated, outputs)}"
        raise ModelError(told, hint=f"it has {listed(facts.outputs, '; ')}")
    labels = {name: found for name, values in outputs.items() if (found := _labels(values, rows)) is not None}
    numbers = {name: found for name, values in outputs.items() if (found := _numbers(values, rows)) is not None}
    if stated in labels:
        return Chosen(stated, "", labels[stated], None)
    if stated:
        if stated not in numbers:
            raise _none(outputs, rows, (stated,))
        numbers = {stated: numbers[stated]}
    numbers = _of_maps(facts, numbers)
    if not labels and not numbers:
        raise _none(outputs, rows, tuple(outputs))
    if len(numbers) > 1 or (len(labels) > 1 and not numbers):
        told = listed((f"{name} {list(values.shape)}" for name, values in (numbers or labels).items()), "; ")
        raise ModelError(f"the model answers several things: {told}", hint="say which is judged: --output NAME")
    number = next(iter(numbers), "")
    label = next(iter(labels), "") if len(labels) == 1 else ""
    pairs = bool(number) and _pairs(outputs[number], rows) is not None
    values = numbers.get(number)
    marks = values is not None and any(_marks(each, values.shape) for each in outputs.values())
    return Chosen(label, number, labels.get(label), values, pairs, marks)


def as_numbers(chosen: Chosen) -> Chosen:
    """The same, where whole numbers that are answered alone are no labels and are numbers ``(rows, 1)``."""
    if chosen.values is not None or chosen.labels is None or chosen.labels.dtype.kind not in "iu":
        return chosen
    return Chosen("", chosen.label, None, chosen.labels.reshape(-1, 1).astype(np.float64))


def _marks(values: Array, shape: tuple[int, ...]) -> bool:
    return values.dtype.kind in "iub" and values.shape == shape and shape[1] > 1 and set(np.unique(values)) <= {0, 1}


def _of_maps(facts: GraphFacts, numbers: dict[str, Array]) -> dict[str, Array]:
    """What a map of classes answers is meant wherever there is one."""
    maps = {each.name for each in facts.outputs if each.kind == "classes"}
    return {name: values for name, values in numbers.items() if name in maps} or numbers


def _labels(values: Array, rows: int) -> Array | None:
    if values.dtype.kind not in "iuOUSb" or values.shape not in {(rows,), (rows, 1)}:
        return None
    return values.reshape(rows)


def _numbers(values: Array, rows: int) -> Array | None:
    """One or several numbers a row; axes of one place are left out."""
    if values.dtype.kind != "f" or values.shape[:1] != (rows,):
        return None
    if (yes := _pairs(values, rows)) is not None:
        return yes
    plain = values.reshape(rows, *(size for size in values.shape[1:] if size != 1))
    if plain.ndim > PLAIN or 0 in plain.shape[1:]:
        return None
    return np.asarray(plain.reshape(rows, -1))


def numbers_of(values: Array) -> Array:
    """``(rows, width)`` of an output that was chosen; of pairs those of yes."""
    rows = len(values)
    return values.reshape(rows, -1) if (found := _numbers(values, rows)) is None else found


def _pairs(values: Array, rows: int) -> Array | None:
    """Of the probabilities of no and yes for each label, those of yes ``(rows, labels)``."""
    if values.dtype.kind != "f" or values.ndim != PAIRS or values.shape[::2] != (rows, 2) or values.shape[1] < 2:  # noqa: PLR2004 - of one label they are two classes
        return None
    known = values[np.isfinite(values).all(axis=(1, 2))].astype(np.float64)
    together = np.abs(known.sum(axis=2) - 1) <= FAR
    if not ((known >= -FAR) & (known <= 1 + FAR)).all() or not together.all() or (len(values) and not len(known)):
        return None
    return np.asarray(values[:, :, 1])


def _none(outputs: Outputs, rows: int, names: tuple[str, ...]) -> ModelError:
    told = listed((f"{name} is {dtype_name(outputs[name])} {list(outputs[name].shape)}" for name in names), "; ")
    marked = any(outputs[name].dtype.kind in "iub" and outputs[name].ndim == PLAIN for name in names)
    hint = AT_ONCE if marked else NOT_YET
    return ModelError(f"to {rows} rows the model gives no answer of one form for each: {told}", hint=hint)
