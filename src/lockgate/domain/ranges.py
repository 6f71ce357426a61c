"""What every policy demands of its limits: the range of each number stands in its annotation, and nowhere else."""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")
_BEYOND = 10**300
"""No float holds many more digits, and nothing that is measured has as many."""


@dataclass(frozen=True)
class Range:
    """The finite numbers that a setting takes; ``what`` such a number is, where that helps whoever gave another."""

    least: float | None = None
    most: float | None = None
    below: float | None = None
    what: str = ""

    def __str__(self) -> str:
        bounds = {"at least": self.least, "at most": self.most, "below": self.below}
        words = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)
        return f"{words}: {self.what}" if self.what else words

    def demand(self, name: str, value: float) -> None:
        """Raise ``ValueError`` for a number that is none of them."""
        if isinstance(value, int) and abs(value) >= _BEYOND:
            raise ValueError(f"{name} is too {'large' if value > 0 else 'small'}: about {_power(value)}")
        if not math.isfinite(value):
            raise ValueError(f"{name} must be finite: an infinite limit or NaN would turn the gate into a rubber stamp")
        if self.least is not None and value < self.least:
            raise ValueError(f"{name} is too small: {value:g}; it must be {self}")
        if (self.most is not None and value > self.most) or (self.below is not None and value >= self.below):
            raise ValueError(f"{name} is too large: {value:g}; it must be {self}")


def _power(value: int) -> str:
    return f"{'-' if value < 0 else ''}1e{math.log10(abs(value)):.0f}"


@dataclass(frozen=True)
class OfTasks:
    """The tasks that a setting is for; it asks nothing of any other."""

    tasks: tuple[str, ...]


def of_tasks(*tasks: str) -> OfTasks:
    """The note on a setting that is for these tasks alone: ``Annotated[Share, of_tasks("binary")]``."""
    return OfTasks(tasks)


Finite = Annotated[float, Range()]
Limit = Annotated[float, Range(0)]
Probability = Annotated[float, Range(0, 1, what="on the scale of probabilities, not a percentage")]
Share = Annotated[float, Range(0, 1, what="a share, not a percentage")]
FromOne = Annotated[float, Range(1)]
Count = Annotated[int, Range(0)]
OneOrMore = Annotated[int, Range(1)]
Alpha = Annotated[float, Range(1e-3, below=0.5, what="the chance that a bound is wrong")]
"""A bound that is wrong half the time bounds nothing; 2,000 resamples have no tail beyond a thousandth."""


def demand_ranges(policy: object) -> None:
    """Raise ``ValueError`` for the first number of a policy that its annotation does not allow."""
    for name, allowed in ranges(type(policy)).items():
        value = getattr(policy, name)
        if value is not None:
            allowed.demand(name, value)


def ranges(kind: type) -> Mapping[str, Range]:
    """The range of every field of a dataclass that states one, by the field's name."""
    return notes(kind, Range)


def notes(kind: type, of: type[T]) -> Mapping[str, T]:
    """What the annotations of a dataclass's fields say of that class, by the field's name."""
    sort: type = of
    return _notes(kind, sort)


@functools.cache
def _notes(kind: type, of: type) -> Mapping[str, Any]:
    """Annotations stay what they are, and are asked about whenever a document is read."""
    hints = get_type_hints(kind, include_extras=True)
    return MappingProxyType({name: found for name, hint in hints.items() if (found := _note(hint, of)) is not None})


def _note(hint: object, of: type[T]) -> T | None:
    """The note in an annotation, or in a part of it: ``Limit``, ``Limit | None``."""
    stated = (note for part in (hint, *get_args(hint)) for note in getattr(part, "__metadata__", ()))
    return next((note for note in stated if isinstance(note, of)), None)


def applies(kind: type, name: str, task: str) -> bool:
    """Whether a field of a dataclass asks anything of a task."""
    note = notes(kind, OfTasks).get(name)
    return note is None or task in note.tasks
