"""The verbs that show what is there: status, parity."""

from pathlib import Path

import click

from lockgate.cli.console import EXIT_CODES, Console, candidate_option, with_console
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.errors import InputError
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.reviewing import status as telling
from lockgate.usecases.reviewing.parity_page import show_parity
from lockgate.usecases.serving.packaged_parity import PackagedReport, compare_bento, compare_image


@click.command()
@with_console
@with_instruments
def status(instruments: Instruments, console: Console) -> int:
    """Show what is the champion, what is the candidate, and what blocks it."""
    report = telling.status(instruments.project(), instruments.repository(), instruments.stage_lock())
    changed = "" if report.source.clean else f" with {len(report.source.changed)} uncommitted changes"
    console.line(f"{report.model} at {report.source.commit[:12]}{changed}")
    for name, champion in report.champions.items():
        serves = f"release {champion.release.short}, content {champion.content.short}" if champion else "none yet"
        here = f"; deploy/{name}.yaml here is not as committed" if name in report.uncommitted else ""
        console.line(f"  champion of {name}: {serves}{here}")
    for candidate in report.candidates:
        content = candidate.content.short if candidate.content else "none yet"
        serving = f", served by {' and '.join(candidate.serves)}" if candidate.serves else ""
        console.line(
            f"  candidate {candidate.name}: content {content}{serving}, verdict {candidate.outcome or 'none yet'}"
        )
        for reason in candidate.blocked_by:
            console.line(f"    blocked by {reason}")
    console.unread(report.unread)
    if report.rows_judged and report.rows_judged.candidates:
        console.line(f"  note: {report.rows_judged.text}")
    console.document(report)
    return 0


@click.command()
@candidate_option
@click.option(
    "--bento",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    metavar="PATH",
    help="Ask this Bento, served now.",
)
@click.option("--image", metavar="REF", help="Ask this release's image, run now.")
@with_console
@with_instruments
def parity(
    instruments: Instruments, candidate: str | None, bento: Path | None, image: str | None, console: Console
) -> int:
    """Judge the stored parity evidence again and draw its page; runs no model.

    With --bento or --image: run the held-out rows through a packaged release, and compare with the judged model. The
    exit code is that of the gate: 0 passed, 3 refused, 4 undecided.
    """
    if sum(given is not None for given in (candidate, bento, image)) > 1:
        raise InputError("--candidate, --bento and --image exclude each other", hint="give one of them")
    if bento is not None:
        return _tell(console, compare_bento(instruments, bento))
    if image is not None:
        return _tell(console, compare_image(instruments, image))
    report = show_parity(instruments, candidate)
    console.findings(report.findings)
    console.line(f"  the whole picture: {report.page}")
    console.document(report)
    return EXIT_CODES[report.outcome]


def _tell(console: Console, report: PackagedReport) -> int:
    console.findings(report.findings)
    console.line(f"  evidence: {report.evidence}")
    console.document(report)
    return EXIT_CODES[report.outcome]
