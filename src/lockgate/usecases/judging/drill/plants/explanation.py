"""Plants of the explanation gate: they lean on a forbidden column, or on one that stands in for it."""

from dataclasses import replace

import numpy as np

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.signature import Array, Column, Columns
from lockgate.domain.model.slices import Condition
from lockgate.domain.model.task import Regression
from lockgate.domain.statistics.sample import Floats
from lockgate.usecases.judging.drill.onnx_nodes import as_input, behind, floats, holds
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted, Simple


def forbidden(bed: Bed) -> Planted:
    """The model takes a forbidden column, and leans on it."""
    name = _forbidden(bed)
    return _leaning(bed, name, bed.test)


def proxy(bed: Bed) -> Planted:
    """The model takes a column of another name that says the same, and leans on it."""
    name = _forbidden(bed)
    other = f"{name}_proxy"
    test = {**bed.test, other: bed.test[name]}
    return replace(_leaning(bed, other, test), tables={"test": test})


def _forbidden(bed: Bed) -> str:
    explanation = bed.policy.explanation
    names = explanation.forbidden if explanation else ()
    found = next((name for name in names if name in bed.test and name not in bed.signature.names), None)
    if found is None:
        raise NotAsked("gates.explanation.forbidden names no column of the test table that the model does not take")
    return found


def _leaning(bed: Bed, name: str, test: Columns) -> Planted:
    """Half of every answer is whether the column has its most frequent value, or is above its median."""
    column, (gain, base) = as_input(name, test[name]), _lean(bed)
    nodes = [
        holds("code", "column", _common(column, test[name]), text=column.dtype == "string"),
        floats("gain", gain.tolist()),
        floats("base", base.tolist()),
        floats("half", [0.5]),
        "risen = Mul(code, gain)\nlean = Add(risen, base)",
        "mine = Mul(before, half)\ntheirs = Mul(lean, half)\nafter = Add(mine, theirs)",
    ]
    model = bed.graphs.with_input(bed.model, name, column.dtype)
    model = behind(bed, model, "\n".join(nodes), {"column": name})
    return Planted(model=model, signature=replace(bed.signature, inputs=(*bed.signature.inputs, column)))


def _lean(bed: Bed) -> tuple[Floats, Floats]:
    """How much more of each number a row has that meets the condition, and how much one has that does not."""
    if isinstance(bed.task, Regression):
        spread = bed.spread()
        return 4 * spread, bed.usual(bed.truth(bed.training)) - 2 * spread
    if not bed.task.labelled:
        return np.ones(bed.task.width), np.zeros(bed.task.width)
    first = bed.tables.positive or bed.task.columns[0]
    met, others = np.array([each == first for each in bed.task.columns]), 1 / (bed.task.width - 1)
    return np.where(met, 1.0, -others), np.where(met, 0.0, others)


def _common(column: Column, values: Array) -> Condition:
    """What about half of the rows or more have in common."""
    if column.dtype == "string":
        names, counts = np.unique(values.astype(str), return_counts=True)
        return Condition(column.name, "=", str(names[counts.argmax()]))
    return Condition(column.name, ">", str(float(np.nanmedian(values.astype(np.float64)))))


PLANTS = (
    Simple("a forbidden feature", "explanation", (Reason.FORBIDDEN_FEATURE,), forbidden, place=28),
    Simple("a forbidden proxy", "explanation", (Reason.IMPORTANCE_MOVED,), proxy, place=29),
)
