"""The project's own tests."""

from pathlib import Path
from typing import Protocol

from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.source import Source


class TestRunner(Protocol):
    """Runs the project's own tests."""

    def run(self, command: str, report: Path, source: Source, root: Path) -> TestsEvidence:
        """Run the command in ``root`` and read the JUnit report that it wrote. Raises ``DocumentError``."""
