"""The clock of this machine."""

import time
from datetime import UTC, date, datetime


class SystemClock:
    """The clock port by the system's own clocks."""

    def today(self) -> date:
        """The day now, in UTC."""
        return datetime.now(UTC).date()

    def seconds(self) -> float:
        """Seconds since some moment; they never go back."""
        return time.perf_counter()
