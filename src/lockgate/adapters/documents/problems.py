"""What is wrong with a document, in words: where it stands, what was expected, and the likely meant key."""

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from lockgate.domain.choices import choices
from lockgate.domain.identity import Digest, DigestStart
from lockgate.domain.model.labels import Label
from lockgate.domain.model.task import Task
from lockgate.domain.names import listed, meant

_WHERE = re.compile(r"(?P<what>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_PLACE = re.compile(r"[\w-]+(\.[\w-]+)*(?=: )")
_QUOTES = "'\""
_SHAPES = {
    str: "text",
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    Digest: "a digest",
    Task: "a task with its kind",
    Label: "a class: text, a whole number, or true or false",
    DigestStart: "a digest, or at least 12 of its digits",
    date: "a date such as 2027-01-31",
}
_FOUND = {
    "str": "text",
    "float": "a number",
    "int": "a whole number",
    "object": "a mapping",
    "array": "a list",
    "bool": "true or false",
    "null": "nothing",
    "TimeStamp": "a date with a time",
}


@dataclasses.dataclass(frozen=True)
class Problem:
    """Where it is, what it is, and what to do."""

    path: tuple[str, ...]
    message: str
    hint: str = ""


def unknown_keys(value: object, kind: object, path: tuple[str, ...]) -> Iterator[Problem]:
    """Every key that the class does not have, at any depth."""
    for where, owner, mapping in _mappings(value, kind, path):
        known = _fields(owner)
        yield from (_unknown(str(key), where, known) for key in mapping if key not in known)


def unknown_names(value: object, kind: object, path: tuple[str, ...]) -> Iterator[Problem]:
    """Every text that should name one of several things, and names none."""
    for where, owner, mapping in _mappings(value, kind, path):
        for key, choice in choices(owner).items():
            held = mapping.get(key)
            for place, text in _texts(held, (*where, key)):
                if problem := choice.problem(text):
                    yield Problem(place, f"{'.'.join(place)}: {problem}")


def _texts(held: object, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(held, list):
        yield from (((*where, str(index)), item) for index, item in enumerate(held))
    else:
        yield where, held


def empty_keys(value: object, kind: type, path: tuple[str, ...]) -> Iterator[Problem]:
    """Every key with nothing after it that would be read as if it were not there, where the class forbids that."""
    if not demands_values(kind):
        return
    for where, owner, mapping in _mappings(value, kind, path):
        optional = {field.name for field in dataclasses.fields(owner) if field.default is None}
        yield from (_empty(key, where, owner) for key, item in mapping.items() if item is None and key in optional)


def contradictions(value: object, kind: type, path: tuple[str, ...]) -> Iterator[Problem]:
    """What the class itself finds in what was written, and could not see in its fields."""
    look = getattr(kind, "problems_of_written", None)
    if look is not None and not path and isinstance(value, dict):
        yield from (Problem(place, message) for place, message in look(value))


def demands_values(kind: type) -> bool:
    """Whether a key that stands there must say something: in what people write, such as a policy."""
    return getattr(kind, "EMPTY_KEYS", True) is False


def _mappings(
    value: object, kind: object, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], type, dict[str, Any]]]:
    """Every mapping that is read as a dataclass, at any depth: where it stands, the class, the mapping."""
    form, inner = _form(kind)
    if form is type and isinstance(inner, type) and isinstance(value, dict):
        yield path, inner, value
        hints = _hints(inner)
        for key, item in value.items():
            yield from _mappings(item, hints.get(key), (*path, str(key)))
    elif _form(inner)[0] is object:  # thousands of numbers
        return
    elif form is list and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _mappings(item, inner, (*path, str(index)))
    elif form is dict and isinstance(value, dict):
        for key, item in value.items():
            yield from _mappings(item, inner, (*path, str(key)))


def _unknown(key: str, path: tuple[str, ...], known: list[str]) -> Problem:
    place = ".".join(path) or "the top level"
    return Problem(
        (*path, key),
        f"{'.'.join((*path, key))}: unknown key{meant(key, known)}",
        hint=f"{place} takes: {', '.join(known)}",
    )


