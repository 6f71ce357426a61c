"""Names for people: long lists are cut, with their number; a mistyped name is answered with the one meant."""

import difflib
import re
from collections.abc import Container, Iterable
from shlex import quote

_STEERING = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tabs, and those that turn the direction of writing."""
NAMED = 10
"""How many names a line shows: hundreds of them are no reading."""


def listed(names: Iterable[object], joint: str = ", ", most: int = NAMED) -> str:
    """The first ``most`` of the names, and how many more there are; one more is named instead of counted."""
    every = [str(name) for name in names]
    if len(every) <= most + 1:
        return joint.join(every)
    return f"{joint.join(every[:most])} and {len(every) - most} more"


def meant(name: str, known: Iterable[object]) -> str:
    """``; did you mean 'roc_auc'?``, to be put behind what says that there is no such name; empty without a guess."""
    guess = likely(name, known)
    return f"; did you mean {guess!r}?" if guess else ""


def likely(name: str, known: Iterable[object]) -> str:
    """The name that was probably meant, by its letters whatever their case; empty where none is like it."""
    by_letters = {str(each).casefold(): str(each) for each in known}
    close = difflib.get_close_matches(name.casefold(), by_letters, n=1)
    return by_letters[close[0]] if close else ""


def on_a_terminal(text: str, *, lines: bool = False) -> str:
    """The text with what steers a terminal escaped, in ``lines`` all but line ends: names of others may hold it."""
    return _STEERING.sub(lambda found: found[0] if lines and found[0] == "\n" else ascii(found[0])[1:-1], text)


def typed_word(name: str) -> str:
    """The name as one word of a shell's line; what is not printed is escaped."""
    return quote(name) if name.isprintable() else f"${name!a}"


def absent(wanted: Iterable[str], found: Container[str]) -> str:
    """The names that are wanted and not found, in words; empty where all are there."""
    return listed((name for name in dict.fromkeys(wanted) if name not in found), " and ")


def sizes(groups: Iterable[tuple[str, int]], least: int) -> str:
    """Groups with their rows. Those of fewer than ``least`` are counted: such a name is a value of somebody's row."""
    every = list(groups)
    named = listed(f"{name} ({rows} rows)" for name, rows in every if rows >= least)
    if not (unnamed := [rows for _, rows in every if rows < least]):
        return named
    counted = f"{len(unnamed)} of fewer than {least} rows each ({sum(unnamed)} rows)"
    return f"{named}, and {counted}" if named else counted
