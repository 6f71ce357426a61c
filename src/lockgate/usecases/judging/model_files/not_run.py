"""Why a model of somebody else's does not run here, in words: a runtime says it in those of its own source code."""

import re

from lockgate.domain.model.graphs.facts import GraphFacts
from lockgate.domain.names import listed
from lockgate.errors import ModelError

_OPERATOR = re.compile(r"Could not find an implementation for (?P<operator>\w+)\((?P<version>\d+)\)")
_LOCALE = re.compile(r"Failed to construct locale with name:? *(?P<name>[\w.@-]*)")


def why_not_run(message: str, facts: GraphFacts) -> ModelError:
    """The error in words where its cause is known, else as the runtime told it, with what the model says it takes."""
    if found := _OPERATOR.search(message):
        told = f"ONNX Runtime has no {found['operator']} of version {found['version']} for these types"
        return ModelError(f"the model does not run: {told}", hint="export it again with a newer opset")
    if found := _LOCALE.search(message):
        name = found["name"].rstrip(".") or "of its own"
        told = f"its texts are read by the locale {name}, which this machine has not"
        return ModelError(f"the model does not run: {told}", hint="install that locale, or export it with the locale C")
    if "ConcatFromSequence" in message and (lists := [each.name for each in facts.outputs if each.kind == "list"]):
        told = f"its output {listed(lists)} is a list of tensors of several shapes"
        return ModelError(told, hint="several questions of several classes each are not judged at once: export one")
    hint = [f"it says that it takes {listed(facts.inputs, '; ')}"]
    hint += _alike(facts) if "does not run" in message else []
    return ModelError(message, hint="; ".join(hint))


def _alike(facts: GraphFacts) -> list[str]:
    """Axes of several inputs that have one name are meant to be of one size."""
    axes: dict[str, list[str]] = {}
    for each in facts.inputs:
        for size in {size for size in each.row_axes if isinstance(size, str)}:
            axes.setdefault(size, []).append(each.name)
    shared = {size: names for size, names in axes.items() if len(names) > 1}
    return [f"{size} is one size in {listed(names)}" for size, names in shared.items()]
