"""The verbs that change what an environment should serve: promote."""

import click

from lockgate.cli.console import Console, release_option, with_console
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.errors import InputError
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.promote import Promotion, promote_release

push_option = click.option(
    "--push", "branch", metavar="BRANCH", help="Push the commit to this branch of origin, as a pipeline must."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done and what refuses; do nothing.")


@click.command()
@click.argument("environment")
@click.argument("release", required=False)
@release_option
@push_option
@dry_run_option
@with_console
@with_instruments
def promote(
    instruments: Instruments,
    environment: str,
    release: str | None,
    release_name: str | None,
    branch: str | None,
    console: Console,
    *,
    dry_run: bool,
) -> int:
    """Point ENVIRONMENT at RELEASE, or at that of the latest verdict: a commit to deploy/ENVIRONMENT.yaml.

    The release's evidence is judged again, against this environment's champion, before anything is committed.
    """
    version = one_of(release, release_name)
    promotion = promote_release(instruments, environment, version, branch, console.tell, dry_run=dry_run)
    say(promotion, console)
    console.document(promotion)
    return promotion.exit_code


def one_of(release: str | None, release_name: str | None) -> str | None:
    """The release that was named, as an argument or by ``--release``."""
    if release and release_name and release != release_name:
        raise InputError(f"two releases are named, {release} and {release_name}", hint="name one")
    return release or release_name


def say(done: Promotion, console: Console) -> None:
    """What an environment names now; of a dry run, what would be committed and what refuses."""
    named = f"{done.environment} names {done.reference.name} {done.reference.release.short}"
    if done.commit:
        console.line(f"{named}: commit {done.commit[:12]}" + (f", pushed to {done.pushed}" if done.pushed else ""))
        return
    if not (done.message or done.refused):
        console.line(f"{named}: it did already; nothing to commit" + (f", {done.pushed} has it" if done.pushed else ""))
        return
    for reason in done.refused:
        console.line(f"refused: {reason}")
    would = "would be committed, if nothing refused" if done.refused else "would be committed"
    if done.message:
        console.line(f"dry run: this {would}:\n")
        console.line("".join(f"    {line}".rstrip() + "\n" for line in done.message.splitlines()))
