"""Changes ONNX graphs as numbers and as text: weights, outputs, inputs, and nodes in ONNX's own textual form."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, ModelProto, TensorProto, compose, helper, numpy_helper, parser

from lockgate.domain.model.request_rows import TYPES
from lockgate.domain.model.signature import Array, Signature, free_name
from lockgate.domain.names import listed
from lockgate.errors import ModelError

BEFORE, AFTER = "before", "after"
NONE: Mapping[str, str] = MappingProxyType({})
ML_OPSET = 3
UNKNOWN = "?"
"""The text of a number that is no class: none of the signature's."""
FLOATS = frozenset({TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16})
LEAVES = frozenset({"class_weights", "target_weights", "coefficients"})


class OnnxEditor:
    """The graph-editor port on the onnx package."""

    def weights(self, model: bytes) -> Mapping[str, Array]:
        """Every float tensor of the graph, the leaf values of its trees and the coefficients of linear nodes."""
        return {weight.name: weight.get() for weight in _weights(_load(model))}

    def with_weights(self, model: bytes, changed: Mapping[str, Array]) -> bytes:
        """The model with those in place of its own. Raises ``ModelError`` for a name that it does not have."""
        graph = _load(model)
        known = {weight.name: weight for weight in _weights(graph)}
        for name, values in changed.items():
            if name not in known:
                raise ModelError(f"the model has no weight {name!r}", hint=f"it has {listed(known) or 'none'}")
            known[name].put(values)
        return _bytes(graph)

    def behind(
        self, model: bytes, output: str, nodes: str, dtype: str | None = None, names: Mapping[str, str] = NONE
    ) -> bytes:
        """The model with nodes behind an output: they take ``before``, its own answer, and give ``after``."""
        graph = _load(model)
        found, core = _output(graph, output), _free(graph, f"core/{output}")
        _rename(graph, output, core)
        _add(graph, nodes, {**names, BEFORE: core, AFTER: output}, f"behind/{output}/")
        if dtype is not None:
            found.type.tensor_type.elem_type = TensorProto.DataType.Value(dtype.upper())
        return _bytes(graph)

    def ahead(self, model: bytes, name: str, nodes: str) -> bytes:
        """The model with nodes ahead of its own: they take ``before``, an input, and give ``after`` in its place."""
        graph = _load(model)
        if name not in {node.name for node in graph.graph.input}:
            raise ModelError(f"the model has no input {name!r}")
        changed = f"ahead/{name}/{AFTER}"
        for node in graph.graph.node:
            node.input[:] = [changed if each == name else each for each in node.input]
        own = len(graph.graph.node)
        _add(graph, nodes, {BEFORE: name, AFTER: changed}, f"ahead/{name}/")
        _first(graph, own)
        return _bytes(graph)

    def without_output(self, model: bytes, output: str) -> bytes:
        """The model without one of its outputs."""
        graph = _load(model)
        graph.graph.output.remove(_output(graph, output))
        return _bytes(graph)

    def with_output_named(self, model: bytes, output: str, name: str) -> bytes:
        """The model with another name for one of its outputs."""
        graph = _load(model)
        found = _output(graph, output)
        _rename(graph, output, name)
        found.name = name
        return _bytes(graph)

    def with_texts(self, model: bytes, output: str, texts: Mapping[int, str]) -> bytes:
        """The model with a text in place of each number that it answers as a label; as it is where it answers texts."""
        graph = _load(model)
        found = _output(graph, output)
        if found.type.tensor_type.elem_type == TensorProto.STRING:
            return model
        number, whole = (_free(graph, f"{output}/{part}") for part in ("number", "whole"))
        _rename(graph, output, number)
        encoder = helper.make_node(
            "LabelEncoder",
            [whole],
            [output],
            domain="ai.onnx.ml",
            keys_int64s=list(texts),
            values_strings=list(texts.values()),
            default_string=UNKNOWN,
        )
        graph.graph.node.extend([helper.make_node("Cast", [number], [whole], to=TensorProto.INT64), encoder])
        found.type.tensor_type.elem_type = TensorProto.STRING
        _demand_ml(graph)
        return _bytes(graph)

    def with_input(self, model: bytes, name: str, dtype: str) -> bytes:
        """The model with one more column as input, which added nodes may take."""
        graph = _load(model)
        graph.graph.input.append(helper.make_tensor_value_info(name, _onnx_type(dtype), [None, 1]))
        return _bytes(graph)

    def repeated(self, model: bytes, times: int, signature: Signature) -> bytes:
        """A model that asks the whole graph so many times, one after the other, and gives the first answer."""
        numbers = [column.name for column in signature.inputs if column.dtype == "float32"]
        if not numbers:
            raise ModelError("a graph without a number as input cannot be repeated: its copies would become one")
        whole, merged, output = _load(model), _load(model), signature.probabilities
        core = last = f"core/{output}"
        _rename(merged, output, core)
        for copy in range(1, times):
            _append(merged, whole, f"copy{copy}/", numbers[0], last)
            last = f"copy{copy}/{output}"
        _wait(merged, last, core, output)
        return _bytes(merged)

    def padded(self, model: bytes, count: int) -> bytes:
        """The model with so many bytes more, which it carries and never reads."""
        graph = _load(model)
        noise = np.random.default_rng(0).bytes(count * 3 // 4)
        helper.set_model_props(graph, {"vocabulary": base64.b64encode(noise).decode()})
        return _bytes(graph)


def _onnx_type(dtype: str) -> int:
    return int(TensorProto.DataType.Value(TYPES[dtype].onnx))


def _load(model: bytes) -> ModelProto:
    try:
        return onnx.load_from_string(model)
    except (DecodeError, ValueError) as error:
        raise ModelError(f"not an ONNX model: {error}", hint="make it again: lockgate run") from error


def _bytes(graph: ModelProto) -> bytes:
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


@dataclass(frozen=True)
class _Tensor:
    """A float tensor of the graph."""

    name: str
    tensor: TensorProto

    def get(self) -> Array:
        return np.array(numpy_helper.to_array(self.tensor))

    def put(self, values: Array) -> None:
        kind = numpy_helper.to_array(self.tensor).dtype
        self.tensor.CopyFrom(numpy_helper.from_array(np.asarray(values).astype(kind), self.tensor.name))


@dataclass(frozen=True)
class _Leaves:
    """The floats that a node carries as an attribute."""

    name: str
    attribute: AttributeProto

    def get(self) -> Array:
        return np.array(self.attribute.floats, np.float32)

    def put(self, values: Array) -> None:
        self.attribute.floats[:] = np.asarray(values).astype(np.float32).tolist()


def _weights(model: ModelProto) -> Iterator[_Tensor | _Leaves]:
    """Tensors, and the floats of nodes whose numbers go somewhere: of trees that only tell a leaf they do not."""
    graph = model.graph
    used = {name for node in graph.node for name in node.input} | {told.name for told in graph.output}
    for tensor in model.graph.initializer:
        if tensor.data_type in FLOATS:
            yield _Tensor(tensor.name, tensor)
    for number, node in enumerate(model.graph.node):
        for attribute in node.attribute:
            if attribute.name in LEAVES and attribute.type == AttributeProto.FLOATS and node.output[-1] in used:
                yield _Leaves(f"{node.name or number}/{attribute.name}", attribute)


def _output(model: ModelProto, name: str) -> onnx.ValueInfoProto:
    for found in model.graph.output:
        if found.name == name:
            return cast("onnx.ValueInfoProto", found)
    raise ModelError(f"the model has no output {name!r}")


def _free(model: ModelProto, name: str) -> str:
    """The name, or one like it that no tensor of the graph has."""
    graph = model.graph
    taken = {node.name for node in (*graph.input, *graph.initializer)}
    return free_name(name, taken.union(*({*node.input, *node.output} for node in graph.node)))


def _rename(model: ModelProto, name: str, other: str) -> None:
    for node in model.graph.node:
        node.input[:] = [other if each == name else each for each in node.input]
        node.output[:] = [other if each == name else each for each in node.output]


def _add(model: ModelProto, nodes: str, known: Mapping[str, str], prefix: str) -> None:
    """Nodes in ONNX's textual form; ``known`` names mean those of the model, and all others become their own."""
    try:
        parsed = parser.parse_graph(f"added () => () {{\n{nodes}\n}}")
    except parser.ParseError as error:
        raise ModelError(f"these are no ONNX nodes: {error}", hint="see ONNX's textual syntax") from error
    for node in parsed.node:
        node.input[:] = [known.get(name, f"{prefix}{name}") for name in node.input]
        node.output[:] = [known.get(name, f"{prefix}{name}") for name in node.output]
    model.graph.node.extend(parsed.node)
    _demand_ml(model)


def _demand_ml(model: ModelProto) -> None:
    """Older versions of ai.onnx.ml lack what added nodes may use, and newer ones run what was made for them."""
    versions = {entry.domain: entry.version for entry in model.opset_import}
    versions["ai.onnx.ml"] = max(versions.get("ai.onnx.ml", 0), ML_OPSET)
    del model.opset_import[:]
    model.opset_import.extend(helper.make_opsetid(domain, version) for domain, version in sorted(versions.items()))


def _first(model: ModelProto, own: int) -> None:
    """Move what was added after the first ``own`` nodes to the front, as the order of nodes is that of running."""
    nodes = list(model.graph.node)
    ordered = [*nodes[own:], *nodes[:own]]
    del model.graph.node[:]
    model.graph.node.extend(ordered)


def _append(merged: ModelProto, whole: ModelProto, prefix: str, number: str, last: str) -> None:
    """One more copy, whose first number waits for the last answer: the runtime must not merge equal copies."""
    copy = compose.add_prefix(whole, prefix)
    back = {f"{prefix}{node.name}": node.name for node in whole.graph.input}
    waiting = f"{prefix}waiting"
    _wait(merged, last, number, waiting)
    for node in copy.graph.node:
        named = [back.get(name, name) for name in node.input]
        node.input[:] = [waiting if name == number else name for name in named]
    merged.graph.node.extend(copy.graph.node)
    merged.graph.initializer.extend(copy.graph.initializer)


def _wait(model: ModelProto, first: str, value: str, result: str) -> None:
    """``result`` is ``value``, and cannot be known before ``first``: nothing of it is added."""
    names = [f"{result}/{part}" for part in ("some", "zero", "nothing")]
    model.graph.initializer.append(numpy_helper.from_array(np.zeros((), np.float32), names[1]))
    model.graph.node.extend(
        [
            helper.make_node("ReduceMax", [first], [names[0]], keepdims=1),
            helper.make_node("Mul", [names[0], names[1]], [names[2]]),
            helper.make_node("Add", [value, names[2]], [result]),
        ]
    )