def _empty(key: str, path: tuple[str, ...], owner: type) -> Problem:
    """Nothing switches no gate and no limit off: whoever leaves a line blank may mean the opposite."""
    where, kind = (*path, key), _without_none(_hints(owner)[key])
    if not dataclasses.is_dataclass(kind):
        message = f"{'.'.join(where)}: expected {shape(kind)}, found nothing"
        return Problem(where, message, hint="give it a value, or leave the key out")
    hint = f"`{key}: {{}}` takes the defaults; for off, set `mode: off` under it or leave the key out"
    message = f"{'.'.join(where)}: nothing stands under it; expected {shape(kind)}"
    return Problem(where, message, hint=hint if hasattr(kind, "mode") else "give it these, or leave the key out")


def explain(error: msgspec.ValidationError, kind: type, prefix: tuple[str, ...] = ()) -> Problem:
    """What msgspec found, with the place of it in the file and in our words."""
    match = _WHERE.fullmatch(str(error))
    what, where = (match["what"], match["path"]) if match else (str(error), "")
    inner = tuple(part for part in re.split(r"[.\[\]]+", where) if part)
    if missing := re.fullmatch(r"Object missing required field `(.*)`", what):
        inner = (*inner, missing[1])
    path, expected = (*prefix, *inner), shape(_kind_at(kind, inner))
    name = ".".join(path) or "the file"
    if missing:
        return Problem(path, f"{name}: missing; expected {expected}")
    if wrong := re.fullmatch(r"Expected `(.*)`, got `(.*)`", what):
        return Problem(path, f"{name}: expected {expected}, found {_FOUND.get(wrong[2], wrong[2])}")
    if what.startswith("Invalid RFC3339"):
        return Problem(path, f"{name}: expected {expected}, found another text")
    if what.startswith("Invalid enum"):
        found = what.removeprefix("Invalid enum value ")
        return Problem(path, f"{name}: {found} is not {expected}{meant(found.strip(_QUOTES), _choices(kind, inner))}")
    message = f"{name}: {what[:1].lower()}{what[1:]}" if path else what
    return Problem((*path, *_named(what, _kind_at(kind, inner))), message)


def _named(what: str, kind: object) -> tuple[str, ...]:
    """The place that a message of the class's own begins with: ``gates.accuracy.metric: ...``; empty for none."""
    named = _PLACE.match(what)
    parts = tuple(named[0].split(".")) if named else ()
    kind = _without_none(kind)
    known = isinstance(kind, type) and dataclasses.is_dataclass(kind) and parts and parts[0] in _hints(kind)
    return parts if known else ()


def _choices(kind: type, path: tuple[str, ...]) -> Sequence[object]:
    """The values that may stand there, where they are few and known."""
    kind_there = _without_none(_kind_at(kind, path))
    return get_args(kind_there) if get_origin(kind_there) is typing.Literal else ()


def _kind_at(kind: object, path: tuple[str, ...]) -> object:
    for part in path:
        kind = _without_none(kind)
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            kind = _hints(kind).get(part, object)
        elif args := get_args(kind):
            kind = args[-1] if get_origin(kind) is dict else args[0]
        else:
            return object
    return kind


def shape(kind: object) -> str:
    """What a value of that type looks like, in words."""
    kind = _without_none(kind)
    if dataclasses.is_dataclass(kind):
        return f"a mapping with {', '.join(field.name for field in dataclasses.fields(kind))}"
    if get_origin(kind) is typing.Literal:
        return "one of " + listed(get_args(kind))
    if get_origin(kind) in {tuple, list}:
        return f"a list, each {shape(get_args(kind)[0])}"
    return _SHAPES.get(typing.cast("type", kind), "a mapping" if get_origin(kind) is dict else "a value")


def at_least(kind: type) -> str:
    """What a file of that type looks like, and which keys it may leave out."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    needed = [each.name for each in fields if each.default is each.default_factory is dataclasses.MISSING]
    spared = [each.name for each in fields if each.name not in needed]
    if not needed or not spared:
        return shape(kind)
    return f"a mapping with {listed(needed)}; {listed(spared)} may be left out"


@functools.cache
def _fields(kind: type) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]


@functools.cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


@functools.cache
def _form(kind: object) -> tuple[type, object]:
    """``type`` and a dataclass, ``list`` or ``dict`` and the type of its values, or ``object``: it holds no mapping."""
    kind = _without_none(kind)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return type, kind
    if get_origin(kind) in {tuple, list}:
        return list, get_args(kind)[0]
    if get_origin(kind) is dict:
        return dict, get_args(kind)[1]
    return object, None


def _without_none(kind: object) -> object:
    if get_origin(kind) in {types.UnionType, typing.Union}:
        return next(arg for arg in get_args(kind) if arg is not type(None))
    return kind
