"""The verb of the whole way: deliver."""

import click

from lockgate.cli.console import EXIT_CODES, Console, candidate_option, with_console
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.usecases.deliver import way
from lockgate.usecases.project.instruments import Instruments


@click.command()
@candidate_option
@with_console
@with_instruments
def deliver(instruments: Instruments, candidate: str | None, console: Console) -> int:
    """Run the whole way on this machine: run, select, check, gate, release, register, package, a served prediction.

    Nothing is done twice: a second delivery of the same commit retrains nothing and registers nothing.
    """
    delivery = way.deliver(instruments, candidate, console.tell)
    console.document(delivery)
    return EXIT_CODES[delivery.verdict.outcome]
