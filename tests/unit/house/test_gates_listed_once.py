"""Names of gates and of their documents stand where the unit is, in the registry and `Policy`: no list elsewhere."""

import ast
from pathlib import Path

from syntax import nodes

import lockgate
from lockgate.domain.judging.deciding.registry import DOCUMENTS, GATES

HOME = Path(lockgate.__file__).parent
NAMES = {gate.name for gate in GATES} | set(DOCUMENTS)
UNITS = ("domain/judging/gates/", "usecases/judging/drill/plants/", "template/")
TABLES = {
    "domain/measuring/kinds.py": "what each kind of evidence needs, and where it lies",
    "domain/measuring/methods.py": "the number of each kind",
    "usecases/measuring/checks.py": "what asks the model for each kind",
    "usecases/measuring/check.py": "what collects each other kind",
    "cli/document_schemas.py": "documents of which an earlier version is read",
}
"""Modules below or beside the registry that have a line for each kind, and what it says."""


def listed(path):
    """The names of each list, set, tuple, mapping or comparison that has two of them or more."""
    for node in nodes(path):
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            texts = node.elts
        elif isinstance(node, ast.Dict):
            texts = [key for key in node.keys if key is not None]
        else:
            continue
        found = {each.value for each in texts if isinstance(each, ast.Constant) and each.value in NAMES}
        if len(found) > 1:
            yield sorted(found)


def modules():
    for path in sorted(HOME.rglob("*.py")):
        name = path.relative_to(HOME).as_posix()
        if not name.startswith(UNITS):
            yield name, path


def test_no_module_but_the_tables_lists_gates_or_their_documents():
    assert {name for name, path in modules() if [*listed(path)]} <= set(TABLES)


def test_judging_and_reviewing_name_no_gate_at_all():
    """But for `Policy`, whose fields they are, and for integrity there, which has no settings."""
    of_all_gates = [(name, path) for name, path in modules() if name.startswith(("domain/judging", "domain/reviewing"))]
    found = {
        (name, node.value)
        for name, path in of_all_gates
        for node in nodes(path)
        if isinstance(node, ast.Constant) and node.value in NAMES
    }
    assert found == {("domain/judging/deciding/policy.py", "integrity")}
