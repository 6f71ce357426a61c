"""What time it is."""

from datetime import date
from typing import Protocol


class Clock(Protocol):
    """The day that waivers expire by, and seconds to take the time with."""

    def today(self) -> date:
        """The day now, in UTC."""

    def seconds(self) -> float:
        """Seconds since some moment; they never go back."""
