"""Typed documents: JSON through msgspec, YAML that people write through ruamel.yaml (YAML 1.2, as DVC reads it)."""

import functools
from itertools import chain
from pathlib import Path
from typing import TypeVar

import msgspec

from lockgate.adapters.documents.encoding import convert, encode, encode_hook, written
from lockgate.adapters.documents.problems import contradictions, empty_keys, explain, unknown_keys, unknown_names
from lockgate.adapters.documents.rewriting import rewritten, written_anew
from lockgate.adapters.documents.schema import json_schema
from lockgate.adapters.documents.yaml_files import line_of, load_yaml, parse_yaml, plain
from lockgate.domain.identity import Digest, sha256
from lockgate.domain.model.versions import upgraded
from lockgate.errors import DocumentError, SettingsError
from lockgate.ports import Files
from lockgate.typed_values import from_json, to_builtins

__all__ = ["TypedDocuments", "encode", "json_schema", "written"]
T = TypeVar("T")


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
        return self.parse(content, str(path), kind)

    def parse(self, content: bytes, name: str, kind: type[T]) -> T:
        """A JSON document by its bytes; ``name`` is what errors call it."""
        try:
            value = from_json(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DocumentError(f"{name}: not JSON: {error}", hint="make it again: lockgate run") from error
        value = upgraded(value, kind)
        if problem := next(chain(unknown_keys(value, kind, ()), unknown_names(value, kind, ())), None):
            raise DocumentError(f"{name}: {problem.message}", hint="it was written by another version or by hand")
        try:
            return convert(value, kind)
        except msgspec.ValidationError as error:
            problem = explain(error, kind)
            raise DocumentError(
                f"{name}: {problem.message}", hint="it was written by another version or by hand"
            ) from error

    def read_settings(self, path: Path, kind: type[T], section: str = "") -> T:
        """Read a YAML file that people write. Raises ``SettingsError`` with line, path and the likely meant key."""
        try:
            return self._read_settings(path, kind, tuple(section.split(".")) if section else ())
        except RecursionError as error:
            raise SettingsError(f"{path.name}: nested too deeply", hint="is a bracket never closed?") from error

    def parse_settings(self, content: bytes, name: str, kind: type[T]) -> T:
        """What such a file holds, by its bytes; ``name`` is what errors call it. Raises ``SettingsError``."""
        try:
            return self._converted(parse_yaml(content, name), name, kind, ())
        except RecursionError as error:
            raise SettingsError(f"{name}: nested too deeply", hint="is a bracket never closed?") from error

    def _read_settings(self, path: Path, kind: type[T], prefix: tuple[str, ...]) -> T:
        return self._converted(load_yaml(path, kind), path.name, kind, prefix)

    def _converted(self, tree: object, name: str, kind: type[T], prefix: tuple[str, ...]) -> T:
        part = functools.reduce(_item, prefix, tree)
        looked_for = (unknown_keys, empty_keys, unknown_names)
        problems = [problem for look in looked_for for problem in look(part, kind, prefix)]
        problems = problems or [*contradictions(part, kind, prefix)]
        if not problems:
            try:
                return convert(plain(part), kind)
            except msgspec.ValidationError as error:
                problems = [explain(error, kind, prefix)]
        lines = "\n".join(f"{name}{line_of(tree, problem.path)}: {problem.message}" for problem in problems)
        raise SettingsError(lines, hint=problems[0].hint)

    def line(self, path: Path, place: tuple[str, ...]) -> str:
        """``params.yaml:12``: the name of such a file, and the line of the deepest key of that place that it holds."""
        return f"{path.name}{line_of(load_yaml(path, dict), place)}"

    def digest(self, document: object) -> Digest:
        """The digest of the one written form of a document."""
        return sha256(encode(document))

    def write(self, path: Path, document: object) -> Digest:
        """Write a JSON document whole or not at all; the digest is of the bytes written."""
        content = encode(document)
        self._files.write_bytes(path, content)
        return sha256(content)

    def write_settings(self, path: Path, document: object, *, heading: str) -> None:
        """Write a YAML file that people read, with a comment above; whole or not at all.

        One that is there keeps its form: the comments, quotes and line ends that people and formatters gave it.
        """
        values = to_builtins(document, encode_hook)
        content = written_anew(values, heading).encode()
        if path.exists():
            restyled = rewritten(path.read_bytes().decode(errors="replace"), values, heading).encode()
            # What cannot be kept in its form without another meaning is written anew.
            if self._holds(restyled, path.name, document):
                content = restyled
        self._files.write_bytes(path, content)

    def _holds(self, content: bytes, name: str, document: object) -> bool:
        try:
            return self.parse_settings(content, name, type(document)) == document
        except SettingsError:
            return False


def _item(tree: object, key: str) -> object:
    return tree.get(key) if isinstance(tree, dict) else None
