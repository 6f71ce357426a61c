"""Outputs of a converted graph brought to the one form of their task: (rows,) labels, float32 (rows, width) numbers."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, ValueInfoProto, compose, helper, numpy_helper

from lockgate.domain.model.signature import free_name
from lockgate.domain.model.task import Multilabel, Task

Form: TypeAlias = Callable[[onnx.ModelProto], None]
LABELS_ROWS_CLASSES = 3
"""Dimensions of probabilities that stand by label, row, and false or true."""


def form_of(task: Task, width: int) -> Form:
    """What brings the outputs of a graph of this task to their form; ``width`` is that of a regression's values."""
    if task.labelled:
        return _classes
    return _labels if isinstance(task, Multilabel) else lambda model: _values(model, width)


def beside_each_other(models: Sequence[onnx.ModelProto], output: str) -> onnx.ModelProto:
    """One graph of several that take the same inputs: their one output is that of all, (rows, models)."""
    made = onnx.ModelProto()
    made.CopyFrom(models[0])
    inputs = {node.name for node in made.graph.input}
    for part in ("node", "initializer", "value_info"):
        made.graph.ClearField(part)
    names = []
    for number, model in enumerate(models):
        prefix = f"model{number}/"
        part = compose.add_prefix(model, prefix)
        back = {f"{prefix}{name}": name for name in inputs}
        for node in part.graph.node:
            node.input[:] = [back.get(name, name) for name in node.input]
        made.graph.node.extend(part.graph.node)
        made.graph.initializer.extend(part.graph.initializer)
        names.append(f"{prefix}{output}")
    made.graph.node.append(helper.make_node("Concat", names, [output], axis=1))
    _declare(made.graph.output[0], TensorProto.FLOAT, [None, len(models)])
    return made


def _classes(model: onnx.ModelProto) -> None:
    """A label (rows,), which quadratic discriminants give as (1, rows), and float32 probabilities."""
    label, probabilities = model.graph.output[:2]
    if len(label.type.tensor_type.shape.dim) > 1:
        _behind(model, label, [("Reshape", {}, [np.array([-1], dtype=np.int64)])])
        _declare(label, label.type.tensor_type.elem_type, [None])
    if probabilities.type.tensor_type.elem_type == TensorProto.DOUBLE:
        _behind(model, probabilities, [("Cast", {"to": TensorProto.FLOAT}, [])])
        probabilities.type.tensor_type.elem_type = TensorProto.FLOAT


def _labels(model: onnx.ModelProto) -> None:
    """Probabilities that each label is true, (rows, labels), without the labels themselves."""
    answer = model.graph.output[1]
    steps: list[_Step] = []
    if answer.type.WhichOneof("value") == "sequence_type":
        steps.append(("ConcatFromSequence", {"axis": 0, "new_axis": 1}, []))
    if steps or len(answer.type.tensor_type.shape.dim) == LABELS_ROWS_CLASSES:
        steps.append(("Gather", {"axis": 2}, [np.array(1, dtype=np.int64)]))
        steps.append(("Transpose", {"perm": [1, 0]}, []))
    steps.append(("Cast", {"to": TensorProto.FLOAT}, []))
    _behind(model, answer, steps)
    _declare(answer, TensorProto.FLOAT, [None, None])
    del model.graph.output[0]


def _values(model: onnx.ModelProto, width: int) -> None:
    """Numbers (rows, width), of which one alone is (rows,) with some estimators."""
    answer = model.graph.output[0]
    shape = np.array([-1, width], dtype=np.int64)
    _behind(model, answer, [("Cast", {"to": TensorProto.FLOAT}, []), ("Reshape", {}, [shape])])
    _declare(answer, TensorProto.FLOAT, [None, width])
    del model.graph.output[1:]


_Step: TypeAlias = tuple[str, dict[str, Any], list["np.ndarray[tuple[int, ...], np.dtype[np.int64]]"]]
"""An operator, its attributes, and what it takes beside the answer of the step before it."""


def _behind(model: onnx.ModelProto, output: ValueInfoProto, steps: list[_Step]) -> None:
    """Put steps between an output and what makes it."""
    graph = model.graph
    taken = {name for node in graph.node for name in (*node.input, *node.output)}
    taken |= {weight.name for weight in graph.initializer}
    before = free_name(f"{output.name}_as_converted", taken)
    for node in graph.node:
        node.output[:] = [before if name == output.name else name for name in node.output]
        node.input[:] = [before if name == output.name else name for name in node.input]
    nodes: list[NodeProto] = []
    for number, (operator, attributes, more) in enumerate(steps):
        after = output.name if number == len(steps) - 1 else free_name(f"{output.name}_step{number}", taken)
        weights = [free_name(f"{output.name}_step{number}_{place}", taken) for place in range(len(more))]
        for name, values in zip(weights, more, strict=True):
            graph.initializer.append(numpy_helper.from_array(values, name))
        nodes.append(helper.make_node(operator, [before, *weights], [after], **attributes))
        before = after
    graph.node.extend(nodes)


def _declare(output: ValueInfoProto, kind: int, shape: list[int | None]) -> None:
    output.CopyFrom(helper.make_tensor_value_info(output.name, kind, shape))
