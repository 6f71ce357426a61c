"""The one written form of a document, and how a class is read from it: every field has its value."""

import dataclasses
from pathlib import Path
from typing import Any, TypeVar

from lockgate.domain.identity import Digest, DigestStart
from lockgate.domain.model.labels import Label
from lockgate.domain.model.labels import written as written_label
from lockgate.domain.model.task import Task, task_from
from lockgate.typed_values import from_builtins, from_json, indented, to_json

T = TypeVar("T")


def encode(document: object) -> bytes:
    """The one written form of a document: indented JSON, fields in the order of the class, a final newline."""
    return indented(to_json(document, encode_hook)) + b"\n"


def written(document: object) -> Any:
    """A document as JSON holds it, and as it is read where no class is known: with every default."""
    return from_json(encode(document))


def convert(value: object, kind: type[T]) -> T:
    """The value as that class, whole. Raises ``msgspec.ValidationError``."""
    return _whole(from_builtins(value, kind, _decode_hook))


def _whole(value: T) -> T:
    """msgspec leaves a default that was not given to the class, and writes only what the instance itself holds."""
    if dataclasses.is_dataclass(value) and hasattr(value, "__dict__"):
        held = vars(value)
        held |= {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        parts = tuple(held.values())
    elif isinstance(value, dict):
        parts = tuple(value.values())
    else:
        parts = tuple(value) if isinstance(value, list | tuple) else ()
    for part in parts:
        _whole(part)
    return value


def encode_hook(value: object) -> str:
    """The text of what JSON and YAML do not know. Raises ``TypeError`` where there is none."""
    if isinstance(value, Digest | DigestStart | Path):
        return str(value)
    raise TypeError(f"no written form for {type(value).__name__}")


def _decode_hook(kind: type, value: object) -> object:
    if kind is Digest and isinstance(value, str):
        return Digest.parse(value)
    if kind is Label and isinstance(value, str | int | float):
        return Label(written_label(value))
    if kind is DigestStart and isinstance(value, str | int | float) and not isinstance(value, bool):
        # Digits without a letter are a number to YAML, and with one `e` in between another number.
        return DigestStart(str(value))
    if kind is Task:
        return task_from(value)
    raise ValueError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")
