"""The verbs of the store: store list, store put."""

import click

from lockgate.cli.console import Console, with_console
from lockgate.cli.flags import VerbGroup
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.domain.numbers import shown
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.store.contents import ListedRelease, list_store, put_release

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


def _line(each: ListedRelease) -> str:
    size, day = f"{shown(each.bytes / MIB)} MiB", each.put_at[:10]
    if each.problem:
        return f"{each.release.short}  {size}  put {day}  cannot be read: {each.problem}"
    names = f"  {', '.join(each.environments)}" if each.environments else ""
    signed = "signed" if each.signed else "not signed"
    content = each.content.short if each.content else ""
    made = f"{each.release.short}  {each.model}  content {content}  commit {each.commit[:12]}"
    return f"{made}  {size}  put {day}  {signed}{names}"
