"""``lockgate store list`` and ``put``: what the store has, and what lies here and should be there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.names import listed
from lockgate.domain.releasing.release import MANIFEST, VERDICT, Manifest, Release
from lockgate.errors import DocumentError, InputError, ReleaseAbsent
from lockgate.ports import ReleaseStore, StoredRelease
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import latest_release
from lockgate.usecases.project.stored.elsewhere import how_to_have
from lockgate.usecases.releasing.references import find_reference
from lockgate.usecases.releasing.store.publish import publish

T = TypeVar("T")
_START = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True)
class ListedRelease:
    """A release in the store. ``put_at`` is ISO 8601 in UTC; ``environments`` are those that name it in the files here.

    Where its documents cannot be read, ``problem`` says why, and what they would say is empty.
    """

    release: Digest
    bytes: int
    put_at: str
    model: str = ""
    content: Digest | None = None
    commit: str = ""
    signed: bool = False
    environments: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class StoreContents:
    """What a store has, by what people call it: the releases, the oldest first, and how much there is."""

    where: str
    releases: tuple[ListedRelease, ...]
    bytes: int


def list_store(instruments: Instruments) -> StoreContents:
    """Everything that the store has, whosever it is."""
    project, store = instruments.project(), instruments.release_store()
    named = _named(project)
    stored = sorted(store.releases(), key=lambda each: (each.put_at, str(each.digest)))
    releases = tuple(_listed(project, store, each, named) for each in stored)
    return StoreContents(store.where, releases, sum(each.bytes for each in stored))


def put_release(instruments: Instruments, version: str | None, tell: Tell) -> Release:
    """Put a release that lies in this working copy into the store, by default that of the latest verdict."""
    release, folder = latest_release(instruments.project(), version)
    publish(instruments, release, folder, tell)
    return release


def get_release(instruments: Instruments, reference: str, into: Path) -> Digest:
    """Copy the release that a reference names from the store to a new folder; its digest.

    A reference is the start of a digest, or whatever names a release here. What was copied is its digest's bytes; who
    signed it, and what its verdict says, is for ``lockgate verify``. Raises ``ReleaseAbsent`` where the store lacks it.
    """
    project, store = instruments.project(), instruments.release_store()
    if project.store.has(into):
        raise DocumentError(f"{into} is there already", hint="name a folder that is not there yet")
    digest = _digest_of(instruments, store, reference)
    if not store.fetch(digest, into):
        raise ReleaseAbsent(f"release {digest.short} is not in the store {store.where}", hint=how_to_have(digest))
    return digest


def _digest_of(instruments: Instruments, store: ReleaseStore, reference: str) -> Digest:
    start = reference.rpartition(":")[2].lower()
    if _START.fullmatch(start):
        found = [each.digest for each in store.releases() if each.digest.hex.startswith(start)]
        if len(found) == 1:
            return found[0]
        if found:
            raise DocumentError(f"{len(found)} releases begin with {start}", hint=f"they are: {listed(found)}")
    named = find_reference(instruments, reference).digest
    if named is None:
        hint = "name one by its digest: lockgate store list"
        raise DocumentError(f"{reference} lies in a folder, and names no release of the store", hint=hint)
    return named


def _listed(
    project: Project, store: ReleaseStore, stored: StoredRelease, named: Mapping[Digest, tuple[str, ...]]
) -> ListedRelease:
    put_at = datetime.fromtimestamp(stored.put_at, UTC).isoformat(timespec="seconds")
    environments = named.get(stored.digest, ())
    try:
        manifest = _read(project, store, stored.digest, MANIFEST, Manifest)
        verdict = _read(project, store, stored.digest, VERDICT, Verdict)
    except InputError as error:
        return ListedRelease(stored.digest, stored.bytes, put_at, environments=environments, problem=error.message)
    return ListedRelease(
        stored.digest,
        stored.bytes,
        put_at,
        manifest.name,
        manifest.content,
        verdict.source.commit,
        store.signed(stored.digest),
        environments,
    )


def _read(project: Project, store: ReleaseStore, digest: Digest, name: str, kind: type[T]) -> T:
    content = store.document(digest, name)
    if content is None:
        raise InputError(f"it has no {name}")
    return project.documents.parse(content, f"{name} of {digest.short}", kind)


def _named(project: Project) -> Mapping[Digest, tuple[str, ...]]:
    """The environments that name a release now, by the files here."""
    found: dict[Digest, tuple[str, ...]] = {}
    for name in project.settings.environments:
        if (champion := champion_of(project, name)) is not None:
            found[champion.release] = (*found.get(champion.release, ()), name)
    return found
