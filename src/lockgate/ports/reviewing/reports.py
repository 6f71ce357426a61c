"""What people and other tools read."""

from collections.abc import Sequence
from typing import Protocol

from lockgate.domain.judging.deciding.judgement import ModelJudgement
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.fairness.group_figures import GroupTable
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.making.selection import Limits, Selection
from lockgate.domain.reviewing.worst_errors import WorstError


class Pages(Protocol):
    """Draws pages for people."""

    def parity(self, evidence: ParityEvidence, findings: Sequence[Finding]) -> str:
        """One self-contained HTML page; equal evidence gives equal text."""


class JudgementPages(Protocol):
    """Draws what is said of a file."""

    def judgement(self, judgement: ModelJudgement) -> str:
        """One self-contained HTML page; an equal judgement gives equal text."""


class Plots(Protocol):
    """Draws pictures for people."""

    def selection(self, selection: Selection, limits: Limits) -> str:
        """One self-contained SVG: metric against fairness, a point for each candidate; equal values give equal text."""


class Reports(Protocol):
    """Writes a verdict for others than Lockgate."""

    def junit(self, verdict: Verdict) -> str:
        """JUnit XML: a gate is a test case; refused is a failure, undecided an error, off is skipped."""

    def markdown(self, verdict: Verdict, worst: Sequence[WorstError] = (), groups: Sequence[GroupTable] = ()) -> str:
        """Markdown: every finding in a table, with what would make it pass; then what groups get, and worst errors."""
