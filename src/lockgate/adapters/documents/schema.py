"""The JSON Schema of a document's class."""

import dataclasses
from typing import Any, get_args, get_type_hints

from lockgate.adapters.documents.problems import demands_values
from lockgate.domain.choices import INSTALLED, Choice, choices
from lockgate.domain.identity import Digest, DigestStart
from lockgate.domain.model.labels import Label
from lockgate.domain.model.task import TASKS, Task
from lockgate.domain.ranges import Range, ranges
from lockgate.typed_values import schemas


def json_schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a document's class: it refuses what reading refuses, unknown keys and numbers out of range."""
    classes = list(_classes(kind))
    references, definitions = schemas(classes, "#/$defs/{name}", _schema_hook)
    for each, reference in zip(classes, references, strict=True):
        definition = definitions[reference["$ref"].removeprefix("#/$defs/")]
        definition["additionalProperties"] = False
        for name, allowed in ranges(each).items():
            definition["properties"][name] |= _bounds(allowed)
        if demands_values(kind):
            definition["properties"] = {name: _not_null(held) for name, held in definition["properties"].items()}
        for name, choice in choices(each).items():
            _choose(definition["properties"][name], choice)
    return {**references[0], "$defs": definitions}


def _classes(kind: type) -> dict[type, None]:
    """Every dataclass in a document of that class, which is the first."""
    found: dict[type, None] = {}
    waiting: list[Any] = [kind]
    while waiting:
        each = waiting.pop()
        waiting += get_args(each)
        if isinstance(each, type) and dataclasses.is_dataclass(each) and each not in found:
            found[each] = None
            waiting += get_type_hints(each).values()
    return found


def _bounds(allowed: Range) -> dict[str, float]:
    bounds = {"minimum": allowed.least, "maximum": allowed.most, "exclusiveMaximum": allowed.below}
    return {keyword: bound for keyword, bound in bounds.items() if bound is not None}


def _choose(held: dict[str, Any], choice: Choice) -> None:
    """In place of any text, or any texts of a list: one of the names, or one of the form of what others bring."""
    installed = {"type": "string", "pattern": f"^{INSTALLED}$"}
    text = held.get("items", held)
    text = next((each for each in text.get("anyOf", ()) if each.get("type") == "string"), text)
    del text["type"]
    text |= {"anyOf": [{"enum": sorted(choice.names)}, installed]} if choice.names else installed


def _not_null(held: dict[str, Any]) -> dict[str, Any]:
    """The schema of a key that may be left out and may not be null."""
    if "anyOf" not in held:
        return held
    without = {name: part for name, part in held.items() if name not in {"anyOf", "default"}}
    kept: dict[str, Any] = next(each for each in held["anyOf"] if each != {"type": "null"})
    return without | kept


def _schema_hook(kind: type) -> dict[str, Any]:
    if kind is Digest:
        return {"type": "string", "pattern": "^(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})$"}
    if kind is Label:
        return {"type": ["string", "integer", "number", "boolean"]}
    if kind is DigestStart:
        return {"type": "string", "pattern": "^(sha256:)?[0-9a-fA-F]{12,64}$"}
    if kind is Task:
        return {"oneOf": [_task(each) for each in TASKS.values()]}
    raise TypeError(f"no schema for {kind.__name__}")


def _task(kind: type[Task]) -> dict[str, Any]:
    """The schema of one kind of task, in which every field is given."""
    (reference,), definitions = schemas([kind], "{name}")
    held = definitions[reference["$ref"]]["properties"]
    properties = {name: {key: value for key, value in held[name].items() if key != "default"} for name in held}
    return {"type": "object", "properties": properties, "required": [*held], "additionalProperties": False}
