"""The release store at any place: what the place hands over is believed nothing before it is held to a digest."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lockgate.domain.identity import Digest, sha256
from lockgate.domain.releasing.received import DOCUMENT_BYTES, demand_received
from lockgate.domain.releasing.release import MANIFEST, SIGNED, Manifest
from lockgate.errors import DocumentError, ToolError
from lockgate.ports import Documents, Files, Place, StoredRelease
from lockgate.ports.releasing.bundle import files_of_release

RELEASES, RECORDS, RECORD = "releases", "records", "record"
TRIES = 3
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class PlacedReleases:
    """The release-store port at a place. The manifest is put last and removed first: without it there is no release."""

    place: Place
    documents: Documents
    files: Files
    scratch: Path
    """A folder on this disk for what is looked at and not kept."""

    @property
    def where(self) -> str:
        """What people call it."""
        return self.place.where

    def look(self) -> None:
        """Ask whether it answers."""
        self.place.look()

    def releases(self) -> tuple[StoredRelease, ...]:
        """The releases that are there, in the order of their digests."""
        return tuple(_stored(self.place, RELEASES, whole=True))

    def unfinished(self) -> tuple[StoredRelease, ...]:
        """What somebody began to put and did not end."""
        return tuple(_stored(self.place, RELEASES, whole=False))

    def document(self, digest: Digest, name: str) -> bytes | None:
        """One document of a release, held to the release's digest; ``None`` where it has none."""
        found = self._listing(digest)
        if found is None or name not in found:
            return None
        content = self.place.read(_named(digest), MANIFEST, DOCUMENT_BYTES)
        manifest = self._manifest(digest, content, found)
        if name == MANIFEST:
            return content
        document = self.place.read(_named(digest), name, DOCUMENT_BYTES)
        if name != SIGNED and sha256(document) != manifest.files.get(name):
            raise DocumentError(f"{self.where}: {name} of release {digest.short} was changed", hint=SEAL_IT_AGAIN)
        return document

    def signed(self, digest: Digest) -> bool:
        """Whether a signature lies with the release."""
        return SIGNED in (self._listing(digest) or ())

    def fetch(self, digest: Digest, into: Path) -> bool:
        """Copy a release, whole, to a new folder; ``False`` where the store has none of this digest."""
        found = self._listing(digest)
        if found is None:
            return False
        with self.files.staging(into.parent) as staged:
            self._bring(digest, found, staged / into.name)
            self.files.move(staged / into.name, into)
        return True

    def put(self, digest: Digest, folder: Path) -> bool:
        """Keep the bundle that lies in a folder. Returns when the store has it whole; ``False``: it had it before."""
        given = files_of_release(digest, folder, self.documents, self.files)
        for attempt in range(TRIES):
            with self.files.staging(self.scratch) as staged:
                there = self._whole(digest, staged / "there")
                if there is not None and _same(given, there, self.files):
                    return attempt > 0
                kept = {name: path for name, path in (there or {}).items() if name == SIGNED}
                self.place.put(_named(digest), {**kept, **given}, MANIFEST)
                found = self._listing(digest) or {}
                if set(found) == {*kept, *given}:
                    return True
        raise ToolError(
            f"the store {self.where}: somebody removes release {digest.short} while it is put", hint="run it again"
        )

    def drop(self, digest: Digest) -> bool:
        """Remove a release, or what was begun of it."""
        return self.place.remove(_named(digest), MANIFEST)

    def keep(self, content: bytes) -> Digest:
        """Keep a small document that is no release."""
        digest = sha256(content)
        if self._kept(digest) != content:
            with self.files.staging(self.scratch) as staged:
                self.files.write_bytes(staged / RECORD, content)
                self.place.put(f"{RECORDS}/{digest.hex}", {RECORD: staged / RECORD}, RECORD)
        return digest

    def record(self, digest: Digest) -> bytes | None:
        """A document that was kept; ``None`` where there is none."""
        content = self._kept(digest)
        if content is not None and sha256(content) != digest:
            raise DocumentError(f"{self.where}: record {digest.short} was changed", hint="keep it again")
        return content

    def records(self) -> tuple[StoredRelease, ...]:
        """The documents that are kept."""
        return tuple(_stored(self.place, RECORDS, whole=True))

    def forget(self, digest: Digest) -> bool:
        """Remove a document."""
        return self.place.remove(f"{RECORDS}/{digest.hex}", RECORD)

    def _kept(self, digest: Digest) -> bytes | None:
        name = f"{RECORDS}/{digest.hex}"
        found = self.place.folder(name)
        return None if found is None or RECORD not in found.files else self.place.read(name, RECORD, DOCUMENT_BYTES)

    def _listing(self, digest: Digest) -> Mapping[str, int] | None:
        found = self.place.folder(_named(digest))
        return found.files if found is not None and MANIFEST in found.files else None

    def _manifest(self, digest: Digest, content: bytes, found: Mapping[str, int]) -> Manifest:
        manifest = self.documents.parse(content, f"{MANIFEST} of release {digest.short} in {self.where}", Manifest)
        demand_received(digest, manifest, found)
        return manifest

    def _bring(self, digest: Digest, found: Mapping[str, int], into: Path) -> dict[str, Path]:
        """Copy it to a folder that nobody sees, and hold every byte to the digest."""
        self._manifest(digest, self.place.read(_named(digest), MANIFEST, DOCUMENT_BYTES), found)
        self.place.bring(_named(digest), found, into)
        return files_of_release(digest, into, self.documents, self.files)

    def _whole(self, digest: Digest, into: Path) -> dict[str, Path] | None:
        """Every file of what the store has, brought here; ``None`` where that is not the release."""
        try:
            found = self._listing(digest)
            return None if found is None else self._bring(digest, found, into)
        except DocumentError:
            return None


SEAL_IT_AGAIN = "put it there again from a clone that has it: lockgate store put"


def _named(digest: Digest) -> str:
    return f"{RELEASES}/{digest.hex}"


def _stored(place: Place, kind: str, *, whole: bool) -> Iterator[StoredRelease]:
    last = MANIFEST if kind == RELEASES else RECORD
    for name, found in sorted(place.folders(kind).items()):
        if _HEX.fullmatch(name) and (last in found.files) is whole:
            yield StoredRelease(Digest("sha256", name), found.bytes, found.put_at)


def _same(given: Mapping[str, Path], there: Mapping[str, Path], files: Files) -> bool:
    return all(name in there and files.sha256(there[name]) == files.sha256(path) for name, path in given.items())
