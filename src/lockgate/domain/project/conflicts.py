"""Files that git left with both sides of a merge: the line, and the way out."""

import re
from typing import TypeVar

from lockgate.errors import LockgateError

E = TypeVar("E", bound=LockgateError)

MARKER = re.compile(rb"^(?:<{7} |\|{7} |={7}\r?$|>{7} )", re.MULTILINE)
RESOLVE = "keep one side of each, without git's marks, and git add the file; `git diff` shows both"
# Nobody can merge what DVC writes; each side is a whole record, and a run makes it true again.
OF_RESULTS = {
    "dvc.lock": "take the file of either side (git checkout --ours dvc.lock), then run the stages: lockgate run"
}


def conflict_line(content: bytes) -> int | None:
    """The line, from 1, of the first of git's marks around the two sides; ``None`` where there is none."""
    found = MARKER.search(content)
    return content.count(b"\n", 0, found.start()) + 1 if found else None


def conflict_in(content: bytes, name: str, kind: type[E]) -> E | None:
    """The error of that kind which says so of a file; ``None`` where there is none of git's marks."""
    line = conflict_line(content)
    if line is None:
        return None
    return kind(f"{name}:{line}: holds a merge conflict", hint=OF_RESULTS.get(name, RESOLVE))
