"""The reasons of Lockgate's gates as tables: what each gate can say, what it means, and what to do."""

from collections.abc import Iterable, Iterator

from lockgate.domain.judging.deciding.registry import GATES
from lockgate.domain.judging.protocol.reason import Reason

UNSOUND = (
    "Every finding that does not pass has one of these codes; a gate of your own has codes of its own. The first say\n"
    "that there is no sound evidence of this candidate on this commit, and no waiver helps."
)
FOUND = "The others say what was found."


def reason_tables() -> str:
    """Two tables in Markdown: the reasons that no waiver helps, and the others."""
    return "\n".join(
        line
        for words, waivable in ((UNSOUND, False), (FOUND, True))
        for line in (words, "", *_table(each for each in Reason if each.waivable is waivable), "")
    )


def _table(reasons: Iterable[Reason]) -> Iterator[str]:
    yield "| gates | reason | means, and what to do |"
    yield "| --- | --- | --- |"
    yield from (f"| {_gates(each)} | `{each}` | {each.means}; {each.do} |" for each in reasons)


def _gates(reason: Reason) -> str:
    """Who can say it, or who cannot where those are fewer."""
    able = [gate.name for gate in GATES if reason in gate.says]
    others = [gate.name for gate in GATES if gate.name not in able]
    if not others:
        return "every gate"
    return f"every gate but {_listed(others)}" if len(others) < len(able) else _listed(able)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
