"""ONNX nodes as text, for plants: constants, what a column says of a row, and nodes behind the answer."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from lockgate.domain.model.signature import Array, Column
from lockgate.domain.model.slices import Condition
from lockgate.usecases.judging.drill.plant import Bed, Planted

NOTHING: Mapping[str, str] = MappingProxyType({})
COMPARED = {"<": "Less", "<=": "LessOrEqual", ">": "Greater", ">=": "GreaterOrEqual", "=": "Equal", "!=": "Equal"}


def floats(name: str, values: list[float]) -> str:
    """A constant float32 tensor ``(values,)``."""
    return f"{name} = Constant<value = float[{len(values)}] {{{', '.join(map(repr, values))}}}>()"


def quoted(text: str) -> str:
    """A text as ONNX writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def holds(name: str, column: str, condition: Condition, *, text: bool) -> str:
    """``name`` is 1 in every row where the column meets the condition, else 0: float32 ``(rows, 1)``."""
    if text:
        met, unmet = ("0.0", "1.0") if condition.operator == "!=" else ("1.0", "0.0")
        settings = f"keys_strings=[{quoted(condition.value)}], values_floats=[{met}], default_float={unmet}"
        return f"{name} = ai.onnx.ml.LabelEncoder<{settings}>({column})"
    lines = [
        floats(f"{name}_limit", [float(condition.value)]),
        f"{name}_met = {COMPARED[condition.operator]}({column}, {name}_limit)",
        f"{name}_not = Not({name}_met)" if condition.operator == "!=" else "",
        f"{name} = Cast<to=1>({name}_{'not' if condition.operator == '!=' else 'met'})",
    ]
    return "\n".join(line for line in lines if line)


def answering(bed: Bed, nodes: str, names: Mapping[str, str] = NOTHING, *, follows: bool = True) -> Planted:
    """The sound model with nodes behind its numbers: from ``before`` to ``after``.

    The label of several classes follows, unless it is meant to stay.
    """
    return Planted(model=behind(bed, bed.model, nodes, names, follows=follows))


def behind(bed: Bed, model: bytes, nodes: str, names: Mapping[str, str] = NOTHING, *, follows: bool = True) -> bytes:
    """The same of a model that was made of the sound one; ``names`` of the nodes' mean something in the model."""
    numbers = bed.signature.probabilities
    if any(output.name == numbers and output.dtype == "float64" for output in bed.signature.outputs):
        nodes = re.sub(r"\bafter\b", "wide", re.sub(r"\bbefore\b", "narrow", nodes))
        nodes = f"narrow = Cast<to=1>(before)\n{nodes}\nafter = Cast<to=11>(wide)"
    model = bed.graphs.behind(model, numbers, nodes, names=names)
    return following(bed, model) if follows and bed.task.kind == "multiclass" else model


def following(bed: Bed, model: bytes) -> bytes:
    """The model answers the class that is likeliest by its probabilities, whatever it answered."""
    keys = ", ".join(str(place) for place in range(bed.task.width))
    values = ", ".join(map(quoted, bed.task.columns))
    encoder = f"ai.onnx.ml.LabelEncoder<keys_int64s=[{keys}], values_strings=[{values}]>"
    nodes = f"place = ArgMax<axis=1, keepdims=0>(numbers)\nafter = {encoder}(place)"
    return bed.graphs.behind(model, bed.signature.label, nodes, names={"numbers": bed.signature.probabilities})


def as_input(name: str, values: Array) -> Column:
    """A column of a table as one more input of a model."""
    return Column(name, "string" if values.dtype.kind in "OUST" else "float32")
