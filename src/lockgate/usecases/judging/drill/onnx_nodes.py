"""ONNX nodes as text, for plants: constants, what a column says of a row, and nodes behind the answer."""

from lockgate.domain.model.signature import Array, Column
from lockgate.domain.model.slices import Condition
from lockgate.usecases.judging.drill.plant import Bed, Planted

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


def answering(bed: Bed, nodes: str) -> Planted:
    """The sound model with nodes behind its probabilities: from ``before`` to ``after``."""
    return Planted(model=bed.graphs.behind(bed.model, bed.signature.probabilities, nodes))


def as_input(name: str, values: Array) -> Column:
    """A column of a table as one more input of a model."""
    return Column(name, "string" if values.dtype.kind in "OUST" else "float32")
