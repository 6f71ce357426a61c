"""What the conversion is made with, told without importing the converter."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from lockgate.domain.model.request_rows import FLOATS
from lockgate.domain.model.signature import Column

OPSET = {"": 18, "ai.onnx.ml": 3}


def converted_as(column: Column, *, truths_are_numbers: bool = False) -> str:
    """The type that the converter is told of: it computes in float32, and knows whole numbers as int64 alone."""
    if column.dtype in {"string", "bool"}:
        return "int64" if column.dtype == "bool" and truths_are_numbers else column.dtype
    return "float32" if column.dtype in FLOATS else "int64"


def rounded(inputs: Sequence[Column]) -> Mapping[str, str]:
    """The columns that become float32 in the graph, with the type that they have before it."""
    return {column.name: column.dtype for column in inputs if converted_as(column) == "float32" != column.dtype}


def settings(inputs: Sequence[Column]) -> Mapping[str, str]:
    """The converter and its settings, and which inputs become float32 in it."""
    told = ", ".join(f"{name} ({dtype})" for name, dtype in rounded(inputs).items())
    return ({"become float32": told} if told else {}) | {
        "exporter": f"skl2onnx {version('skl2onnx')}",
        "target_opset": ", ".join(f"{domain or 'ai.onnx'} {number}" for domain, number in OPSET.items()),
        "dynamic_axes": "rows",
        "zipmap": "no",
    }
