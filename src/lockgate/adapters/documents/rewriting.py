"""A YAML file written again in the form that people and their formatters gave it."""

import io
from collections.abc import Mapping

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import ScalarString

START = "---"
WIDTH = 120
UNBROKEN = 4096
"""Wider than any line that people write: what they left in one line stays in one."""


def written_anew(values: Mapping[str, object], heading: str) -> str:
    """The values as YAML, with a comment above."""
    return _comment(heading) + _dumped(YAML(), values, WIDTH)


def rewritten(text: str, values: Mapping[str, object], heading: str) -> str:
    """The text of before with these values: its comments, quotes, `---` and line ends stay.

    Written anew where it holds no mapping.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.explicit_start = START in (line.rstrip() for line in text.splitlines())
    try:
        tree = yaml.load(text.replace("\r\n", "\n"))
    except YAMLError:
        tree = None
    if not isinstance(tree, CommentedMap):
        return written_anew(values, heading)
    _update(tree, values)
    said = _dumped(yaml, tree, UNBROKEN)
    if not any(line.startswith("#") for line in text.splitlines()):
        said = _comment(heading) + said
    return said.replace("\n", "\r\n") if "\r\n" in text else said


def _update(tree: CommentedMap, values: Mapping[str, object]) -> None:
    for key in [key for key in tree if key not in values]:
        del tree[key]
    for key, value in values.items():
        old = tree.get(key)
        if isinstance(old, CommentedMap) and isinstance(value, Mapping):
            _update(old, value)
        elif key not in tree or old != value:
            tree[key] = type(old)(value) if isinstance(old, ScalarString) and isinstance(value, str) else value


def _dumped(yaml: YAML, values: object, width: int) -> str:
    text = io.StringIO()
    yaml.width = width
    yaml.dump(values, text)
    return text.getvalue()


def _comment(heading: str) -> str:
    return "".join(f"# {line}\n" for line in heading.splitlines())
