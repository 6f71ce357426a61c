"""What the verbs print: short lines for people, one JSON document with ``--json``."""

import functools
import sys
from collections.abc import Callable

import click

from lockgate.adapters.documents import encode
from lockgate.domain.verdict import Finding, Outcome, Verdict
from lockgate.errors import EXIT_PASSED, EXIT_REFUSED, EXIT_UNDECIDED
from lockgate.ports import StageReport, StageState

EXIT_CODES = {Outcome.PASSED: EXIT_PASSED, Outcome.REFUSED: EXIT_REFUSED, Outcome.UNDECIDED: EXIT_UNDECIDED}
COLOURS = {Outcome.PASSED: "green", Outcome.WAIVED: "yellow", Outcome.UNDECIDED: "magenta", Outcome.REFUSED: "red"}

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of lines.")
candidate_option = click.option("--candidate", metavar="NAME", help="Which candidate; default: the only one.")
release_option = click.option(
    "--release",
    "release_name",
    metavar="VERSION",
    help="Which release, by the start of its digest; default: that of the latest verdict.",
)


class Console:
    """Lines go to stdout, or to stderr where stdout is kept for a JSON document."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def line(self, text: str = "") -> None:
        """A line for people."""
        click.echo(text, err=self._as_json)
        # A pipeline's console shows progress as it happens, not when a buffer is full.
        (sys.stderr if self._as_json else sys.stdout).flush()

    def title(self, text: str) -> None:
        """The name of a station of the way."""
        self.line(click.style(text, bold=True))

    def stage(self, stage: StageReport) -> None:
        """A stage that is done."""
        # Why a stage runs was said when it started.
        rest = f" in {stage.seconds:.1f} s" if stage.state is StageState.RAN else f": {stage.why}"
        self.line(f"  {stage.state:<9}{stage.stage}{rest}")

    def verdict(self, verdict: Verdict) -> None:
        """Every finding, and what would make those pass that do not."""
        for finding in verdict.findings:
            self._finding(finding)
        self.line(
            f"  verdict on {verdict.candidate.subject.candidate} {verdict.content.short}: "
            + click.style(verdict.outcome.upper(), fg=COLOURS[verdict.outcome], bold=True)
        )

    def _finding(self, finding: Finding) -> None:
        outcome = click.style(f"{finding.outcome:<10}", fg=COLOURS[finding.outcome])
        self.line(f"  {outcome}{finding.gate}, {finding.rule}: {finding.message}")
        if finding.remedy:
            self.line(f"            -> {finding.remedy}")

    def document(self, document: object) -> None:
        """The JSON document, where one was asked for."""
        if self._as_json:
            click.echo(encode(document).decode(), nl=False)


def with_console(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command a ``console`` in place of the ``--json`` flag."""

    @json_option
    @functools.wraps(command)
    def wrapped(*args: object, as_json: bool, **kwargs: object) -> int:
        return command(*args, console=Console(as_json=as_json), **kwargs)

    return wrapped
