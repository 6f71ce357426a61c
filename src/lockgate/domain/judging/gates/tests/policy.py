"""The policy of the tests gate."""

from dataclasses import dataclass

from lockgate.domain.ranges import Count, OneOrMore, demand_ranges


@dataclass(frozen=True)
class TestsPolicy:
    """The project's own tests: at least ``min_tests`` ran, none failed, at most ``max_skipped`` were skipped."""

    __test__ = False

    min_tests: OneOrMore = 1
    max_skipped: Count = 0

    def __post_init__(self) -> None:
        demand_ranges(self)
