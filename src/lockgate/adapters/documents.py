"""Typed documents: JSON through msgspec, YAML that people write through ruamel.yaml (YAML 1.2, as DVC reads it)."""

import dataclasses
import difflib
import functools
import io
import re
import types
import typing
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from lockgate.domain.identity import Digest, sha256
from lockgate.domain.policies.limits import Range, ranges
from lockgate.errors import DocumentError, SettingsError
from lockgate.ports import Files

T = TypeVar("T")
PARAMS = "params.yaml"
_WHERE = re.compile(r"(?P<what>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_SHAPES = {
    str: "text",
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    Digest: "a digest",
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


class TypedDocuments:
    """The documents port: frozen dataclasses in, frozen dataclasses out."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def read(self, path: Path, kind: type[T]) -> T:
        """Read a JSON document. Raises ``DocumentError`` where it is missing, no file, not JSON or of another form."""
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise DocumentError(f"{path}: missing", hint="run the step that makes it: lockgate run") from error
        except OSError as error:
            raise DocumentError(
                f"{path}: cannot be read: {error.strerror}", hint="make it again: lockgate run"
            ) from error
        try:
            value = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DocumentError(f"{path}: not JSON: {error}", hint="make it again: lockgate run") from error
        if problem := next(_unknown_keys(value, kind, ()), None):
            raise DocumentError(f"{path}: {problem.message}", hint="it was written by another version or by hand")
        try:
            return _convert(value, kind)
        except msgspec.ValidationError as error:
            problem = _explain(error, kind)
            raise DocumentError(
                f"{path}: {problem.message}", hint="it was written by another version or by hand"
            ) from error

    def read_settings(self, path: Path, kind: type[T], section: str = "") -> T:
        """Read a YAML file that people write. Raises ``SettingsError`` with line, path and the likely meant key."""
        try:
            return self._read_settings(path, kind, tuple(section.split(".")) if section else ())
        except RecursionError as error:
            raise SettingsError(f"{path.name}: nested too deeply", hint="is a bracket never closed?") from error

    def _read_settings(self, path: Path, kind: type[T], prefix: tuple[str, ...]) -> T:
        tree = _load_yaml(path, kind)
        part = functools.reduce(_item, prefix, tree)
        problems = [*_unknown_keys(part, kind, prefix), *_empty_keys(part, kind, prefix)]
        if not problems:
            try:
                return _convert(_plain(part), kind)
            except msgspec.ValidationError as error:
                problems = [_explain(error, kind, prefix)]
        lines = "\n".join(f"{path.name}{_line(tree, problem.path)}: {problem.message}" for problem in problems)
        raise SettingsError(lines, hint=problems[0].hint)

    def write(self, path: Path, document: object) -> Digest:
        """Write a JSON document whole or not at all; the digest is of the bytes written."""
        content = encode(document)
        self._files.write_bytes(path, content)
        return sha256(content)

    def write_settings(self, path: Path, document: object, *, heading: str) -> None:
        """Write a YAML file that people read, with a comment above; whole or not at all."""
        text = io.StringIO()
        yaml = YAML()
        yaml.width = 120
        yaml.dump(msgspec.to_builtins(document, enc_hook=_encode_hook), text)
        comment = "".join(f"# {line}\n" for line in heading.splitlines())
        self._files.write_bytes(path, (comment + text.getvalue()).encode())


def encode(document: object) -> bytes:
    """The one written form of a document: indented JSON, fields in the order of the class, a final newline."""
    return msgspec.json.format(msgspec.json.encode(document, enc_hook=_encode_hook), indent=2) + b"\n"


def written(document: object) -> Any:
    """A document as JSON holds it, and as it is read where no class is known: with every default."""
    return msgspec.json.decode(encode(document))


def json_schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a document's class: it refuses what reading refuses, unknown keys and numbers out of range."""
    classes = list(_classes(kind))
    references, definitions = msgspec.json.schema_components(
        classes, schema_hook=_schema_hook, ref_template="#/$defs/{name}"
    )
    for each, reference in zip(classes, references, strict=True):
        definition = definitions[reference["$ref"].removeprefix("#/$defs/")]
        definition["additionalProperties"] = False
        for name, allowed in ranges(each).items():
            definition["properties"][name] |= _bounds(allowed)
        if _demands_values(kind):
            definition["properties"] = {name: _not_null(held) for name, held in definition["properties"].items()}
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


def _not_null(held: dict[str, Any]) -> dict[str, Any]:
    """The schema of a key that may be left out and may not be null."""
    if "anyOf" not in held:
        return held
    without = {name: part for name, part in held.items() if name not in {"anyOf", "default"}}
    kept: dict[str, Any] = next(each for each in held["anyOf"] if each != {"type": "null"})
    return without | kept


@dataclasses.dataclass(frozen=True)
class _Problem:
    path: tuple[str, ...]
    message: str
    hint: str = ""


def _convert(value: object, kind: type[T]) -> T:
    return _whole(msgspec.convert(value, kind, dec_hook=_decode_hook))


def _whole(value: T) -> T:
    """msgspec leaves a default that was not given to the class, and writes only what the instance itself holds."""
    if dataclasses.is_dataclass(value) and hasattr(value, "__dict__"):
        held = vars(value)
        held |= {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        parts: Collection[object] = held.values()
    else:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for part in parts:
        _whole(part)
    return value


def _encode_hook(value: object) -> str:
    if isinstance(value, Digest | Path):
        return str(value)
    raise TypeError(f"no written form for {type(value).__name__}")


def _decode_hook(kind: type, value: object) -> object:
    if kind is Digest and isinstance(value, str):
        return Digest.parse(value)
    raise ValueError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")


def _schema_hook(kind: type) -> dict[str, str]:
    if kind is Digest:
        return {"type": "string", "pattern": "^(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})$"}
    raise TypeError(f"no schema for {kind.__name__}")


class _Constructor(RoundTripConstructor):
    """Tells where a value stands that cannot be what it looks like, such as the 31st of February."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - ruamel's signature
        """The value of a node."""
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            said = str(error).partition("; use sys.")[0]  # Python's advice to itself
            raise ConstructorError(problem=said, problem_mark=node.start_mark) from error


def _load_yaml(path: Path, kind: type) -> object:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        hint = f"restore it from git, or write it: {_shape(kind)}; see docs/your-model.md"
        if path.name == PARAMS:
            hint = "run in a project's folder, or name one with -C"
        raise SettingsError(f"{path}: missing", hint=hint) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path.name}: not UTF-8 text: {error.reason} at byte {error.start}") from error
    yaml = YAML(typ="rt", pure=True)
    yaml.Constructor = _Constructor
    try:
        return yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise SettingsError(f"{path.name}{line}: not YAML: {error.problem}") from error
    except YAMLError as error:
        raise SettingsError(f"{path.name}: not YAML: {error}") from error


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return next((base(value) for base in (float, str) if isinstance(value, base)), value)


def _unknown_keys(value: object, kind: object, path: tuple[str, ...]) -> Iterator[_Problem]:
    """Every key that the class does not have, at any depth."""
    for where, owner, mapping in _mappings(value, kind, path):
        known = [field.name for field in dataclasses.fields(owner)]
        yield from (_unknown(str(key), where, known) for key in mapping if key not in known)


def _empty_keys(value: object, kind: type, path: tuple[str, ...]) -> Iterator[_Problem]:
    """Every key with nothing after it that would be read as if it were not there, where the class forbids that."""
    if not _demands_values(kind):
        return
    for where, owner, mapping in _mappings(value, kind, path):
        optional = {field.name for field in dataclasses.fields(owner) if field.default is None}
        yield from (_empty(key, where, owner) for key, item in mapping.items() if item is None and key in optional)


def _demands_values(kind: type) -> bool:
    """Whether a key that stands there must say something: in what people write, such as a policy."""
    return getattr(kind, "EMPTY_KEYS", True) is False


def _mappings(
    value: object, kind: object, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], type, dict[str, Any]]]:
    """Every mapping that is read as a dataclass, at any depth: where it stands, the class, the mapping."""
    kind = _without_none(kind)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and isinstance(value, dict):
        yield path, kind, value
        hints = get_type_hints(kind)
        for key, item in value.items():
            yield from _mappings(item, hints.get(key), (*path, str(key)))
    elif get_origin(kind) in {tuple, list} and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _mappings(item, get_args(kind)[0], (*path, str(index)))
    elif get_origin(kind) is dict and isinstance(value, dict):
        for key, item in value.items():
            yield from _mappings(item, get_args(kind)[1], (*path, str(key)))


def _unknown(key: str, path: tuple[str, ...], known: list[str]) -> _Problem:
    close = difflib.get_close_matches(key, known, n=1)
    guess = f"; did you mean {close[0]!r}?" if close else ""
    place = ".".join(path) or "the top level"
    return _Problem(
        (*path, key), f"{'.'.join((*path, key))}: unknown key{guess}", hint=f"{place} takes: {', '.join(known)}"
    )


def _empty(key: str, path: tuple[str, ...], owner: type) -> _Problem:
    """Nothing switches no gate and no limit off: whoever leaves a line blank may mean the opposite."""
    where, kind = (*path, key), _without_none(get_type_hints(owner)[key])
    if not dataclasses.is_dataclass(kind):
        message = f"{'.'.join(where)}: expected {_shape(kind)}, found nothing"
        return _Problem(where, message, hint="give it a value, or leave the key out")
    hint = f"`{key}: {{}}` takes the defaults; for off, set `mode: off` under it or leave the key out"
    message = f"{'.'.join(where)}: nothing stands under it; expected {_shape(kind)}"
    return _Problem(where, message, hint=hint if hasattr(kind, "mode") else "give it these, or leave the key out")


def _explain(error: msgspec.ValidationError, kind: type, prefix: tuple[str, ...] = ()) -> _Problem:
    match = _WHERE.fullmatch(str(error))
    what, where = (match["what"], match["path"]) if match else (str(error), "")
    inner = tuple(part for part in re.split(r"[.\[\]]+", where) if part)
    if missing := re.fullmatch(r"Object missing required field `(.*)`", what):
        inner = (*inner, missing[1])
    path, shape = (*prefix, *inner), _shape(_kind_at(kind, inner))
    name = ".".join(path) or "the file"
    if missing:
        return _Problem(path, f"{name}: missing; expected {shape}")
    if wrong := re.fullmatch(r"Expected `(.*)`, got `(.*)`", what):
        return _Problem(path, f"{name}: expected {shape}, found {_FOUND.get(wrong[2], wrong[2])}")
    if what.startswith("Invalid RFC3339"):
        return _Problem(path, f"{name}: expected {shape}, found another text")
    if what.startswith("Invalid enum"):
        return _Problem(path, f"{name}: {what.removeprefix('Invalid enum value ')} is not {shape}")
    return _Problem(path, f"{name}: {what[:1].lower()}{what[1:]}" if path else what)


def _item(tree: object, key: str) -> object:
    return tree.get(key) if isinstance(tree, dict) else None


def _kind_at(kind: object, path: tuple[str, ...]) -> object:
    for part in path:
        kind = _without_none(kind)
        if dataclasses.is_dataclass(kind):
            kind = get_type_hints(kind).get(part, object)
        elif args := get_args(kind):
            kind = args[-1] if get_origin(kind) is dict else args[0]
        else:
            return object
    return kind


def _shape(kind: object) -> str:
    """What a value of that type looks like, in words."""
    kind = _without_none(kind)
    if dataclasses.is_dataclass(kind):
        return f"a mapping with {', '.join(field.name for field in dataclasses.fields(kind))}"
    if get_origin(kind) is typing.Literal:
        return "one of " + ", ".join(map(str, get_args(kind)))
    if get_origin(kind) in {tuple, list}:
        return f"a list, each {_shape(get_args(kind)[0])}"
    return _SHAPES.get(typing.cast("type", kind), "a mapping" if get_origin(kind) is dict else "a value")


def _without_none(kind: object) -> object:
    if get_origin(kind) in {types.UnionType, typing.Union}:
        return next(arg for arg in get_args(kind) if arg is not type(None))
    return kind


def _line(tree: object, path: tuple[str, ...]) -> str:
    """``:12``, the line of the deepest part of the path that is in the file, or nothing."""
    line = ""
    for part in path:
        marks = getattr(tree, "lc", None)
        if marks is None or not isinstance(tree, dict | list):
            break
        key: Any = int(part) if isinstance(tree, list) and part.isdigit() else part
        try:
            position = marks.key(key) if isinstance(tree, dict) else marks.item(key)
            line = f":{position[0] + 1}"
            tree = tree[key]
        except (KeyError, IndexError, TypeError):  # the last where a flow collection such as {} has no marks
            break
    return line
