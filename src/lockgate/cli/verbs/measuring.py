"""The verb that collects evidence: check."""

import click

from lockgate.cli.console import Console, candidate_option, with_console
from lockgate.cli.flags import Choice
from lockgate.cli.stages import as_stage
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.usecases.measuring import check as checking
from lockgate.usecases.project.instruments import Instruments


@click.command()
@click.argument("kinds", nargs=-1, type=Choice(checking.KINDS), metavar="[KINDS]...")
@candidate_option
@click.option(
    "--against", "environment", metavar="ENVIRONMENT", help="Whose champion is asked; default: the first environment's."
)
@with_console
@with_instruments
@as_stage
def check(
    instruments: Instruments,
    kinds: tuple[str, ...],
    candidate: str | None,
    environment: str | None,
    console: Console,
) -> int:
    """Collect evidence of the given KINDS.

    They are: tests, champion, data, accuracy, parity, explanation, robustness, latency, reference, plugins.

    Without KINDS all are collected; with `--candidate`, or as a stage of dvc.yaml, those that a stage can make of one
    candidate: data, accuracy, parity, explanation, robustness, and plugins, which is what gates of others measure. That
    the policy asks for them does not matter: a gate that is added to it finds its evidence there.

    A check measures and never decides: a failing test or a bad metric is evidence, and the exit code is 0.
    `champion` asks the environment's champion the rows that the candidates are judged on; `latency` takes the time of
    candidate and champion in turns, by default of the candidate that wins the selection. `reference` fits a
    model that explains itself on the training rows, once for all; without KINDS it does where the policy asks for it.
    """
    console.document(checking.check(instruments, kinds, candidate, environment, console.tell))
    return 0
