"""Plants of the tests gate: a report without a test, and a run on another commit."""

from dataclasses import replace

from lockgate.domain.judging.protocol.reason import Reason
from lockgate.usecases.judging.drill.plant import Bed, Planted, Simple

EMPTY = '<testsuites><testsuite name="none" tests="0" failures="0" errors="0" skipped="0"/></testsuites>'


def other_commit(bed: Bed) -> Planted:
    """The tests ran on another commit."""
    first = "1" if bed.source.commit.startswith("0") else "0"
    return Planted(source=replace(bed.source, commit=first + bed.source.commit[1:]))


def empty_report(_: Bed) -> Planted:
    """The tests left a report, and no test in it."""
    return Planted(report=EMPTY)


PLANTS = (
    Simple("evidence of another commit", "tests", (Reason.NOT_FRESH,), other_commit, place=24),
    Simple("an empty test report", "tests", (Reason.NO_TEST_RAN,), empty_report, place=26),
)
