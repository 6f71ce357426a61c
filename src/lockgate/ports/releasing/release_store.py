"""Where releases lie for everybody who has the repository, and the places that can keep them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lockgate.domain.identity import Digest


@dataclass(frozen=True)
class StoredRelease:
    """A release that a store has: its digest, its size in bytes, and when it was put there, in seconds since 1970."""

    digest: Digest
    bytes: int
    put_at: float


class ReleaseStore(Protocol):
    """Keeps releases by their digest, and small documents by theirs, for everybody who reads it.

    A release appears whole or not at all. What comes from a store is held to its digest before anything of it appears
    here. Raises ``ToolError`` or ``DiskFault`` where the store does not answer, or refuses.
    """

    @property
    def where(self) -> str:
        """What people call it: a folder, or an address without its credentials."""

    def look(self) -> None:
        """Ask whether it answers. Raises as every other question does."""

    def releases(self) -> tuple[StoredRelease, ...]:
        """The releases that are there, in the order of their digests; what was not put to its end is none."""

    def unfinished(self) -> tuple[StoredRelease, ...]:
        """What somebody began to put and did not end: nobody's release."""

    def document(self, digest: Digest, name: str) -> bytes | None:
        """One document of a release, such as ``verdict.json``, without the rest; ``None`` where it has none.

        Raises ``DocumentError`` where it is not what the release says.
        """

    def signed(self, digest: Digest) -> bool:
        """Whether a signature lies with the release; whose it is, and what it is worth, is for whoever verifies it."""

    def fetch(self, digest: Digest, into: Path) -> bool:
        """Copy a release, whole, to a new folder; ``False`` where the store has none of this digest.

        Raises ``DocumentError`` where what the store has is not that release; then nothing appears.
        """

    def put(self, digest: Digest, folder: Path) -> bool:
        """Keep the bundle that lies in a folder. Returns when the store has it whole; ``False``: it had it before.

        One that is damaged there is replaced, and so is its signature by another one. Raises ``DocumentError`` where
        the folder does not hold the release of this digest, with plain files alone; then the store is as it was.
        """

    def drop(self, digest: Digest) -> bool:
        """Remove a release, or what was begun of it; ``False`` where there is nothing of it."""

    def keep(self, content: bytes) -> Digest:
        """Keep a small document that is no release, such as the verdict that a promotion was drawn from."""

    def record(self, digest: Digest) -> bytes | None:
        """A document that was kept; ``None`` where there is none. Raises ``DocumentError`` where it was changed."""

    def records(self) -> tuple[StoredRelease, ...]:
        """The documents that are kept, by their digests."""

    def forget(self, digest: Digest) -> bool:
        """Remove a document; ``False`` where there is none."""


@dataclass(frozen=True)
class KeptFolder:
    """A folder that a place has: its files with their sizes in bytes, and when it was put, in seconds since 1970."""

    files: Mapping[str, int]
    put_at: float

    @property
    def bytes(self) -> int:
        """All files together."""
        return sum(self.files.values())


class Place(Protocol):
    """What keeps folders of files under a name, such as ``releases/<hex>``: a disk, a remote of DVC's, a registry.

    It is believed nothing: names, sizes and bytes that it hands over are held to digests by whoever asks. Raises
    ``ToolError`` or ``DiskFault`` where it does not answer or refuses.
    """

    @property
    def where(self) -> str:
        """What people call it."""

    def look(self) -> None:
        """Ask whether it answers; it need not hold anything yet."""

    def folders(self, kind: str) -> Mapping[str, KeptFolder]:
        """All folders of a kind (``releases``, ``records``) by the second part of their name, half ones too."""

    def folder(self, name: str) -> KeptFolder | None:
        """What lies under a name; ``None`` where nothing does."""

    def read(self, name: str, file: str, most: int) -> bytes:
        """One file, at most so many bytes. Raises ``DocumentError`` for a larger one, or where there is none."""

    def bring(self, name: str, files: Mapping[str, int], into: Path) -> None:
        """Copy these files into a folder, no more bytes of each than is said. Raises ``DocumentError`` for more."""

    def put(self, name: str, files: Mapping[str, Path], last: str) -> None:
        """Keep these files, and no others, under a name; the one that is called ``last`` appears when all others have.

        Each file appears whole. Whoever is killed meanwhile leaves no ``last`` one that others lack.
        """

    def remove(self, name: str, first: str) -> bool:
        """Remove a folder, that file of it before all others; ``False`` where there is none."""
