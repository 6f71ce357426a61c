"""Evidence on the tests: what the JUnit report of one run says. Facts only, never a verdict."""

from dataclasses import dataclass
from typing import Literal

from lockgate.domain.identity import Digest
from lockgate.domain.source import Source


@dataclass(frozen=True)
class TestsEvidence:
    """One run of the project's own tests, as its JUnit report told it, and the source that it ran on.

    ``unread`` are files that git does not have and that surely no test read: no part of the source. ``unread_pages``
    are pages of the commit that surely no test read: a later commit may change them. Evidence of before has none.
    """

    __test__ = False  # not a test class, whatever pytest thinks of the name

    source: Source
    command: str
    exit_code: int
    tests: int
    failures: int
    errors: int
    skipped: int
    failed: tuple[str, ...]
    report: Digest
    unread: tuple[str, ...] = ()
    method: str = ""
    unread_pages: tuple[str, ...] = ()
    schema: Literal["lockgate/evidence/tests/1"] = "lockgate/evidence/tests/1"

    @property
    def ran(self) -> int:
        """How many tests really ran."""
        return self.tests - self.skipped
