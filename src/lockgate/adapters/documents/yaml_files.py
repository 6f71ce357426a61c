"""YAML that people write, and the line where each key of it stands."""

import functools
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from lockgate.adapters.documents.problems import at_least
from lockgate.domain.project.conflicts import conflict_in
from lockgate.errors import SettingsError

PARAMS = "params.yaml"


class _Constructor(RoundTripConstructor):
    """Tells where a value stands that cannot be what it looks like, such as the 31st of February."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - ruamel's signature
        """The value of a node."""
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            said = str(error).partition("; use sys.")[0]  # Python's advice to itself
            raise ConstructorError(problem=said, problem_mark=node.start_mark) from error


def load_yaml(path: Path, kind: type) -> object:
    """What a file holds, with its lines; ``kind`` is what it should be. Raises ``SettingsError``."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        hint = f"restore it from git, or write it: {at_least(kind)}; see docs/your-model.md"
        if path.name == PARAMS:
            hint = "run in a project's folder, or name one with -C"
        raise SettingsError(f"{path}: missing", hint=hint) from error
    return parse_yaml(content, path.name)


@functools.lru_cache(maxsize=64)
def parse_yaml(content: bytes, name: str) -> object:
    """What the bytes of such a file hold, not to be changed; ``name`` is what errors call it. Raises ``SettingsError``.

    A verb reads the same file more than once, and each time would take milliseconds.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name}: not UTF-8 text: {error.reason} at byte {error.start}") from error
    if conflict := conflict_in(content, name, SettingsError):
        raise conflict
    yaml = YAML(typ="rt", pure=True)
    yaml.Constructor = _Constructor
    try:
        return yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise SettingsError(f"{name}{line}: not YAML: {error.problem}") from error
    except YAMLError as error:
        raise SettingsError(f"{name}: not YAML: {error}") from error


def plain(value: object) -> object:
    """The same in Python's own types."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return next((base(value) for base in (float, str) if isinstance(value, base)), value)


def line_of(tree: object, path: tuple[str, ...]) -> str:
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
