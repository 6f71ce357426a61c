"""What every kind of model goes through is looked up in one place: columns of classes, types, tables."""

import ast
from pathlib import Path

import pytest
from syntax import nodes

import lockgate
from lockgate.domain.model.request_rows import TYPES
from lockgate.domain.model.splits import SPLITS

SOURCE = Path(lockgate.__file__).parent
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "template" not in path.parts)
SERVICE = SOURCE / "template/serving/service.py"
ANSWERS, ROWS, TABLES = "domain/model/answers.py", "domain/model/request_rows.py", "domain/model/splits.py"


def column_by_place(node):
    """``scores[:, 1]`` and ``classes.index(name)``: a class's column by where it stands."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        rows, place = node.slice.elts
        return isinstance(rows, ast.Slice) and isinstance(place, ast.Constant) and isinstance(place.value, int)
    called = node.func if isinstance(node, ast.Call) else None
    return (
        isinstance(called, ast.Attribute)
        and called.attr == "index"
        and ast.unparse(called.value).endswith(("classes", "columns", "labels"))
    )


def table_of_types(node):
    """A mapping or a set with a row for each of the types that most models take."""
    keys = node.keys if isinstance(node, ast.Dict) else node.elts if isinstance(node, ast.Set) else []
    named = {key.value for key in keys if isinstance(key, ast.Constant)}
    return {"float32", "int64", "bool", "string"} <= named & set(TYPES)


def tables_of_a_project(node):
    """Their names in a row."""
    named = [each.value for each in node.elts if isinstance(each, ast.Constant)] if isinstance(node, ast.Tuple) else []
    return len(named) > 1 and set(named) <= set(SPLITS)


def found(path, looked_up):
    return [f"{path.name}:{node.lineno}" for node in nodes(path) if hasattr(node, "lineno") and looked_up(node)]


@pytest.mark.parametrize(
    ("looked_up", "module"), [(column_by_place, ANSWERS), (table_of_types, ROWS), (tables_of_a_project, TABLES)]
)
def test_it_is_looked_up_in_one_module(looked_up, module):
    elsewhere = {path: found(path, looked_up) for path in (*MODULES, SERVICE) if path != SOURCE / module}
    assert [place for places in elsewhere.values() for place in places] == []


@pytest.mark.parametrize(
    ("looked_up", "code"),
    [
        (column_by_place, "scores[:, 1]"),
        (column_by_place, "every[:, signature.classes.index(positive)]"),
        (table_of_types, '{"float32": 1, "int64": 2, "bool": 3, "string": 4}'),
        (table_of_types, 'frozenset({"float32", "int64", "bool", "string"})'),
        (tables_of_a_project, 'for split in ("training", "validation"): pass'),
    ],
)
def test_it_would_be_found(tmp_path, looked_up, code):
    (tmp_path / "module.py").write_text(code)
    assert found(tmp_path / "module.py", looked_up) == ["module.py:1"]


def test_answers_are_read_by_name_in_the_module_that_reads_them():
    assert found(SOURCE / ANSWERS, column_by_place)
