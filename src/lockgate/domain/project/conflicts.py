"""Files that git left with both sides of a merge."""

import re

MARKER = re.compile(rb"^(?:<{7} |\|{7} |={7}\r?$|>{7} )", re.MULTILINE)
RESOLVE = "keep one side of each, without git's marks, and git add the file; `git diff` shows both"


def conflict_line(content: bytes) -> int | None:
    """The line, from 1, of the first of git's marks around the two sides; ``None`` where there is none."""
    found = MARKER.search(content)
    return content.count(b"\n", 0, found.start()) + 1 if found else None
