"""What an ONNX file says of its inputs, its outputs and its classes."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np
from onnx import (
    FunctionProto,
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    TypeProto,
    ValueInfoProto,
    defs,
    helper,
    numpy_helper,
)

from lockgate.domain.model.graphs.facts import GraphFacts, GraphInput, GraphOutput, OutputKind, Size
from lockgate.domain.model.inputs import Array
from lockgate.domain.model.labels import written
from lockgate.domain.model.request_rows import TIMES, TYPES
from lockgate.domain.names import listed
from lockgate.errors import ModelError

DTYPES: Mapping[int, str] = {
    int(TensorProto.DataType.Value(kind.onnx)): name for name, kind in TYPES.items() if name not in TIMES
}
HELD = frozenset({*DTYPES.values(), "undefined"})
"""What arrays hold; a type that a graph leaves out is found when it is run."""
LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
)
PASSING = frozenset({"Cast", "Identity", "Reshape", "Squeeze", "Flatten"})
"""Nodes that leave a label what it is."""
KNOWN_DOMAINS = frozenset(
    {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft"}
)


def facts_of(model: ModelProto, where: str) -> GraphFacts:
    """Real inputs and outputs. Raises ``ModelError`` for operators that no runtime has by itself."""
    _demand_known(model, where)
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer} | {each.values.name for each in graph.sparse_initializer}
    outputs = tuple(output_of(each, graph) for each in graph.output)
    classes, whole = _classes(graph, outputs)
    return GraphFacts(
        inputs=tuple(_input(each) for each in graph.input if each.name not in weights),
        outputs=outputs,
        classes=classes,
        whole=whole,
        defaults=sum(each.name in weights for each in graph.input),
        producer=f"{model.producer_name} {model.producer_version}".strip(),
        random=tuple(sorted({node.op_type for node in _every(model) if node.op_type in RANDOM})),
    )


def _every(model: ModelProto) -> Iterator[NodeProto]:
    yield from nodes(model.graph)
    for function in model.functions:
        yield from nodes(function)


def _demand_known(model: ModelProto, where: str) -> None:
    """Operators of somebody's own need a library of somebody's own, which is code from outside."""
    local = {(function.domain, function.name) for function in model.functions}
    odd = {(node.domain, node.op_type) for node in nodes(model.graph) if node.domain not in KNOWN_DOMAINS} - local
    odd |= {
        (node.domain, node.op_type)
        for node in nodes(model.graph)
        if node.domain in {"", "ai.onnx"} and node.op_type not in _operators()
    } - local
    if odd:
        named = listed(sorted(f"{name} of {domain or 'ai.onnx'}" for domain, name in odd))
        raise ModelError(
            f"{where}: it has operators that ONNX does not define: {named}",
            hint="they need a library of their own, which is not loaded: export without them",
        )


@cache
def _operators() -> frozenset[str]:
    return frozenset(schema.name for schema in defs.get_all_schemas() if schema.domain in {"", "ai.onnx"})


def nodes(graph: GraphProto | FunctionProto) -> Sequence[NodeProto]:
    """Every node, those of graphs within it too."""
    found = list(graph.node)
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                found += nodes(inner)
    return found


def _input(given: ValueInfoProto) -> GraphInput:
    return GraphInput(given.name, _dtype(given.type), _shape(given))


def output_of(told: ValueInfoProto, graph: GraphProto) -> GraphOutput:
    """What the graph says of an output. Raises ``ModelError`` for one that no runtime gives."""
    maker = producer(graph, told.name)
    if maker is not None and maker.op_type == "ZipMap":
        return GraphOutput(told.name, "classes", "float32", None, _classes_of_map(maker, told.name))
    listed_tensors = told.type.WhichOneof("value") == "sequence_type"
    dtype = _dtype(told.type.sequence_type.elem_type if listed_tensors else told.type)
    kind: OutputKind = "list" if listed_tensors else "tensor"
    return GraphOutput(told.name, kind if dtype in HELD else "other", dtype, _shape(told))


def _classes_of_map(maker: NodeProto, name: str) -> tuple[str, ...]:
    if classes := _attribute_labels(maker)[0]:
        return classes
    told = f"its output {name} is a map of classes (ZipMap) that names no class: no runtime loads it"
    raise ModelError(told, hint="export it again without the map: options={id(model): {'zipmap': False}} of skl2onnx")


def _dtype(kind: TypeProto) -> str:
    """The word for its type; that of ONNX for one that no column holds, and empty where it is no tensor."""
    if kind.WhichOneof("value") != "tensor_type":
        return ""
    number = kind.tensor_type.elem_type
    return DTYPES.get(number) or helper.tensor_dtype_to_string(number).rpartition(".")[2].lower()


def _shape(value: ValueInfoProto) -> tuple[Size, ...] | None:
    kind = value.type.tensor_type
    if value.type.WhichOneof("value") != "tensor_type" or not kind.HasField("shape"):
        return None
    return tuple(
        dim.dim_value if dim.WhichOneof("value") == "dim_value" and dim.dim_value > 0 else dim.dim_param or None
        for dim in kind.shape.dim
    )


def producer(graph: GraphProto, name: str) -> NodeProto | None:
    """The node that gives this tensor."""
    return next((node for node in graph.node if name in node.output), None)


def _classes(graph: GraphProto, outputs: Sequence[GraphOutput]) -> tuple[tuple[str, ...], bool]:
    """The classes by a ZipMap, else by the classifier or the list of names that a label comes from."""
    for each in graph.output:
        maker = producer(graph, each.name)
        if maker is not None and maker.op_type == "ZipMap":
            return _attribute_labels(maker)
    for each in outputs:
        if each.dtype in {"string", "int64", "int32"} and (found := _named_classes(graph, each.name))[0]:
            return found
    return (), False


def _named_classes(graph: GraphProto, name: str) -> tuple[tuple[str, ...], bool]:
    maker = producer(graph, name)
    while maker is not None and maker.op_type in PASSING:
        maker = producer(graph, maker.input[0])
    if maker is None:
        return (), False
    if maker.op_type in {"ArrayFeatureExtractor", "Gather"}:
        return _kept(graph, maker.input[0])
    return _attribute_labels(maker)


def _kept(graph: GraphProto, name: str) -> tuple[tuple[str, ...], bool]:
    """The values of a weight, or of a constant."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    maker = producer(graph, name)
    for attribute in maker.attribute if maker is not None and maker.op_type == "Constant" else ():
        if attribute.name == "value_strings":
            return _values(np.asarray(attribute.strings, dtype=object))
        if attribute.name == "value_ints":
            return _values(np.asarray(attribute.ints, dtype=np.int64))
        if attribute.name == "value":
            tensors[name] = attribute.t
    return _values(numpy_helper.to_array(tensors[name])) if name in tensors else ((), False)


def _values(values: Array) -> tuple[tuple[str, ...], bool]:
    if values.dtype.kind not in "iOUS":
        return (), False
    names = [value.decode() if isinstance(value, bytes) else value for value in values.reshape(-1).tolist()]
    return tuple(written(name) for name in names), values.dtype.kind == "i"


def _attribute_labels(node: NodeProto) -> tuple[tuple[str, ...], bool]:
    for attribute in node.attribute:
        if attribute.name in LABELS and (attribute.strings or attribute.ints):
            whole = bool(attribute.ints)
            found = attribute.ints if whole else [name.decode("utf-8", "replace") for name in attribute.strings]
            return tuple(written(name) for name in found), whole
    return (), False
