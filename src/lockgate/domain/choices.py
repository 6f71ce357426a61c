"""Settings that name one of several things: Lockgate's own, or one that somebody else's package brings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from lockgate.domain.names import listed, meant
from lockgate.domain.ranges import notes

INSTALLED = r"[a-z0-9_-]+(\.[a-z0-9_-]+)+"
"""The name of what others bring has a dot, and no name of ours has one: ``acme.cost``."""


@dataclass(frozen=True)
class Choice:
    """One of these names, or that of something installed; ``short`` are other names that people give to some."""

    names: tuple[str, ...]
    short: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        installed = "the name of an installed one, such as package.name"
        return f"one of {listed(self.names)}, or {installed}" if self.names else installed

    def problem(self, value: object) -> str:
        """What is wrong with a value; empty where nothing is. A value that is no text is none of its business."""
        if not isinstance(value, str) or value in self.names or is_installed(value):
            return ""
        named = dict(self.short).get(value.casefold())
        guess = f"; did you mean {named!r}?" if named else meant(value, self.names)
        return f"{value!r} is not {self}{guess}"


def is_installed(name: str) -> bool:
    """Whether a name is of something that others bring."""
    return re.fullmatch(INSTALLED, name) is not None


def choices(kind: type) -> Mapping[str, Choice]:
    """The choice of every field of a dataclass that states one, by the field's name."""
    return notes(kind, Choice)


InstalledName = Annotated[str, Choice(())]
"""The name of something that others bring."""
