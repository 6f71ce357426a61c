"""The verbs that trace: log."""

import click

from lockgate.cli.console import Console, with_console
from lockgate.cli.tracing.log import log_lines
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.lineage.log import environment_log


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
