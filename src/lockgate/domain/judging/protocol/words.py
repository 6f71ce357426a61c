"""What a gate says of itself: its policy in words, and the figures of what passed."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.model.task import TaskKind
from lockgate.domain.names import listed
from lockgate.domain.numbers import shown
from lockgate.domain.ranges import applies

BOUND: Final = "a bound is wrong with a chance of at most {}"
ALWAYS: Final = ""
"""The key of what a gate demands whatever its settings are."""
_DEMAND = re.compile(r"((?:most|least|above|below) \S+) (?:demanded|allowed)$")


@dataclass(frozen=True)
class Told:
    """What is known where a policy is put into words: the project's metric, and what the held-out rows can decide.

    Of the tables the ``task``, the ``quantiles`` that a regression answers, the column with the ``time`` of a row, and
    that of the ``group`` of rows that depend on each other.
    """

    metric: str = ""
    decidable: str = ""
    task: TaskKind = "binary"
    quantiles: tuple[float, ...] = ()
    time: str = ""
    group: str = ""


Line: TypeAlias = str | Mapping[str, str]
"""The words of a setting, or those for each task."""
Words: TypeAlias = Mapping[str, Line] | Callable[[Any, Told], Iterable[str]]
"""The words of each setting, ``{}`` for its value; or a function where a demand is more than one setting in a line."""
Figures = Callable[[Mapping[str, Finding], str], str]
"""From what passed, by rule, and the project's metric to the figures that a line has room for."""


def in_words(words: Words, settings: object, told: Told) -> Iterator[str]:
    """Lines on what the settings demand; what is ``None``, empty, or of other tasks asks for nothing."""
    if not isinstance(words, Mapping):
        yield from words(settings, told)
        return
    for key, line in words.items():
        if key == ALWAYS:
            yield str(line)
            continue
        value = getattr(settings, key, None)
        asks = value is not None and value != () and applies(type(settings), key, told.task)
        if asks:
            yield (line if isinstance(line, str) else line[told.task]).format(said(value))


def said(value: object) -> str:
    """A setting's value as a sentence has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return listed(map(said, value), " and ")
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def clause(found: Finding) -> str:
    """The first part of a finding's message, its demand without the last word."""
    return _DEMAND.sub(r"\1", found.message.partition("; ")[0])


def with_bounds(found: Finding, *, signed: bool = False) -> str:
    """What was measured with its interval; the message where there is none."""
    if found.measured is None or found.interval is None:
        return found.message
    value, low, high = (shown(v, signed=signed) for v in (found.measured, found.interval.low, found.interval.high))
    return f"{value} [{low}, {high}]"
