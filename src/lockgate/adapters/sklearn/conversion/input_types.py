"""Types of columns that the converter does not mix: each is declared as it is, and cast ahead of the graph."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from skl2onnx.common.data_types import guess_data_type

from lockgate.adapters.sklearn.conversion.settings import converted_as
from lockgate.domain.model.request_rows import TYPES
from lockgate.domain.model.signature import Column, free_name


def types_of(inputs: Sequence[Column], *, truths_are_numbers: bool = False) -> list[tuple[str, Any]]:
    """The converter's types of ``(rows, 1)`` inputs."""
    names = {column.name: converted_as(column, truths_are_numbers=truths_are_numbers) for column in inputs}
    return [(name, _tensor(dtype)) for name, dtype in names.items()]


def _tensor(dtype: str) -> Any:
    ((_, found),) = guess_data_type(np.empty((0, 1), dtype=TYPES[dtype].numpy))
    return type(found)([None, 1])


def declare(model: onnx.ModelProto, inputs: Sequence[Column]) -> None:
    """Give every input its own type, and cast it to the one that the graph was made for."""
    graph = model.graph
    taken = {name for node in graph.node for name in (*node.input, *node.output)}
    kinds = {column.name: TensorProto.DataType.Value(TYPES[column.dtype].onnx) for column in inputs}
    casts = []
    for value in graph.input:
        made, own = value.type.tensor_type.elem_type, kinds[value.name]
        if made != own:
            name = free_name(f"{value.name}_cast", taken)
            for node in graph.node:
                node.input[:] = [name if each == value.name else each for each in node.input]
            casts.append(helper.make_node("Cast", [value.name], [name], to=made))
            value.type.tensor_type.elem_type = own
    for cast in reversed(casts):
        graph.node.insert(0, cast)
