"""What two releases do not have alike, on the console: a tree, in the order of the way."""

from collections.abc import Iterable, Iterator
from typing import Any

from lockgate.cli.tracing.tree import Doubts, Node, drawn, marked
from lockgate.domain.numbers import shown
from lockgate.domain.releasing.lineage.difference import (
    Change,
    CodeDifference,
    FindingChange,
    MeasureChange,
    Measured,
    PolicyChange,
    ReleaseDifference,
    Side,
)

MOST = 20
DIGITS = 12


def difference_lines(told: ReleaseDifference) -> Iterator[str]:
    """Line by line. What is alike is left out, and so is a part in which everything is."""
    yield f"from {_side(told.first)}"
    yield f"to   {_side(told.second)}"
    doubts = Doubts([*told.doubts])
    nodes = [doubts.marked(node) for node in _nodes(told)]
    if not nodes:
        yield "no part of them differs"
    yield from drawn([*nodes, *(Node(f"{each.about}: {marked(each)}") for each in doubts.left)])


def _side(side: Side) -> str:
    return f"{side.release.name} {side.release.release.short}, content {side.release.content.short}, {side.candidate}"


def _nodes(told: ReleaseDifference) -> Iterator[Node]:
    if told.same_content and told.first.release != told.second.release:
        yield Node("the model is the same, to the byte")
    parts = {
        "data": [_change(each, hashes=True) for each in told.data],
        "params": [_change(each) for each in told.params],
        "code": [*_code(told.code)] if told.code else [],
        "policy": [_policy(each) for each in told.policy],
        "measures": [_measure(each) for each in told.measures],
        "importances": [_importance(each) for each in told.importances],
        "gates": [_finding(each) for each in told.findings],
        "packages": [_change(each) for each in told.packages],
        "columns": [_change(each) for each in told.columns],
    }
    about = {each.about for each in told.doubts}
    yield from (Node(f"{name}", _cut(nodes), name) for name, nodes in parts.items() if nodes or name in about)


def _cut(nodes: list[Node]) -> list[Node]:
    return nodes if len(nodes) <= MOST else [*nodes[:MOST], Node(f"and {len(nodes) - MOST} more: --json has all")]


def _change(change: Change, *, hashes: bool = False) -> Node:
    first, second = (_value(each, hashes=hashes) for each in (change.first, change.second))
    return Node(f"{change.name}: {first} -> {second}")


def _value(value: Any, *, hashes: bool = False) -> str:
    if value is None:
        return "absent"
    text = str(value)
    return text.partition(":")[2][:DIGITS] if hashes else text


def _code(code: CodeDifference) -> Iterator[Node]:
    yield Node(f"commit {code.first[:DIGITS]} -> {code.second[:DIGITS]}")
    for what, commits in (("new", code.commits), ("not in the second", code.undone)):
        if commits:
            below = [Node(f"{each.short} of {each.committed_at} by {each.author}: {each.subject}") for each in commits]
            yield Node(f"{len(commits)} commits {what}", _cut(below))
    if code.files:
        yield Node(f"{len(code.files)} files", _cut([Node(name) for name in code.files]))


def _policy(change: PolicyChange) -> Node:
    how = {True: ", LOOSENED", False: ", tightened", None: ""}[change.loosened]
    return Node(f"{change.name}: {_value(change.first)} -> {_value(change.second)}{how}")


def _measure(change: MeasureChange) -> Node:
    return Node(f"{change.gate}, {change.rule}: {_measured(change.first)} -> {_measured(change.second)}")


def _measured(found: Measured | None) -> str:
    if found is None:
        return "not measured"
    bounds = f" [{shown(found.interval.low)}, {shown(found.interval.high)}]" if found.interval else ""
    return shown(found.value) + bounds


def _importance(change: Change) -> Node:
    first, second = ("absent" if each is None else shown(each) for each in (change.first, change.second))
    return Node(f"{change.name}: {first} -> {second} of all that shuffling changes")


def _finding(change: FindingChange) -> Node:
    told: Iterable[tuple[str, str]] = (("then", change.first_message), ("now", change.second_message))
    below = [Node(f"{when}: {message}") for when, message in told if message]
    first, second = change.first or "absent", change.second or "absent"
    return Node(f"{change.gate}, {change.rule}: {first} -> {second}", below)
