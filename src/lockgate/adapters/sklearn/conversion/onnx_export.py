"""Converts scikit-learn objects with skl2onnx."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from skl2onnx import to_onnx
from sklearn.neighbors import RadiusNeighborsClassifier, RadiusNeighborsRegressor

from lockgate.adapters.sklearn.conversion.convertible import convertible, text_options
from lockgate.adapters.sklearn.conversion.graph_repairs import repair
from lockgate.adapters.sklearn.conversion.input_types import declare, types_of
from lockgate.adapters.sklearn.conversion.output_forms import Form
from lockgate.adapters.sklearn.conversion.settings import OPSET
from lockgate.adapters.sklearn.conversion.target_links import link_of, undo
from lockgate.adapters.sklearn.safe_loading import parts
from lockgate.domain.model.signature import Column, free_name
from lockgate.domain.names import listed
from lockgate.errors import ModelError

ABSENT = frozenset({"Solve"})
"""Operators that the converter writes and ONNX Runtime lacks: Gaussian processes of classes need one."""
FAILING = (RadiusNeighborsClassifier, RadiusNeighborsRegressor)
UNKNOWN = re.compile(r"Unable to find a (?:shape calculator|converter) for type '<class '([\w.]+)'>'")
PAGE = "docs/estimators.md"


def convert(
    estimator: Any, inputs: Sequence[Column], outputs: Sequence[str], form: Form | None = None, **options: bool
) -> onnx.ModelProto:
    """A graph with an input for each raw column, by its own name, and outputs of those names, in a form.

    Raises ``ModelError``.
    """
    sound = convertible(estimator)
    every: dict[int, Mapping[str, Any]] = {**({id(sound): options} if options else {}), **text_options(sound)}
    model = _converted(sound, inputs, every)
    _demand_runnable(model, sound)
    repair(model, sound)
    if (link := link_of(estimator)) is not None:
        undo(model, link)
    # skl2onnx lists them in the order of a set, which is another in each process: equal models, other bytes.
    opsets = sorted(model.opset_import, key=lambda entry: entry.domain)
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    if form is not None:
        form(model)
    named = _named(model, [column.name for column in inputs], outputs)
    declare(named, inputs)
    return named


def _converted(estimator: Any, inputs: Sequence[Column], options: Mapping[int, Mapping[str, Any]]) -> Any:
    """The converter's graph; truth values are numbers in it where it does not take them as they are."""
    truths = any(column.dtype == "bool" for column in inputs)
    try:
        return _made(estimator, types_of(inputs), options)
    except Exception as error:
        if truths and (found := _with_numbers(estimator, inputs, options)) is not None:
            return found
        raise ModelError(
            f"skl2onnx cannot convert the pipeline: {_said(error)}",
            hint=f"what delivers, and what does not: {PAGE}",
        ) from error


def _said(error: Exception) -> str:
    """What the converter says, in one line."""
    if unknown := UNKNOWN.search(str(error)):
        return f"it does not know {unknown[1].rpartition('.')[2]}"
    return str(error).strip().partition("\n")[0]


def _with_numbers(estimator: Any, inputs: Sequence[Column], options: Mapping[int, Mapping[str, Any]]) -> Any:
    types = types_of(inputs, truths_are_numbers=True)
    try:
        return _made(estimator, types, options)
    except Exception:  # the first message says more
        return None


def _made(estimator: Any, types: Sequence[tuple[str, Any]], options: Mapping[int, Mapping[str, Any]]) -> Any:
    return to_onnx(estimator, initial_types=list(types), options=options or None, target_opset=OPSET)


def _demand_runnable(model: onnx.ModelProto, sound: Any) -> None:
    """Raise ``ModelError`` for a graph that the runtime cannot load or run."""
    if any(isinstance(part, FAILING) for part in parts(sound)):
        raise ModelError(
            "skl2onnx cannot convert the pipeline: what it makes of neighbours within a radius does not run",
            hint=f"take KNeighborsClassifier or KNeighborsRegressor: {PAGE}",
        )
    if absent := sorted({node.op_type for node in model.graph.node} & ABSENT):
        raise ModelError(
            f"skl2onnx cannot convert the pipeline: its graph needs {listed(absent)}, which ONNX Runtime has not",
            hint=f"choose another estimator: {PAGE}",
        )


def _named(model: onnx.ModelProto, inputs: Sequence[str], outputs: Sequence[str]) -> onnx.ModelProto:
    """Give inputs and outputs these names: skl2onnx makes identifiers of columns; what else is called so makes room."""
    graph = model.graph
    ours = dict(zip((node.name for node in graph.input), inputs, strict=True))
    ours |= dict(zip((node.name for node in graph.output), outputs, strict=True))
    inner = {name for node in graph.node for name in (*node.input, *node.output)}
    inner |= {tensor.name for tensor in graph.initializer}
    taken = {*ours, *ours.values(), *inner}
    for name in sorted((inner - set(ours)) & set(ours.values())):
        ours[name] = free_name(name, taken)
        taken.add(ours[name])
    for value in (*graph.input, *graph.output, *graph.initializer):
        value.name = ours.get(value.name, value.name)
    for operator in graph.node:
        operator.input[:] = [ours.get(name, name) for name in operator.input]
        operator.output[:] = [ours.get(name, name) for name in operator.output]
    return model
