"""A regressor of a transformed target, such as a logarithm: the graph answers in the target's own unit."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import TransformedTargetRegressor

Step = tuple[str, float | None]
LINKS: dict[Any, tuple[Step, ...]] = {
    None: (),
    np.exp: (("Exp", None),),
    np.expm1: (("Exp", None), ("Add", -1.0)),
    np.exp2: (("Mul", float(np.log(2.0))), ("Exp", None)),
    np.square: (("Pow", 2.0),),
    np.sqrt: (("Sqrt", None),),
    np.log: (("Log", None),),
}
"""What undoes the transformation, by NumPy's function, as operators, each with the number that it takes beside."""


def link_of(estimator: Any) -> tuple[Step, ...] | None:
    """How the last step's answer becomes one in the target's unit; ``None`` where there is no such step, or no way."""
    steps = getattr(estimator, "steps", None)
    last = steps[-1][1] if steps else estimator
    if not isinstance(last, TransformedTargetRegressor) or last.transformer is not None:
        return None
    return LINKS.get(last.inverse_func)


def undo(model: onnx.ModelProto, link: tuple[Step, ...]) -> None:
    """Put the link behind the graph's first output, in float32."""
    graph = model.graph
    output = graph.output[0].name
    before = f"{output}/transformed"
    for node in graph.node:
        node.output[:] = [before if name == output else name for name in node.output]
    steps: tuple[Step, ...] = (("Cast", None), *link)
    for number, (operator, value) in enumerate(steps):
        after = output if number == len(steps) - 1 else f"{before}/{number}"
        more = []
        if value is not None:
            more = [f"{before}/value{number}"]
            graph.initializer.append(numpy_helper.from_array(np.array(value, dtype=np.float32), more[0]))
        made = helper.make_node(operator, [before, *more], [after])
        if operator == "Cast":
            made.attribute.append(helper.make_attribute("to", TensorProto.FLOAT))
        graph.node.append(made)
        before = after
    graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT
