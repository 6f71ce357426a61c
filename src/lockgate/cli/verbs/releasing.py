"""The verbs of a release: release, register, promote."""

import click

from lockgate.cli.console import Console, candidate_option, release_option, with_console
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.promote import promote_release
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


@click.command()
@click.argument("environment")
@release_option
@click.option(
    "--push", "branch", metavar="BRANCH", help="Push the commit to this branch of origin, as a pipeline must."
)
@with_console
@with_instruments
def promote(
    instruments: Instruments, environment: str, release_name: str | None, branch: str | None, console: Console
) -> int:
    """Point ENVIRONMENT at a release: a commit to deploy/ENVIRONMENT.yaml.

    The release's evidence is judged again, against this environment's champion, before anything is committed.
    """
    promotion = promote_release(instruments, environment, release_name, branch, console.tell)
    done = f"commit {promotion.commit[:12]}" if promotion.commit else "it did already; nothing to commit"
    named = promotion.reference
    console.line(f"{promotion.environment} names {named.name} {named.release.short}: {done}")
    console.document(promotion)
    return 0
