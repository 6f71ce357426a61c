"""A clock that somebody holds."""

from dataclasses import dataclass
from datetime import date


@dataclass
class FakeClock:
    """Says what day you give it; each look at its seconds is ``step`` later than the one before."""

    day: date = date(2026, 1, 1)
    step: float = 0.0
    now: float = 0.0

    def today(self) -> date:
        """The day that you gave."""
        return self.day

    def seconds(self) -> float:
        """The steps so far."""
        self.now += self.step
        return self.now
