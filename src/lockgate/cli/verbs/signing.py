"""The verbs of signatures: keys, verify."""

from pathlib import Path

import click

from lockgate.cli.console import Console, with_console
from lockgate.cli.flags import VerbGroup
from lockgate.cli.wiring.instruments import instruments_at, with_instruments
from lockgate.cli.wiring.project import bare_bench, own_keyring
from lockgate.domain.releasing.signing.keys import TrustedKey
from lockgate.domain.releasing.signing.verification import Verification
from lockgate.errors import EXIT_PASSED, EXIT_REFUSED, EXIT_UNDECIDED, SettingsError
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.signing import keys as use
from lockgate.usecases.releasing.signing.verify import Asked
from lockgate.usecases.releasing.signing.verify_reference import bench_of, trusting, verify_folder, verify_reference

COMMITTED = "until it is committed, nothing has changed: "


@click.group(cls=VerbGroup)
def keys() -> None:
    """Make, trust, rotate and revoke the keys that sign releases. See docs/keys.md."""


@keys.command("list")
@with_console
@with_instruments
def list_keys(instruments: Instruments, console: Console) -> int:
    """Show the keys that a commit names, and your own."""
    report = use.report_keys(instruments.project())
    for title, found in (
        ("named by the latest commit", report.committed),
        ("in deploy/keys.yaml, not committed", report.uncommitted),
        (f"your own, in {report.where}", report.own),
    ):
        if found or title.startswith("named"):
            console.title(title)
        for key in found:
            console.line(f"  {key.fingerprint.short}  {key.name}: {_state(key, report.signing)}")
    if not report.committed:
        console.line("  none: the first promotion names the key of its release")
    console.document(report)
    return 0


def _state(key: TrustedKey, signing: str) -> str:
    if key.revoked is not None:
        return f"revoked on {key.revoked}: {key.reason}"
    if key.retired is not None:
        return f"retired on {key.retired}; what it signed verifies"
    since = f"since {key.since}" if key.since else "trusted"
    return f"{since}; signs here" if str(key.fingerprint) == signing else since


@keys.command()
@click.argument("name", required=False)
@with_console
def make(name: str | None, console: Console) -> int:
    """Make a key pair of your own, called NAME; by default as you and this machine are called."""
    ring = own_keyring()
    key = ring.make(name or ring.usual_name)
    console.line(f"{key.name} {key.fingerprint}, in {ring.where}")
    console.document(key)
    return 0


@keys.command()
@click.argument("key", required=False)
@click.option("--name", metavar="NAME", help="What the repository calls it; by default as it is called already.")
@with_console
@with_instruments
def trust(instruments: Instruments, key: str | None, name: str | None, console: Console) -> int:
    """Name a KEY in deploy/keys.yaml, for everybody: one of your own, or a file; by default the one that signs here."""
    trusted = use.trust_key(instruments.project(), key, name, instruments.clock())
    console.line(f"deploy/keys.yaml names {trusted.name} {trusted.fingerprint.short}")
    console.line(f"  {COMMITTED}{use.COMMIT}")
    console.document(trusted)
    return 0


@keys.command()
@click.argument("key", required=False)
@click.option("--name", metavar="NAME", required=True, help="What the new key is called.")
@with_console
@with_instruments
def rotate(instruments: Instruments, key: str | None, name: str, console: Console) -> int:
    """Make a new key in the place of one of your own; what the old KEY signed still verifies."""
    retired, new = use.rotate_key(instruments.project(), key, name, instruments.clock())
    console.line(f"{retired.name} {retired.fingerprint.short} signs no more; {new.name} {new.fingerprint.short} does")
    console.line(f"  {COMMITTED}{use.COMMIT}")
    console.document(new)
    return 0


@keys.command()
@click.argument("key")
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stands in the file.")
@with_console
@with_instruments
def revoke(instruments: Instruments, key: str, reason: str, console: Console) -> int:
    """Let nothing verify that KEY has signed, ever; one of your own is destroyed."""
    revoked = use.revoke_key(instruments.project(), key, reason, instruments.clock())
    console.line(f"{revoked.name} {revoked.fingerprint.short} is revoked: {revoked.reason}")
    console.line(f"  {COMMITTED}{use.COMMIT}")
    console.line("  releases that it signed are signed again, and keep their digests: lockgate keys sign RELEASE")
    console.document(revoked)
    return 0


@keys.command()
@click.argument("release")
@with_console
@with_instruments
def sign(instruments: Instruments, release: str, console: Console) -> int:
    """Sign a RELEASE anew with your key; its digest stays."""
    signed, key = use.sign_again(instruments, release, console.tell)
    console.line(f"{signed.name} {signed.version} is signed by {key.name} {key.fingerprint.short}")
    console.document(signed.signer)
    return 0


@click.command()
@click.argument("ref")
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="A public key, the only one to be trusted; default: those that a commit names, and your own.",
)
@click.option("--allow-unsigned", is_flag=True, help="Take a release of before there were signatures.")
@with_console
@click.pass_obj
def verify(root: Path | None, ref: str, key: Path | None, allow_unsigned: bool, console: Console) -> int:  # noqa: FBT001
    """Look at everything in REF, and name every difference from what was sealed and signed.

    REF is a release by the start of its digest, a folder, a Bento's folder, an image, an environment,
    models:/NAME/VERSION or NAME@ALIAS. 0: verified, 3: something differs, or nobody who is trusted has signed it, 4: it
    is a release of before there were signatures, and no commit names it. Changes nothing. Works outside a project too,
    on a folder.
    """
    asked = Asked(ref, allow_unsigned=allow_unsigned)
    try:
        instruments = instruments_at(root)
    except SettingsError:
        if root is not None:
            raise
        bare = bare_bench()
        found = verify_folder(trusting(bare, key), bare.store, asked)
    else:
        found = verify_reference(instruments, trusting(bench_of(instruments), key), asked)
    _tell(console, found)
    console.document(found)
    return STATES[found.state]


STATES = {"verified": EXIT_PASSED, "refused": EXIT_REFUSED, "undecided": EXIT_UNDECIDED}
COLOURS = {"verified": "green", "refused": "red", "undecided": "magenta"}


def _tell(console: Console, found: Verification) -> None:
    for each in found.differences:
        console.line(f"  {each.what:<11}{each.message}")
    if found.release is not None:
        console.line(f"  release    {found.release}")
    if found.content is not None:
        console.line(f"  content    {found.content}")
    if found.signer is not None:
        told = "a commit names it" if found.signer.committed else "your own"
        console.line(f"  signed by  {found.signer.name} {found.signer.fingerprint.short}, {told}")
    if found.judged_again:
        console.line(f"  judged     again, from the evidence in it: {', '.join(found.judged_again)}")
    if found.as_sealed:
        console.line(f"             as sealed, for want of rows or a champion: {', '.join(found.as_sealed)}")
    for note in found.notes:
        console.line(f"  note: {note}")
    console.line(f"  {found.reference} is " + click.style(found.state.upper(), fg=COLOURS[found.state], bold=True))
