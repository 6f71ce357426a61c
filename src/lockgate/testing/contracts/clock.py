"""What every clock must do."""
# ruff: noqa: S101 - asserts are what a test is made of

from datetime import date
from typing import Any


class ClockContract:
    """Inherit it, and say how to make a clock."""

    def make(self) -> Any:
        """The clock."""
        raise NotImplementedError

    def test_seconds_never_go_back(self) -> None:
        """Time that was taken is none or more."""
        clock = self.make()
        seen = [clock.seconds() for _ in range(100)]
        assert seen == sorted(seen)

    def test_a_day_is_a_day_and_no_moment(self) -> None:
        """Waivers expire by days; a moment compares with none."""
        assert type(self.make().today()) is date
