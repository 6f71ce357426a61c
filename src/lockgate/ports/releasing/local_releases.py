"""The sealed releases of one working copy."""

from pathlib import Path
from typing import Protocol

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.release import Manifest


class LocalReleases(Protocol):
    """Keeps sealed bundles by their release digest in one working copy: what was sealed here, and what was fetched.

    A bundle appears whole or not at all, and never changes; whoever reads one verifies it, as ``open_release`` does.
    Raises ``DiskFault`` where the disk refuses.
    """

    def versions(self) -> tuple[str, ...]:
        """The versions of the releases that are there, in order; what was not put to its end is none."""

    def manifest(self, version: str) -> Manifest:
        """What a release says that it holds, without its files. Raises ``DocumentError`` where that cannot be read."""

    def open(self, version: str) -> Path | None:
        """The folder in which the release can be read; ``None`` where the store has none of that version."""

    def latest(self, verdict: Digest) -> str | None:
        """The version of a release that was sealed with the ``verdict.json`` of this digest, or ``None``."""

    def fetch(self, digest: Digest, into: Path) -> bool:
        """Copy a release, whole, to a new folder; ``False`` where the store has none of this digest.

        Raises ``DocumentError`` where what the store has is not that release, or was damaged; nothing appears then.
        """

    def put(self, digest: Digest, folder: Path) -> bool:
        """Keep the bundle that lies in a folder. Returns when the store has it whole; ``False``: it had it before.

        A damaged one is replaced. Raises ``DocumentError`` where the folder does not hold the release of this digest,
        with plain files alone; then the store is as it was.
        """
