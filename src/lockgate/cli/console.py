"""What the verbs print: short lines for people, one JSON document with ``--json``."""

import functools
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout

import click

from lockgate.cli.flags import JSON, VERBOSE
from lockgate.cli.wiring.project import encode
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.names import NAMED, listed, on_a_terminal
from lockgate.domain.numbers import shown
from lockgate.domain.reviewing.headlines import headlines, unused
from lockgate.errors import EXIT_PASSED, EXIT_REFUSED, EXIT_UNDECIDED
from lockgate.usecases.project.events import Event

EXIT_CODES = {Outcome.PASSED: EXIT_PASSED, Outcome.REFUSED: EXIT_REFUSED, Outcome.UNDECIDED: EXIT_UNDECIDED}
BAR = 20
COLOURS = {
    Outcome.PASSED: "green",
    Outcome.WAIVED: "yellow",
    Outcome.WARNED: "yellow",
    Outcome.UNDECIDED: "magenta",
    Outcome.REFUSED: "red",
}

json_option, verbose_option = (click.option(*names, is_flag=True, help=told) for names, told in (JSON, VERBOSE))
candidate_option = click.option("--candidate", metavar="NAME", help="Which candidate.")
release_option = click.option(
    "--release",
    "release_name",
    metavar="VERSION",
    help="Which release, by the start of its digest or its environment; default: that of the latest verdict.",
)


class Console:
    """Lines go to stdout, or to stderr where stdout is kept for a JSON document."""

    def __init__(self, *, as_json: bool = False, verbose: bool = False) -> None:
        self._as_json, self.verbose = as_json, verbose
        self._stdout = sys.stdout

    def line(self, text: str = "") -> None:
        """A line for people."""
        click.echo(text, err=self._as_json, color=False if os.environ.get("NO_COLOR") else None)
        # A pipeline's console shows progress as it happens, not when a buffer is full.
        (sys.stderr if self._as_json else sys.stdout).flush()

    def listed(self, names: Iterable[object], most: int = NAMED) -> str:
        """Names in a line: ``most`` of them, or with ``--verbose`` all."""
        every = [*names]
        return listed(every, most=len(every) if self.verbose else most)

    def title(self, text: str) -> None:
        """The name of a station of the way."""
        self.line(click.style(text, bold=True))

    def tell(self, event: Event) -> None:
        """What happened on the way, in the words of its station, ``lockgate.cli.words``."""
        station = type(event).__module__.split(".")[2]
        words = importlib.import_module(f"lockgate.cli.words.{station}").WORDS
        words[type(event)](self, event)

    def verdict(self, verdict: Verdict, where: str = "") -> None:
        """A line for each gate, in full what did not pass and what would make it pass; ``where`` all of it stands."""
        self.findings(verdict.findings, verdict.policy.accuracy.metric)
        if verdict.off:
            self.line(f"  {'off':<10}{', '.join(verdict.off)}")
        for waiver in verdict.unused_waivers:
            self.line(f"  note: {unused(waiver)}")
        if (counted := verdict.rows_judged) and (counted.candidates or self.verbose):
            self.line(f"  note: {counted.told if self.verbose else counted.text}")
        told = f"; every finding: {where}" if where and not self.verbose else ""
        self.line(
            f"  verdict on {verdict.candidate.subject.candidate} {verdict.content.short}: "
            + click.style(verdict.outcome.upper(), fg=COLOURS[verdict.outcome], bold=True)
            + told
        )

    def findings(self, findings: Sequence[Finding], metric: str = "") -> None:
        """A line for each gate, and in full, with its remedy, what did not pass; with ``--verbose`` every finding."""
        if self.verbose:
            for finding in findings:
                self._finding(finding)
            return
        for headline in headlines(findings, metric):
            if headline.passed:
                self.line(f"  {_outcome(headline.outcome)}{headline.text}")
            for finding in headline.in_full:
                self._finding(finding)

    def unread(self, pages: Sequence[str]) -> None:
        """A note on pages that later commits changed, and that make no verdict stale."""
        if pages:
            self.line(f"  note: changed since, and read by neither tests nor stages: {self.listed(pages)}")

    def _finding(self, finding: Finding) -> None:
        told = on_a_terminal(f"{finding.gate}, {finding.rule}: {finding.message}")
        self.line(f"  {_outcome(finding.outcome)}{told}")
        if finding.remedy:
            self.line(f"            -> {on_a_terminal(finding.remedy)}")

    @contextmanager
    def progress(self, name: str) -> Iterator["Progress"]:
        """Shows the epochs of a training."""
        progress = Progress(self, name, redraw=sys.stderr.isatty() and os.environ.get("TERM") != "dumb")
        try:
            yield progress
        finally:
            progress.end()

    def document(self, document: object) -> None:
        """The JSON document, where one was asked for."""
        if self._as_json:
            click.echo(encode(document), nl=False, file=self._stdout)


def _outcome(outcome: Outcome) -> str:
    return click.style(f"{outcome:<10}", fg=COLOURS[outcome])


def numbers(metrics: Mapping[str, float | None]) -> str:
    """Metrics in a line."""
    return ", ".join(f"{name} {'none' if value is None else shown(value)}" for name, value in metrics.items())


class Progress:
    """A bar for each epoch, with its metrics and the time left; on a terminal in one line that is drawn again."""

    def __init__(self, console: Console, name: str, *, redraw: bool) -> None:
        self._console, self._name, self._redraw = console, name, redraw
        self._first: tuple[int, float] | None = None
        self._drawn = False

    def __call__(self, number: int, of: int, metrics: Mapping[str, float]) -> None:
        """An epoch has ended; there are ``of`` at most."""
        now = time.monotonic()
        # Up to its first report a training loads its framework and its rows: no measure of an epoch.
        self._first = self._first or (number, now)
        done, since = number - self._first[0], now - self._first[1]
        left = f"at most {since / done * (of - number):.0f} s left" if done else ""
        bar = "#" * round(BAR * number / of)
        text = f"{self._name} [{bar:-<{BAR}}] epoch {number}/{of}  {numbers(metrics)}  {left}"
        self._drawn = True
        if self._redraw:
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)
        else:
            self._console.line(text)

    def end(self) -> None:
        """Leave the line."""
        if self._redraw and self._drawn:
            click.echo(err=True)


def with_console(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command a ``console`` in place of the flags ``--json`` and ``--verbose``."""

    @json_option
    @verbose_option
    @functools.wraps(command)
    def wrapped(*args: object, as_json: bool, verbose: bool, **kwargs: object) -> int:
        console = Console(as_json=as_json, verbose=verbose)
        # The project's code and that of packages may print: it must not stand before or in the document.
        with redirect_stdout(sys.stderr) if as_json else nullcontext():
            return command(*args, console=console, **kwargs)

    return wrapped
