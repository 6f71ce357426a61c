"""What asks msgspec about a class stands in one place, which lets one thread at a time do so."""

import ast
from pathlib import Path

import pytest

import lockgate

SOURCE = Path(lockgate.__file__).parent
PLACE = SOURCE / "typed_values.py"
NAMES = {"Struct", "MsgspecError", "DecodeError", "ValidationError"}
"""What others may name: bases of messages, and errors."""


def asking(tree):
    """Every use of msgspec that is more than a name, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "msgspec":
            if node.attr not in NAMES:
                yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "msgspec":
            yield node.lineno, f"from {node.module}"
        elif isinstance(node, ast.Import):
            renamed = [each for each in node.names if each.name.partition(".")[0] == "msgspec"]
            yield from ((node.lineno, each.name) for each in renamed if each.asname or each.name != "msgspec")


def test_one_place_asks_msgspec_about_classes():
    # Nothing is asked of what is not named.
    texts = {path: text for path in SOURCE.rglob("*.py") if "msgspec" in (text := path.read_text("utf-8"))}
    found = {path: [*asking(ast.parse(text))] for path, text in texts.items()}
    assert found.pop(PLACE)
    assert {path.relative_to(SOURCE).as_posix(): uses for path, uses in found.items() if uses} == {}


@pytest.mark.parametrize("use", ["msgspec.json.decode", "from msgspec import json", "import msgspec.json as m"])
def test_every_way_to_ask_is_found(use):
    assert [*asking(ast.parse(use))]
    assert not [*asking(ast.parse("import msgspec\nclass A(msgspec.Struct): pass"))]
