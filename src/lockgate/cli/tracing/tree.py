"""A tree of lines, each with what cannot be confirmed of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lockgate.domain.releasing.lineage.document import Doubt


@dataclass(frozen=True)
class Node:
    """A line, and those below it. ``about`` is what doubts call it."""

    text: str
    below: Sequence["Node"] = ()
    about: str = ""


@dataclass
class Doubts:
    """The doubts of a document, each told once, at the line that it is about."""

    left: list[Doubt] = field(default_factory=list)

    def told(self, about: str) -> list[Node]:
        """Those about that part; they are told now."""
        found = [each for each in self.left if about and each.about == about]
        self.left = [each for each in self.left if each not in found]
        return [Node(marked(each)) for each in found]

    def marked(self, node: Node) -> Node:
        """The node with its doubts below it, and those of the nodes below."""
        own = self.told(node.about)
        return Node(node.text, (*own, *map(self.marked, node.below)))


def marked(doubt: Doubt) -> str:
    """A doubt in a line, and what would help."""
    return f"? {doubt.why}" + (f" -> {doubt.help}" if doubt.help else "")


def drawn(nodes: Iterable[Node], indent: str = "") -> Iterator[str]:
    """The lines of a tree, in characters that every console has."""
    every = list(nodes)
    for node in every:
        last = node is every[-1]
        yield f"{indent}{'`-' if last else '|-'} {node.text}"
        yield from drawn(node.below, indent + ("   " if last else "|  "))
