"""The verbs of a release: release, register."""

import click

from lockgate.cli.console import Console, candidate_option, release_option, with_console
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.register import register_release
from lockgate.usecases.releasing.seal import seal_candidate


@click.command()
@candidate_option
@with_console
@with_instruments
def release(instruments: Instruments, candidate: str | None, console: Console) -> int:
    """Seal a passed candidate into an immutable release under build/releases/.

    Demands a `passed` verdict for exactly this content, and params.yaml as in the latest commit; sealing the same thing
    again gives the same digest.
    """
    sealed, _ = seal_candidate(instruments, candidate, console.tell)
    console.document(sealed.manifest)
    return 0


@click.command()
@release_option
@with_console
@with_instruments
def register(instruments: Instruments, release_name: str | None, console: Console) -> int:
    """Register a release as a model version in MLflow, with the alias `challenger`."""
    console.document(register_release(instruments, release_name, console.tell))
    return 0
