"""The libraries that measure."""

from typing import Protocol


class Libraries(Protocol):
    """The libraries that measure, as they are installed here."""

    def version(self, name: str) -> str | None:
        """The version of a library; ``None`` where it is not installed."""
