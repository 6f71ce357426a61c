"""Params from a Python file as DVC reads them: by its text, as nothing of it is run."""

import ast
from collections.abc import Iterable, Iterator
from typing import Any


def params_of(text: str) -> dict[str, Any]:
    """Literals by name; those of a class, and what its ``__init__`` sets on itself, by the class; or ``ValueError``."""
    try:
        return dict(_named(ast.parse(text).body))
    except SyntaxError as error:
        raise ValueError(str(error)) from error


def _named(body: Iterable[ast.stmt], *, of_self: bool = False) -> Iterator[tuple[str, Any]]:
    for each in body:
        if isinstance(each, ast.ClassDef):
            yield each.name, dict(_named(each.body))
        elif isinstance(each, ast.FunctionDef) and each.name == "__init__":
            yield from _named(each.body, of_self=True)
        elif isinstance(each, ast.Assign | ast.AnnAssign):
            yield from _assigned(each, of_self=of_self)


def _assigned(statement: ast.Assign | ast.AnnAssign, *, of_self: bool) -> Iterator[tuple[str, Any]]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    name = _name(targets[0], of_self=of_self) if len(targets) == 1 else None
    if name is None or statement.value is None:
        return
    try:
        yield name, _plain(ast.literal_eval(statement.value))
    except (ValueError, TypeError):
        return


def _name(target: ast.expr, *, of_self: bool) -> str | None:
    if isinstance(target, ast.Name) and not of_self:
        return target.id
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        return target.attr
    return None


def _plain(value: Any) -> Any:
    """As `dvc.lock` has it: a tuple is a list there."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value
