"""Verifying what a REF names: in a folder, in the store, in a registry; with a project's keys, or without a project."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lockgate.domain.releasing.signing.keys import Keys, TrustedKey, fingerprint_of
from lockgate.domain.releasing.signing.verification import Verification
from lockgate.errors import DocumentError
from lockgate.ports import ProjectStore
from lockgate.ports.serving.packages import IN_IMAGE
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.served_history import ever_named
from lockgate.usecases.project.stored.elsewhere import Elsewhere, elsewhere
from lockgate.usecases.project.trust import committed_keys
from lockgate.usecases.releasing.references import FORMS, Reference, find_reference, in_folder
from lockgate.usecases.releasing.signing.verdict_follows import Bench
from lockgate.usecases.releasing.signing.verify import Asked, verify_bundle


def bench_of(instruments: Instruments) -> Bench:
    """With the keys that the project's latest commit names, and the user's own."""
    project = instruments.project()
    return Bench(
        project.documents,
        project.files,
        project.store,
        project.keyring,
        instruments.tables,
        committed_keys(project),
        project.keyring.own(),
        lambda digest: ever_named(project, digest),
        project.commits.shallow(),
    )


def trusting(bench: Bench, key: Path | None) -> Bench:
    """The same, where whoever asks says which key alone is trusted."""
    if key is None:
        return bench
    public = bench.keyring.read_public(key)
    given = Keys((TrustedKey(key.stem, fingerprint_of(public), public),))
    return replace(bench, committed=given, own=Keys())


def verify_reference(instruments: Instruments, bench: Bench, asked: Asked) -> Verification:
    """Find what a REF names, fetch it where it does not lie here, and look at everything in it."""
    found = find_reference(instruments, asked.text)
    asked = replace(asked, digest=found.digest, today=instruments.clock().today())
    with lying(instruments, found) as (folder, left):
        return verify_bundle(bench, folder, replace(asked, left=left))


def verify_folder(bench: Bench, store: ProjectStore, asked: Asked) -> Verification:
    """The same without a project: a folder or a Bento's folder alone. Raises ``DocumentError`` for anything else."""
    if (found := in_folder(store, asked.text)) is None or found.folder is None:
        raise DocumentError(
            f"{asked.text} is no folder of a release, and there is no project here",
            hint=f"outside a project, name a folder; in one, {FORMS}",
        )
    return verify_bundle(bench, found.folder, asked)


@contextmanager
def lying(instruments: Instruments, found: Reference) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """A folder in which what the REF names lies: its own, or a copy that is gone after the block; and what was left.

    Of an image, it is the bundle in it, which may be another than its label says. Nothing of it is verified. Raises
    ``DocumentError`` where it cannot be had.
    """
    project = instruments.project()
    here = found.folder or (_here(project, found) if found.kind not in {"registry", "image"} else None)
    if here is not None:
        yield here, {}
        return
    with project.files.staging(project.layout.build) as staged:
        yield staged / "fetched", _fetch(instruments, found, staged / "fetched")


def _here(project: Project, found: Reference) -> Path | None:
    return None if found.digest is None else project.releases.open(found.digest.short)


def _fetch(instruments: Instruments, found: Reference, into: Path) -> Mapping[str, str]:
    if found.image:
        return instruments.images().bring(found.image, IN_IMAGE, into)
    places: Elsewhere = instruments.registry() if found.kind == "registry" else elsewhere(instruments)
    if found.digest is None or not places.fetch(found.digest, found.name, into):
        raise DocumentError(f"{found.words} cannot be had", hint="see: lockgate status")
    return {}
