"""What a module of Lockgate is written as: read once for all tests of the house."""

import ast
from functools import cache


@cache
def nodes(path):
    """Every node of a module's syntax, the outer ones first."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
