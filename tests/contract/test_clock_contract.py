"""Both clocks."""

from datetime import UTC, datetime

from lockgate.adapters.clock import SystemClock
from lockgate.testing import FakeClock
from lockgate.testing.contracts import ClockContract


class TestSystemClock(ClockContract):
    def make(self):
        return SystemClock()


class TestFakeClock(ClockContract):
    def make(self):
        return FakeClock(step=0.5)


def test_the_systems_day_is_that_of_utc():
    before = datetime.now(UTC).date()
    assert before <= SystemClock().today() <= datetime.now(UTC).date()
