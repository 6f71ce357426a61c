"""The verbs of the store: list, get, put, gc."""

from pathlib import Path

import click

from lockgate.cli.console import Console, with_console
from lockgate.cli.flags import VerbGroup
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.domain.numbers import shown
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.store.contents import ListedRelease, get_release, list_store, put_release
from lockgate.usecases.releasing.store.garbage import GRACE_DAYS, collect

MIB = 2**20


@click.group(cls=VerbGroup)
def store() -> None:
    """Look at where releases lie for everybody who has the repository.

    Which store that is, one line says: `store:` in params.yaml, or LOCKGATE_STORE; see docs/store.md.
    """


@store.command("list")
@with_console
@with_instruments
def list_(instruments: Instruments, console: Console) -> int:
    """List the releases in the store, the oldest first, with the environments that name them."""
    found = list_store(instruments)
    for each in found.releases:
        console.line(_line(each))
    console.line(f"{len(found.releases)} releases, {shown(found.bytes / MIB)} MiB, in {found.where}")
    console.document(found)
    return 0


@store.command()
@click.argument("release", required=False)
@with_console
@with_instruments
def put(instruments: Instruments, release: str | None, console: Console) -> int:
    """Put a RELEASE that lies in this working copy into the store; default: that of the latest verdict."""
    console.document(put_release(instruments, release, console.tell).manifest)
    return 0


@store.command()
@click.argument("reference")
@click.argument("into", type=click.Path(path_type=Path))
@with_console
@with_instruments
def get(instruments: Instruments, reference: str, into: Path, console: Console) -> int:
    """Copy the release that REFERENCE names from the store INTO a new folder.

    REFERENCE is the start of a digest, an environment, or a version in MLflow. What comes is held to its digest; see
    `lockgate verify` for who signed it.
    """
    digest = get_release(instruments, reference, into)
    console.line(f"release {digest} in {into}")
    console.document({"release": str(digest), "folder": str(into)})
    return 0


@store.command()
@click.option(
    "--older-than",
    type=click.IntRange(min=0),
    default=GRACE_DAYS,
    show_default=True,
    metavar="DAYS",
    help="Keep what was put in the last so many days.",
)
@click.option("--dry-run", is_flag=True, help="Say what is garbage, and remove nothing.")
@with_console
@with_instruments
def gc(instruments: Instruments, older_than: int, dry_run: bool, console: Console) -> int:  # noqa: FBT001
    """Remove what no commit of any branch or tag names.

    What an environment ever named stays, and so does what an approval names, what is young, and what another repository
    or model has put there. A clone that lacks commits of its remotes removes nothing.
    """
    found = collect(instruments, older_than, dry_run=dry_run)
    for each in found.looked:
        if each.garbage or console.verbose:
            done = ("removed" if found.removed else "garbage") if each.garbage else "kept"
            console.line(f"{done}  {each.kind} {each.digest.short}  {shown(each.bytes / MIB)} MiB: {each.why}")
    total = shown(sum(each.bytes for each in found.garbage) / MIB)
    done = "removed" if found.removed else "would be removed"
    kept = len(found.looked) - len(found.garbage)
    console.line(f"{len(found.garbage)} of {len(found.looked)} {done}, {total} MiB; {kept} kept, in {found.where}")
    console.document(found)
    return 0


def _line(each: ListedRelease) -> str:
    size, day = f"{shown(each.bytes / MIB)} MiB", each.put_at[:10]
    if each.problem:
        return f"{each.release.short}  {size}  put {day}  cannot be read: {each.problem}"
    names = f"  {', '.join(each.environments)}" if each.environments else ""
    signed = "signed" if each.signed else "not signed"
    content = each.content.short if each.content else ""
    made = f"{each.release.short}  {each.model}  content {content}  commit {each.commit[:12]}"
    return f"{made}  {size}  put {day}  {signed}{names}"
