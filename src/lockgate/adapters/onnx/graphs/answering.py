"""Nodes behind a graph of somebody else's, so that it answers as every export does: a label in text, and numbers."""

from collections.abc import Iterator, Sequence

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from lockgate.domain.model.graphs.chosen_outputs import FAR, Chosen
from lockgate.domain.model.graphs.facts import GraphFacts
from lockgate.domain.model.labels import number_of
from lockgate.domain.model.task import Binary, Task
from lockgate.errors import ModelError

ML_OPSET = 3
UNKNOWN = "?"
"""The text of a label that is no class."""


def answering(
    model: ModelProto, facts: GraphFacts, chosen: Chosen, inside: Sequence[str], task: Task, names: tuple[str, str]
) -> Iterator[str]:
    """Change the model, and tell what was changed. ``inside`` are the tensors of label and numbers in the graph.

    ``names`` are what the two are called from now on. Raises ``ModelError`` for answers that are none of the task.
    """
    label, numbers = names
    (label_inside, numbers_inside), graph = inside, model.graph
    if chosen.values is None:
        told = f"the model answers {chosen.label} alone, and no number for each of {', '.join(task.columns)}"
        raise ModelError(told, hint="what is delivered answers numbers: export it with them")
    width, made = chosen.values.shape[1], list[NodeProto]()
    if chosen.pairs:
        made += _of_yes(numbers_inside, numbers)
        numbers_inside = f"{numbers}/yes"
        yield f"its output {chosen.numbers} has a number for no and one for yes of each label: that of yes is kept"
    made += _numbers(numbers_inside, width, task, numbers)
    if width != task.width:
        yield f"its one number a row stands for two probabilities, the second of {task.columns[1]!r}"
    if task.labelled:
        _demand_probabilities(chosen)
        made += _label(facts, chosen, label_inside, task, label, numbers)
        yield from _told_of_label(facts, chosen)
    graph.node.extend(made)
    del graph.output[:]
    if task.labelled:
        graph.output.append(helper.make_tensor_value_info(label, TensorProto.STRING, [None]))
    graph.output.append(helper.make_tensor_value_info(numbers, TensorProto.FLOAT, [None, task.width]))
    demand_ml(model)
    if chosen.numbers != numbers:
        yield f"its output {chosen.numbers} is called {numbers}"


def _demand_probabilities(chosen: Chosen) -> None:
    values = None if chosen.values is None else chosen.values.astype(np.float64)
    if values is None or not np.isfinite(values).all():
        return
    outside = ((values < -FAR) | (values > 1 + FAR)).any(axis=1)
    apart = (np.abs(values.sum(axis=1) - 1) > FAR) & (values.shape[1] > 1)
    if (wrong := outside | apart).any():
        row = values[int(wrong.argmax())]
        told = ", ".join(f"{value:.4g}" for value in row.tolist()[:3])
        why = "each lies between 0 and 1" if outside.any() else f"those of a row add up to {row.sum():.4g}, not to 1"
        hint = "of raw scores: export it with a Softmax, or a Sigmoid for one number, as its last node"
        raise ModelError(f"its output {chosen.numbers} holds no probabilities, as {told}: {why}", hint=hint)


def _of_yes(inside: str, name: str) -> Iterator[NodeProto]:
    """Of pairs ``(rows, labels, 2)`` the second of each."""
    yield _constant(f"{name}/second", np.array(1, dtype=np.int64))
    yield helper.make_node("Gather", [inside, f"{name}/second"], [f"{name}/yes"], axis=2)


def _numbers(inside: str, width: int, task: Task, name: str) -> Iterator[NodeProto]:
    if width != task.width and not (width == 1 and isinstance(task, Binary)):
        hint = "hand over as many classes, labels or targets, in the order of its numbers"
        raise ModelError(f"the model answers {width} numbers a row, the task has {task.width}", hint=hint)
    yield _constant(f"{name}/shape", np.array([-1, width], dtype=np.int64))
    yield helper.make_node("Cast", [inside], [f"{name}/float"], to=TensorProto.FLOAT)
    if width == task.width:
        yield helper.make_node("Reshape", [f"{name}/float", f"{name}/shape"], [name])
        return
    yield helper.make_node("Reshape", [f"{name}/float", f"{name}/shape"], [f"{name}/second"])
    yield _constant(f"{name}/one", np.array([1], dtype=np.float32))
    yield helper.make_node("Sub", [f"{name}/one", f"{name}/second"], [f"{name}/first"])
    yield helper.make_node("Concat", [f"{name}/first", f"{name}/second"], [name], axis=1)


def _label(facts: GraphFacts, chosen: Chosen, inside: str, task: Task, name: str, numbers: str) -> Iterator[NodeProto]:
    if chosen.labels is None:
        yield _constant(f"{name}/classes", np.asarray(task.columns, dtype=object))
        yield helper.make_node("ArgMax", [numbers], [f"{name}/place"], axis=1, keepdims=0)
        yield helper.make_node("Gather", [f"{name}/classes", f"{name}/place"], [name], axis=0)
        return
    yield _constant(f"{name}/rows", np.array([-1], dtype=np.int64))
    yield helper.make_node("Reshape", [inside, f"{name}/rows"], [f"{name}/own"])
    if chosen.labels.dtype.kind not in "iub":
        yield helper.make_node("Identity", [f"{name}/own"], [name])
        return
    own = facts.classes if facts.whole and len(facts.classes) == task.width else map(str, range(task.width))
    keys = [number for each in own if (number := number_of(each)) is not None]
    yield helper.make_node("Cast", [f"{name}/own"], [f"{name}/whole"], to=TensorProto.INT64)
    yield helper.make_node(
        "LabelEncoder",
        [f"{name}/whole"],
        [name],
        domain="ai.onnx.ml",
        keys_int64s=keys,
        values_strings=list(task.columns),
        default_string=UNKNOWN,
    )


def _told_of_label(facts: GraphFacts, chosen: Chosen) -> Iterator[str]:
    yield from (
        f"the map of classes {each.name} (ZipMap) is taken away: a tensor stands in its place"
        for each in facts.outputs
        if each.kind == "classes"
    )
    if chosen.labels is None:
        yield "a label is added: the class of the largest probability"
    elif chosen.labels.dtype.kind in "iub":
        yield f"its labels {chosen.label} are whole numbers: each becomes the class of that place"


def _constant(name: str, values: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]") -> NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(values, name))


def demand_ml(model: ModelProto) -> None:
    """Older versions of ai.onnx.ml lack what added nodes use, and newer ones run what was made for them."""
    entry = next((each for each in model.opset_import if each.domain == "ai.onnx.ml"), None)
    if entry is None:
        model.opset_import.append(helper.make_opsetid("ai.onnx.ml", ML_OPSET))
    elif entry.version < ML_OPSET:
        entry.version = ML_OPSET
    model.ir_version = max(model.ir_version, 4)
