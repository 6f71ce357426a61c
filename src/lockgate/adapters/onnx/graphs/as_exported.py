"""An ONNX file that was handed over, brought to the form of every export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import ModelProto

from lockgate.adapters.onnx.graphs.adapting import adapted
from lockgate.adapters.onnx.graphs.answering import answering
from lockgate.adapters.onnx.graphs.confined import load
from lockgate.adapters.onnx.graphs.reading import facts_of
from lockgate.domain.model.graphs.chosen_outputs import Chosen, chosen_outputs
from lockgate.domain.model.graphs.facts import GraphFacts
from lockgate.domain.model.graphs.fed_columns import Feeding, demand_rows_in, fed_columns
from lockgate.domain.model.inputs import Array, Columns, Input
from lockgate.domain.model.labels import problem_of_order
from lockgate.domain.model.request_rows import TYPES
from lockgate.domain.model.signature import answer_names
from lockgate.domain.model.task import Task
from lockgate.domain.names import listed, meant
from lockgate.errors import ModelError

TRIED = 2
"""Rows of zeros and empty texts that the graph is asked to see which of its outputs is what."""


@dataclass(frozen=True)
class AsExported:
    """The graph as it is delivered, and what was changed of the file."""

    content: bytes
    changes: tuple[str, ...]


def as_exported(path: Path, inputs: Sequence[Input], task: Task) -> AsExported:
    """Columns in by their names, the label in text and the numbers out. Raises ``ModelError``.

    A file that has that form stays as it is, byte by byte.
    """
    facts = facts_of(load(path), str(path))
    demand_rows_in(facts)
    _demand_order(facts, task, path)
    names = answer_names(inputs, task)
    if _has_the_form(facts, inputs, task, names):
        return AsExported(path.read_bytes(), ())
    if fixed := next((each for each in facts.inputs if each.batch is not None), None):
        hint = "export it again with a first axis that varies: what is served takes any number of rows"
        raise ModelError(f"{path}: {fixed} takes exactly {fixed.batch} rows at once", hint=hint)
    declared = {each.name: _zeros(each) for each in inputs}
    feedings = _fed(facts, declared, path)
    if idle := set(declared) - {name for feeding in feedings for name in feeding.columns}:
        raise ModelError(f"{path}: the model does not take {listed(sorted(idle))}", hint="leave it out of `inputs()`")
    dtypes = {each.name: "int64" if "date" in each.dtype else each.dtype for each in inputs}
    outputs = [each.name for each in facts.outputs if each.kind != "other"]
    model = load(path)
    adapted(model, feedings, outputs, dtypes)
    inside = {name: told.name for name, told in zip(outputs, model.graph.output, strict=True)}
    found = _tried(model, inputs, declared, path)
    chosen = _chosen(facts, {name: found[inside[name]] for name in outputs}, path)
    changes = [str(feeding) for feeding in feedings if feeding.columns != (feeding.input,)]
    changes += answering(
        model, facts, chosen, (inside.get(chosen.label, ""), inside.get(chosen.numbers, "")), task, names
    )
    left = [name for name in outputs if name not in chosen.names]
    changes += [f"its output {name} is left out" for name in left]
    return AsExported(model.SerializeToString(deterministic=True), tuple(changes))


def _demand_order(facts: GraphFacts, task: Task, path: Path) -> None:
    """The classes that the graph names are those of its probabilities; whole numbers there may stand for any others."""
    own = facts.classes
    if not task.labelled or not own or (facts.whole and set(own) != set(task.columns)):
        return
    if problem := problem_of_order(task.columns, own):
        raise ModelError(f"{path}: {problem}", hint="hand them over as the file has them: Trained.classes")


def _chosen(facts: GraphFacts, outputs: Mapping[str, Array], path: Path) -> Chosen:
    """Which outputs are delivered. Raises ``ModelError``, where several could be with what can be done here."""
    try:
        return chosen_outputs(facts, dict(outputs), TRIED)
    except ModelError as error:
        hint = "export it with the one that is meant alone" if "--output" in error.hint else error.hint
        raise ModelError(f"{path}: {error.message}", hint=hint) from error


def _fed(facts: GraphFacts, declared: Columns, path: Path) -> tuple[Feeding, ...]:
    """What each input of the file is made of. Raises ``ModelError`` where `inputs()` does not give it."""
    lost = [each for each in facts.inputs if each.name not in declared] if len(facts.inputs) > 1 else []
    if lost:
        told = f"the model takes {listed(lost, '; ')}, and `inputs()` does not name it{meant(lost[0].name, declared)}"
        raise ModelError(f"{path}: {told}", hint=f"`inputs()` names {listed(declared)}: add it there, and to data()")
    try:
        return fed_columns(facts, declared, (), {})
    except ModelError as error:
        takes = f"the model takes {listed(facts.inputs, '; ')}; mend `inputs()`, or export it again"
        raise ModelError(f"{path}: by `inputs()`, {error.message}", hint=takes) from error


def _has_the_form(facts: GraphFacts, inputs: Sequence[Input], task: Task, names: tuple[str, str]) -> bool:
    label, numbers = names
    wanted = [label, numbers] if task.labelled else [numbers]
    told = {each.name: (each.kind, each.dtype, len(each.shape or ())) for each in facts.outputs}
    forms = {label: ("tensor", "string", 1), numbers: ("tensor", "float32", 2)}
    return (
        {each.name for each in facts.inputs} == {each.name for each in inputs}
        and list(told) == wanted
        and all(told[name] == forms[name] for name in wanted)
    )


def _zeros(declared: Input) -> Array:
    shape = (TRIED, *(axis.size or 1 for axis in declared.axes))
    if declared.dtype == "string":
        return np.full(shape, "", dtype=object)
    return np.zeros(shape, dtype=TYPES[declared.dtype].numpy)


def _tried(model: ModelProto, inputs: Sequence[Input], zeros: Mapping[str, Array], path: Path) -> dict[str, Array]:
    session = session_of(model.SerializeToString(), path)
    fed = {each.name: zeros[each.name] if each.axes else zeros[each.name].reshape(-1, 1) for each in inputs}
    return answered(session, fed, path)


def session_of(content: bytes, path: Path) -> onnxruntime.InferenceSession:
    """Load. Raises ``ModelError``."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no class of their own
        raise ModelError(f"{path}: ONNX Runtime cannot load it: {_line(error)}", hint="export it again") from error


def answered(session: onnxruntime.InferenceSession, fed: Mapping[str, Array], path: Path) -> dict[str, Array]:
    """Every output by its name. Raises ``ModelError``."""
    try:
        found = session.run(None, dict(fed))
    except Exception as error:  # the same
        raise ModelError(f"{path}: it gives no answer: {_line(error)}", hint="see its inputs: `inputs()`") from error
    return {told.name: np.asarray(values) for told, values in zip(session.get_outputs(), found, strict=True)}


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
