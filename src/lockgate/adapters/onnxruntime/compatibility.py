"""Whether a model fits the runtime that serves, before anything of it runs: IR version, opsets, operators."""

import functools
from collections.abc import Iterator

import onnx
import onnxruntime as ort
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper
from onnxruntime.capi import onnxruntime_pybind11_state as ort_state

from lockgate.errors import ModelError

HINT = "export it again with an older opset, or serve with a newer onnxruntime: see docs/parity.md"


def demand_fit(content: bytes, where: str) -> None:
    """Raise ``ModelError`` for a model that is none, or that this runtime does not know how to run."""
    try:
        model = onnx.load_from_string(content)
    except (DecodeError, ValueError, RecursionError) as error:
        raise ModelError(f"{where}: not an ONNX model: {error}", hint="make it again: lockgate run") from error
    if wrong := next(_misfits(model), None):
        raise ModelError(f"{where}: onnxruntime {ort.__version__} {wrong}", hint=HINT)


def _misfits(model: onnx.ModelProto) -> Iterator[str]:
    if model.ir_version > newest_ir_version():
        yield f"reads IR version {newest_ir_version()} at most, the model has {model.ir_version}"
    opsets = {entry.domain or "ai.onnx": entry.version for entry in model.opset_import}
    if opsets.get("ai.onnx", 0) > newest_opset():
        yield f"knows opset {newest_opset()} at most, the model has {opsets['ai.onnx']}"
    local = {(function.domain or "ai.onnx", function.name) for function in model.functions}
    known = operators()
    for domain, name in _operators(model.graph):
        if (domain, name) not in local | known:
            yield f"has no operator {name} of domain {domain}"


def _operators(graph: onnx.GraphProto) -> Iterator[tuple[str, str]]:
    for node in graph.node:
        yield node.domain or "ai.onnx", node.op_type
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _operators(inner)


@functools.cache
def operators() -> frozenset[tuple[str, str]]:
    """Every operator that the runtime knows, with its domain."""
    return frozenset((schema.domain or "ai.onnx", schema.name) for schema in ort_state.get_all_operator_schema())


@functools.cache
def newest_opset() -> int:
    """The newest opset of ai.onnx that the runtime loads: it is asked, as no table of it can be trusted."""
    return next(v for v in range(onnx.defs.onnx_opset_version(), 0, -1) if _loads(opset=v, ir_version=8))


@functools.cache
def newest_ir_version() -> int:
    """The newest IR version that the runtime loads."""
    return next(v for v in range(onnx.IR_VERSION, 0, -1) if _loads(opset=15, ir_version=v))


def _loads(opset: int, ir_version: int) -> bool:
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "probe", value[:1], value[1:])
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=ir_version)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except (ort_state.Fail, ort_state.InvalidGraph, ort_state.NotImplemented, ort_state.InvalidArgument):
        return False
    return True
