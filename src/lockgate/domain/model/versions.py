"""Documents of earlier versions: each class has, by the schema that a document names, what makes it the next one."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]
"""A document as JSON holds it."""
Upgrades: TypeAlias = Mapping[str, Callable[[Document], Document]]


def upgraded(value: object, kind: type) -> object:
    """A document of an earlier version as ``kind`` reads it; anything else as it is.

    A class without ``UPGRADES`` has had one version. What was read is not changed.
    """
    steps: Upgrades = getattr(kind, "UPGRADES", {})
    while isinstance(value, dict) and (step := _step(steps, value)) is not None:
        value = step(dict(value))
    return value


def _step(steps: Upgrades, value: Document) -> Callable[[Document], Document] | None:
    schema = value.get("schema")
    return steps.get(schema) if isinstance(schema, str) else None


def extended(schema: str) -> Callable[[Document], Document]:
    """To the version of that schema, in which there are only more fields, with defaults that say the same."""

    def step(document: Document) -> Document:
        return {**document, "schema": schema}

    return step


def with_task(document: Document) -> Document:
    """With a task in place of the positive class: a document of before names no other class.

    What is not there, here and in the others, stays away: the class that is read then says that it is missing.
    """
    if "positive" not in document:
        return document
    told = {name: held for name, held in document.items() if name != "positive"}
    return {**told, "task": {"kind": "binary", "classes": [], "positive": document["positive"]}}


def with_counts(document: Document, positive: object) -> Document:
    """With the rows of each class that is named, in place of those of the positive one; ``null`` stays."""
    if "positives" not in document:
        return document
    told = {name: held for name, held in document.items() if name != "positives"}
    positives = document["positives"]
    return {**told, "counts": None if positives is None else {_named(positive): positives}}


def each_in(held: object, change: Callable[[Document], Document]) -> object:
    """A list or a mapping of documents, each changed; what is none is left to the class that is read."""
    if isinstance(held, dict):
        return {name: _changed(part, change) for name, part in held.items()}
    return [_changed(part, change) for part in held] if isinstance(held, list) else held


def _changed(part: object, change: Callable[[Document], Document]) -> object:
    """One of them."""
    return change(part) if isinstance(part, dict) else part


def _named(positive: object) -> str:
    """The name that it is counted under; what is none is told where the task is read."""
    return positive if isinstance(positive, str) else ""
