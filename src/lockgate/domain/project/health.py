"""What a delivery needs from the machine around it, and how that is."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a part is."""

    THERE = "there"
    MISSING = "missing"
    WRONG = "wrong"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Part:
    """One part: how it is, what was found, and the command that mends it. An optional one stops no delivery."""

    name: str
    state: State
    found: str
    remedy: str = ""
    optional: bool = False

    @property
    def blocks(self) -> bool:
        """Whether a delivery cannot do without what is not there."""
        return self.state is not State.THERE and not self.optional


@dataclass(frozen=True)
class Health:
    """Every part that was looked at, in order."""

    parts: tuple[Part, ...]

    @property
    def blocking(self) -> tuple[Part, ...]:
        """What has to be mended before a delivery can go through."""
        return tuple(part for part in self.parts if part.blocks)
