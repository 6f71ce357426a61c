"""Converts scikit-learn objects with skl2onnx."""

from collections.abc import Mapping, Sequence
from typing import Any

import onnx
import skl2onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import BooleanTensorType, FloatTensorType, Int64TensorType, StringTensorType

from lockgate.domain.signature import Column
from lockgate.errors import ModelError

OPSET = {"": 18, "ai.onnx.ml": 3}
_TENSORS = {"float32": FloatTensorType, "int64": Int64TensorType, "string": StringTensorType, "bool": BooleanTensorType}


def settings() -> Mapping[str, str]:
    """What the conversion is made with."""
    return {
        "exporter": f"skl2onnx {skl2onnx.__version__}",
        "target_opset": ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in OPSET.items()),
        "dynamic_axes": "rows",
        "zipmap": "no",
    }


def convert(estimator: Any, inputs: Sequence[Column], **options: bool) -> onnx.ModelProto:
    """A graph with one input for each raw column, by its own name. Raises ``ModelError``."""
    types = [(column.name, _TENSORS[column.dtype]([None, 1])) for column in inputs]
    try:
        model = to_onnx(estimator, initial_types=types, options=options or None, target_opset=OPSET)
    except Exception as error:
        raise ModelError(
            f"skl2onnx cannot convert the pipeline: {error}",
            hint="its list of supported estimators: skl2onnx.supported_converters()",
        ) from error
    # skl2onnx lists them in the order of a set, which is another in each process: equal models, other bytes.
    opsets = sorted(model.opset_import, key=lambda entry: entry.domain)
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    return _with_input_names(model, [column.name for column in inputs])


def _with_input_names(model: onnx.ModelProto, names: Sequence[str]) -> onnx.ModelProto:
    """Give the graph's inputs the columns' own names, which skl2onnx turns into identifiers."""
    renamed = {node.name: name for node, name in zip(model.graph.input, names, strict=True)}
    for node in model.graph.input:
        node.name = renamed[node.name]
    for operator in model.graph.node:
        operator.input[:] = [renamed.get(name, name) for name in operator.input]
    return model
