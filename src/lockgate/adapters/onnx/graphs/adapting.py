"""A graph that takes columns in place of what it took, and answers tensors in place of maps."""

from collections.abc import Collection, Mapping, Sequence

from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, compose, helper

from lockgate.adapters.onnx.graphs.reading import nodes, output_of, producer
from lockgate.domain.model.graphs.facts import PAIRS
from lockgate.domain.model.graphs.fed_columns import Feeding
from lockgate.domain.model.request_rows import TYPES

OPSET = 13
"""Of ai.onnx, where a graph has none."""
PREFIX = "model/"


def adapted(
    model: ModelProto, feedings: Sequence[Feeding], kept: Sequence[str], dtypes: Mapping[str, str] | None = None
) -> None:
    """Change the model: each column is an input ``(rows, 1)`` of its name, ``kept`` are the outputs that stay.

    With ``dtypes``, each column is of that type, and what the graph has inside gets names of its own.
    A ZipMap is taken away: the output of its name is the tensor ``(rows, classes)`` in front of it. A list of tensors
    ``(rows, 2)``, one for each label, becomes one ``(rows, labels, 2)``; so does a tensor ``(labels, rows, 2)``.
    """
    _without_maps(model)
    _only_outputs(model, kept)
    _rows_first(model)
    if dtypes is None and all(feeding.plain for feeding in feedings):
        return
    prefix = _set_apart(model, feedings, always=dtypes is not None)
    _demand_opset(model)
    batches = {given.name: _first(given) for given in model.graph.input}
    ahead, added = list[NodeProto](), dict[str, ValueInfoProto]()
    for feeding in feedings:
        cast = set[str]()
        name = f"{prefix}{feeding.input}"
        if feeding.plain and not prefix:
            continue
        for column in feeding.columns:
            added[column] = _column(model, name, column, feeding)
            number = added[column].type.tensor_type.elem_type
            wanted = _number(dtypes.get(column, feeding.dtype)) if dtypes else number
            if wanted != number:
                added[column].type.tensor_type.elem_type = wanted
                ahead.append(helper.make_node("Cast", [column], [f"{name}/{column}"], to=number))
                cast.add(column)
            added[column].type.tensor_type.shape.dim[0].CopyFrom(batches[name])
        ahead += _joined(feeding, name, cast)
    taken = {f"{prefix}{feeding.input}" for feeding in feedings if not (feeding.plain and not prefix)}
    stay = [given for given in model.graph.input if given.name not in taken]
    own = list(model.graph.node)
    del model.graph.input[:]
    del model.graph.node[:]
    model.graph.input.extend([*stay, *added.values()])
    model.graph.node.extend([*ahead, *own])


def _without_maps(model: ModelProto) -> None:
    graph = model.graph
    for told in graph.output:
        maker = producer(graph, told.name)
        if maker is not None and maker.op_type == "ZipMap":
            classes = max(len(attribute.strings) or len(attribute.ints) for attribute in maker.attribute)
            plain = helper.make_node("Identity", [maker.input[0]], [told.name])
            maker.CopyFrom(plain)
            told.CopyFrom(helper.make_tensor_value_info(told.name, TensorProto.FLOAT, [None, classes]))
            _demand_opset(model)


def _rows_first(model: ModelProto) -> None:
    graph = model.graph
    for told in graph.output:
        found = output_of(told, graph)
        if found.kind == "list":
            node = helper.make_node("ConcatFromSequence", [_renamed(graph, told.name)], [told.name], axis=1, new_axis=1)
            number = told.type.sequence_type.elem_type.tensor_type.elem_type
        elif found.labels_first:
            node = helper.make_node("Transpose", [_renamed(graph, told.name)], [told.name], perm=[1, 0, 2])
            number = told.type.tensor_type.elem_type
        else:
            continue
        graph.node.append(node)
        told.CopyFrom(helper.make_tensor_value_info(told.name, number, [None] * PAIRS))


def _renamed(graph: GraphProto, name: str) -> str:
    """The output of this name is called otherwise inside of the graph, and that name is free."""
    inside = f"{name}/labels"
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [inside if each == name else each for each in names]
    return inside


def _only_outputs(model: ModelProto, kept: Sequence[str]) -> None:
    stay = [told for name in kept for told in model.graph.output if told.name == name]
    del model.graph.output[:]
    model.graph.output.extend(stay)


def _set_apart(model: ModelProto, feedings: Sequence[Feeding], *, always: bool) -> str:
    """Give what the graph has inside other names where a column has one of them; the prefix of these."""
    graph = model.graph
    inside = {name for node in nodes(graph) for name in (*node.input, *node.output)}
    inside |= {tensor.name for tensor in graph.initializer} | {given.name for given in graph.input}
    if not always and not any(
        column in inside for feeding in feedings if not feeding.plain for column in feeding.columns
    ):
        return ""
    outputs = [told.name for told in graph.output]
    made = compose.add_prefix(model, PREFIX)
    model.CopyFrom(made)
    for name, told in zip(outputs, model.graph.output, strict=True):
        columns = {column for feeding in feedings for column in feeding.columns}
        if name not in columns and not always:
            model.graph.node.append(helper.make_node("Identity", [told.name], [name]))
            told.name = name
    return PREFIX


def _first(given: ValueInfoProto) -> object:
    """The axis of the rows."""
    shape = given.type.tensor_type.shape
    return (
        shape.dim[0]
        if shape.dim
        else helper.make_tensor_value_info("", TensorProto.FLOAT, [None]).type.tensor_type.shape.dim[0]
    )


def _column(model: ModelProto, name: str, column: str, feeding: Feeding) -> ValueInfoProto:
    number = _number(feeding.dtype)
    if not feeding.tensor:
        return helper.make_tensor_value_info(column, number, [None, 1])
    told = ValueInfoProto()
    told.CopyFrom(next(given for given in model.graph.input if given.name == name))
    told.name = column
    return told


def _number(dtype: str) -> int:
    return int(TensorProto.DataType.Value(TYPES[dtype].onnx))


def _joined(feeding: Feeding, name: str, cast: Collection[str]) -> list[NodeProto]:
    columns = [f"{name}/{column}" if column in cast else column for column in feeding.columns]
    if len(columns) > 1:
        return [helper.make_node("Concat", columns, [name], axis=1)]
    (column,) = columns
    if feeding.rank == 1 and not feeding.tensor:
        shape = f"{name}/rows"
        rows = helper.make_node("Constant", [], [shape], value=helper.make_tensor(shape, TensorProto.INT64, [1], [-1]))
        return [rows, helper.make_node("Reshape", [column, shape], [name])]
    return [helper.make_node("Identity", [column], [name])]


def _demand_opset(model: ModelProto) -> None:
    if not any(entry.domain in {"", "ai.onnx"} for entry in model.opset_import):
        model.opset_import.append(helper.make_opsetid("", OPSET))
