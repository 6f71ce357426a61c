"""What happens on the way, told as typed values while it happens: the command line words them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Event:
    """Something that happened. Each station tells its own, in its ``events``."""


Tell: TypeAlias = Callable[[Event], None]
