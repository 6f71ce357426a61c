"""The verbs that change what an environment should serve: approve, promote, rollback."""

import click

from lockgate.cli.console import Console, release_option, with_console
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.errors import InputError
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.desired_state.approve import approve_release
from lockgate.usecases.releasing.desired_state.outcome import Changed
from lockgate.usecases.releasing.desired_state.promote import promote_release
from lockgate.usecases.releasing.desired_state.rollback import roll_back

push_option = click.option(
    "--push", "branch", metavar="BRANCH", help="Push the commit to this branch of origin, as a pipeline must."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done and what refuses; do nothing.")


@click.command()
@click.argument("release", required=False)
@click.option("--environment", metavar="NAME", required=True, help="For which environment.")
@click.option("--on-behalf-of", metavar="NAME", help="Record the approval of another person, as a pipeline does.")
@click.option("--push", is_flag=True, help="Push the tag to origin: an approval that is here alone counts here alone.")
@dry_run_option
@with_console
@with_instruments
def approve(
    instruments: Instruments,
    release: str | None,
    environment: str,
    on_behalf_of: str | None,
    console: Console,
    *,
    push: bool,
    dry_run: bool,
) -> int:
    """Approve RELEASE, or that of the latest verdict, for an environment.

    It is a tag that git signs with your key, and that names environment and the release's whole digest.
    """
    done = approve_release(instruments, release, environment, on_behalf_of, push=push, dry_run=dry_run)
    named = f"{done.reference.name} {done.reference.release.short} for {done.environment}"
    if dry_run:
        console.line(f"dry run: {done.person} would approve {named}, by the tag {done.tag}")
    else:
        was = "approves" if done.made else "has approved"
        console.line(f"{done.person} {was} {named}: tag {done.tag}" + (", pushed to origin" if done.pushed else ""))
    for other in done.approved.others:
        console.line(f"  note: {other.tag} does not count: {other.problem}")
    if not done.demanded:
        console.line(f"  note: the policy demands no approval for {done.environment}")
    if done.approved.missing:
        console.line(f"  still missing: {done.approved.missing}")
    console.document(done)
    return 0


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


@click.command()
@click.argument("environment")
@click.option("--to", "version", metavar="RELEASE", help="Which one; default: the one served before the present one.")
@click.option(
    "--reason", default="", metavar="TEXT", help="Why; the commit says it, and `lockgate log ENVIRONMENT` shows it."
)
@push_option
@dry_run_option
@with_console
@with_instruments
def rollback(
    instruments: Instruments,
    environment: str,
    version: str | None,
    reason: str,
    branch: str | None,
    console: Console,
    *,
    dry_run: bool,
) -> int:
    """Point ENVIRONMENT back at a release that it has named before: a commit, without judging again.

    The release must verify. `git revert` of a promotion makes the same state.
    """
    done = roll_back(instruments, environment, version, branch, console.tell, reason=reason, dry_run=dry_run)
    say(done, console)
    if not (version or done.commit or done.message or done.refused):
        console.line(f"  further back: lockgate rollback {done.environment} --to RELEASE")
    console.document(done)
    return done.exit_code


def one_of(release: str | None, release_name: str | None) -> str | None:
    """The release that was named, as an argument or by ``--release``."""
    if release and release_name and release != release_name:
        raise InputError(f"two releases are named, {release} and {release_name}", hint="name one")
    return release or release_name


def say(done: Changed, console: Console) -> None:
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
