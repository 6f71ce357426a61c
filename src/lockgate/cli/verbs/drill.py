"""The verb that tests the gates: drill."""

import click

from lockgate.cli.console import EXIT_CODES, Console, candidate_option, with_console
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.drill.drill_all import drill_all


@click.command()
@candidate_option
@click.option("--only", metavar="TEXT", help="Only plants with this text in their name or their gate.")
@with_console
@with_instruments
def drill(instruments: Instruments, candidate: str | None, only: str | None, console: Console) -> int:
    """Prove that the gates hold: plant bad candidates, each must be stopped by the gate meant for it.

    A forged release and forged approvals must be refused as well.

    The sound candidate, which is the champion here, and a twin of it that is trained anew must pass. 0: all went as
    they must, 3: one got through or the twin was held, 4: one could not be planted. Nothing of the project changes.
    """
    report = drill_all(instruments, candidate, only, console.tell)
    console.document(report)
    return EXIT_CODES[report.outcome]
