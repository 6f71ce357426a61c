"""The verbs that trace: lineage, diff, log."""

from pathlib import Path

import click

from lockgate.cli.console import Console, with_console
from lockgate.cli.tracing.difference import difference_lines
from lockgate.cli.tracing.lineage import lineage_lines
from lockgate.cli.tracing.log import log_lines
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.lineage.compare import compare
from lockgate.usecases.releasing.lineage.log import environment_log
from lockgate.usecases.releasing.lineage.tell import event_lines, write_events
from lockgate.usecases.releasing.lineage.trace import trace

STDOUT = "-"


@click.command()
@click.argument("reference", metavar="REF")
@click.option("--at", "when", metavar="TIME", help="Of an environment: what it named then. Without a zone, it is UTC.")
@click.option(
    "--openlineage",
    "events",
    type=click.Path(path_type=Path, allow_dash=True, dir_okay=False, resolve_path=True),
    metavar="FILE",
    help="Write it as OpenLineage events, a line each; - is stdout.",
)
@with_console
@with_instruments
def lineage(instruments: Instruments, reference: str, when: str | None, events: Path | None, console: Console) -> int:
    """Trace what REF names to its data, commits, params, stages, evidence, verdict, approvals and promotions.

    REF is a release by the start of its digest, or an environment. What cannot be confirmed here is marked with `?`.
    """
    told = trace(instruments, reference, when)
    if events is not None and events.name == STDOUT:
        for event in event_lines(instruments, told):
            click.echo(event)
        return 0
    for line in lineage_lines(told):
        console.line(line)
    if events is not None:
        console.line(f"{write_events(instruments, told, events)} OpenLineage events in {events}")
    console.document(told)
    return 0


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@with_console
@with_instruments
def diff(instruments: Instruments, first: str, second: str, console: Console) -> int:
    """Show what changed from release A to release B: data, params, code, policy, measures, gates, packages, columns.

    A and B are what `lockgate lineage` takes.
    """
    told = compare(instruments, first, second)
    for line in difference_lines(told):
        console.line(line)
    console.document(told)
    return 0


@click.command()
@click.argument("environment")
@click.option("--verify", is_flag=True, help="Open every release that it named, and say whether it verifies.")
@with_console
@with_instruments
def log(instruments: Instruments, environment: str, *, verify: bool, console: Console) -> int:
    """Show what ENVIRONMENT named, since when, until when, by whom and why.

    Read from the commits of deploy/ENVIRONMENT.yaml on the first line of the history of what is checked out.
    """
    told = environment_log(instruments, environment, verify=verify)
    for line in log_lines(told):
        console.line(line)
    console.document(told)
    return 0
