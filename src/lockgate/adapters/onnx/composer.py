"""Puts two ONNX graphs together, preprocessing in front of a network, with a head that names the class.

Converters disagree on everything that a merge needs equal: skl2onnx emits IR 8 and old opsets whatever the target,
PyTorch a new opset, tf2onnx an import of ai.onnx.ml that it does not use. Both parts are brought to one form first.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import onnx.numpy_helper
from onnx import ModelProto, TensorProto, compose, helper, version_converter

from lockgate.domain.model.labels import listed_classes
from lockgate.domain.model.signature import free_name
from lockgate.domain.model.task import Task
from lockgate.errors import ModelError

OPSET = 20
ML_OPSET = 3
IR_VERSION = 10
FEATURES = "features"
PROBABILITIES = "probabilities"
LABEL = "label"


class OnnxComposer:
    """The composer port on the onnx package."""

    def compose(self, preprocessing: bytes, network: bytes, task: Task) -> bytes:
        """One graph: raw columns in, what the task answers out: a label (text) where it has one, and the numbers.

        Raises ``ModelError``.
        """
        try:
            front, back = (_aligned(onnx.load_from_string(part)) for part in (preprocessing, network))
            _demand_width(back, task)
            inputs = [node.name for node in front.graph.input]
            (features,) = (node.name for node in front.graph.output)
            ahead, behind = (_free_prefix(prefix, inputs) for prefix in ("preprocessing/", "network/"))
            label, numbers = (free_name(name, inputs) for name in (LABEL, task.output))
            merged = compose.merge_models(
                _prefixed(front, ahead, {name: name for name in inputs}),
                _prefixed(back, behind, {PROBABILITIES: numbers}),
                io_map=[(f"{ahead}{features}", f"{behind}{FEATURES}")],
            )
            if task.labelled:
                _add_label(merged, task.columns, label, numbers)
            _deduplicate_opsets(merged)
            onnx.checker.check_model(merged, full_check=True)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(
                f"preprocessing and network cannot be put together: {str(error).strip().splitlines()[0]}",
                hint=f"preprocessing must answer {FEATURES!r}, the network must take it and answer {PROBABILITIES!r}",
            ) from error
        content: bytes = merged.SerializeToString(deterministic=True)
        return content

    def headed(self, network: bytes, inputs: Sequence[str], outputs: Sequence[str], task: Task) -> bytes:
        """A graph of ``input_0``, ``output_0`` and so on by these names, with the label ahead where the task has one.

        Raises ``ModelError``.
        """
        try:
            model = onnx.load_from_string(network)
            names = {f"input_{place}": name for place, name in enumerate(inputs)}
            _rename(model, names | {f"output_{place}": name for place, name in enumerate(outputs)})
            if task.labelled:
                _put_label_ahead(model, task.columns, free_name(LABEL, inputs), free_name(task.output, inputs))
            onnx.checker.check_model(model, full_check=True)
        except Exception as error:
            raise ModelError(
                f"the network's graph cannot be used: {str(error).strip().splitlines()[0]}",
                hint="convert it again: lockgate run; see docs/your-model.md",
            ) from error
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def _rename(model: ModelProto, known: Mapping[str, str]) -> None:
    """Other names for inputs and outputs; what had one of them within the graph gets another."""
    graph = model.graph
    inner = {name for node in graph.node for name in (*node.input, *node.output)} - known.keys()
    taken = {*inner, *known.values()}
    names = {name: free_name(name, taken) for name in inner & set(known.values())} | dict(known)
    for value in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        value.name = names.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def _put_label_ahead(model: ModelProto, classes: Sequence[str], label: str, numbers: str) -> None:
    others = list(model.graph.output)
    _add_label(model, classes, label, numbers)
    head = model.graph.output[0]
    del model.graph.output[:]
    model.graph.output.extend([head, *others])


def _demand_width(network: ModelProto, task: Task) -> None:
    """Raise ``ModelError`` where the network says that it gives a row other numbers than the task has columns."""
    for output in network.graph.output:
        dims = output.type.tensor_type.shape.dim
        if output.name == PROBABILITIES and len(dims) > 1 and dims[-1].dim_value not in {0, task.width}:
            numbers = "1 number" if dims[-1].dim_value == 1 else f"{dims[-1].dim_value} numbers"
            wanted = f"{task.kind} of {listed_classes(task.columns)}"
            raise ModelError(
                f"the network answers {numbers} to a row, and the task is {wanted}",
                hint="see tables.task in params.yaml, and what the model was fitted to",
            )


def _aligned(model: ModelProto) -> ModelProto:
    """The model at the one opset, the one ai.onnx.ml version, and the one IR version."""
    converted = version_converter.convert_version(model, OPSET)
    del converted.opset_import[:]
    converted.opset_import.extend([helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)])
    converted.ir_version = IR_VERSION
    del converted.metadata_props[:]
    converted.doc_string = ""
    return converted


def _free_prefix(prefix: str, inputs: Sequence[str]) -> str:
    """The prefix, made one that no input's name begins with."""
    while any(name.startswith(prefix) for name in inputs):
        prefix = f"_{prefix}"
    return prefix


def _prefixed(model: ModelProto, prefix: str, known: Mapping[str, str]) -> ModelProto:
    """The model with a prefix before every name; those that clients know get the name that they know."""
    made = compose.add_prefix(model, prefix)
    back = {f"{prefix}{name}": other for name, other in known.items()}
    for value in (*made.graph.input, *made.graph.output, *made.graph.value_info):
        value.name = back.get(value.name, value.name)
    for node in made.graph.node:
        node.input[:] = [back.get(name, name) for name in node.input]
        node.output[:] = [back.get(name, name) for name in node.output]
    return made


def _add_label(model: ModelProto, classes: Sequence[str], label: str, probabilities: str) -> None:
    """The class of the largest probability, by its name; put before the probabilities, as scikit-learn's graphs do."""
    graph = model.graph
    taken = {node.name for node in graph.input}.union(*({*node.input, *node.output} for node in graph.node))
    texts, index = (free_name(name, taken) for name in ("label/classes", "label/index"))
    graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(classes, dtype=object), texts))
    graph.node.append(helper.make_node("ArgMax", [probabilities], [index], axis=1, keepdims=0))
    graph.node.append(helper.make_node("Gather", [texts, index], [label], axis=0))
    del graph.output[:]
    graph.output.extend(
        [
            helper.make_tensor_value_info(label, TensorProto.STRING, [None]),
            helper.make_tensor_value_info(probabilities, TensorProto.FLOAT, [None, len(classes)]),
        ]
    )


def _deduplicate_opsets(model: ModelProto) -> None:
    versions = {entry.domain: entry.version for entry in model.opset_import}
    del model.opset_import[:]
    model.opset_import.extend(helper.make_opsetid(domain, version) for domain, version in sorted(versions.items()))
