"""A model that does not fit the runtime is refused before anything of it runs, with what does not fit."""

import pytest
from onnx import TensorProto, helper

from lockgate.adapters.onnxruntime.compatibility import demand_fit, newest_ir_version, newest_opset
from lockgate.errors import ModelError


def model(operator="Identity", domain="", opset=17, ir_version=9, functions=()):
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"], domain=domain)], "g", value[:1], value[1:])
    opsets = [helper.make_opsetid("", opset), *([helper.make_opsetid(domain, 1)] if domain else [])]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=ir_version, functions=functions)
    return made.SerializeToString()


def test_a_model_that_fits_passes():
    demand_fit(model(), "model.onnx")
    demand_fit(model(opset=newest_opset(), ir_version=newest_ir_version()), "model.onnx")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (model(opset=newest_opset() + 1), "knows opset"),
        (model(ir_version=newest_ir_version() + 1), "reads IR version"),
        (model(operator="Teleport"), "has no operator Teleport of domain ai.onnx"),
        (model(operator="Fly", domain="com.example"), "has no operator Fly of domain com.example"),
        (b"\x0a\xff\xff\xff\xff\x7f", "not an ONNX model"),
        (b"\x3a\x03" * 5, "not an ONNX model"),
    ],
)
def test_what_does_not_fit_is_named(content, said):
    with pytest.raises(ModelError, match=said):
        demand_fit(content, "model.onnx")


def test_an_operator_that_the_model_brings_itself_is_known():
    function = helper.make_function(
        "com.example", "Fly", ["a"], ["b"], [helper.make_node("Identity", ["a"], ["b"])], [helper.make_opsetid("", 17)]
    )
    demand_fit(model(operator="Fly", domain="com.example", functions=[function]), "model.onnx")


def test_a_graph_nested_without_end_is_no_model():
    content = b""
    for _ in range(500):  # graph in attribute in node in graph ...
        node = b"\x2a" + length(b"\x32" + length(content)) if content else b""
        content = b"\x0a" + length(node)
    with pytest.raises(ModelError, match="not an ONNX model"):
        demand_fit(b"\x3a" + length(content), "model.onnx")


def length(content):
    size, prefix = len(content), b""
    while size > 127:
        prefix += bytes([size & 127 | 128])
        size >>= 7
    return prefix + bytes([size]) + content
