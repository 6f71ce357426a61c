"""Sealed releases in memory."""

import itertools
import threading
from collections.abc import Mapping
from pathlib import Path

from lockgate.domain.identity import Digest, sha256
from lockgate.domain.project.disk import refusals_told
from lockgate.domain.releasing.release import MANIFEST, VERDICT, Manifest, no_release
from lockgate.ports import Documents, Files
from lockgate.ports.releasing.bundle import files_of_release


class FakeLocalReleases:
    """Bundles in memory, by their release digest; one that is opened is written to a new folder below ``home``.

    ``bundles`` is for the test to look at and to damage; while ``refusal`` is set, it is raised where one is put.
    """

    def __init__(self, home: Path, documents: Documents, files: Files) -> None:
        self._home = home
        self._documents = documents
        self._files = files
        self._putting = threading.Lock()
        self._opened = itertools.count(1)
        self.bundles: dict[Digest, dict[str, bytes]] = {}
        self.refusal: OSError | None = None

    def versions(self) -> tuple[str, ...]:
        """The versions of the releases that are there, in order."""
        return tuple(sorted(digest.short for digest, bundle in self.bundles.items() if MANIFEST in bundle))

    def manifest(self, version: str) -> Manifest:
        """What a release says that it holds. Raises ``DocumentError`` where that cannot be read."""
        folder = self.open(version)
        if folder is None:
            raise no_release(version)
        return self._documents.read(folder / MANIFEST, Manifest)

    def open(self, version: str) -> Path | None:
        """The folder in which the release can be read, written anew; ``None`` where there is none of that version."""
        found = self._find(version)
        if found is None:
            return None
        folder = self._home / str(next(self._opened)) / version
        for name, content in found.items():
            self._files.write_bytes(folder / name, content)
        return folder

    def latest(self, verdict: Digest) -> str | None:
        """The version of a release that was sealed with the ``verdict.json`` of this digest, or ``None``."""
        of = (v for v in self.versions() if sha256((self._find(v) or {}).get(VERDICT, b"")) == verdict)
        return next(of, None)

    def fetch(self, digest: Digest, into: Path) -> bool:
        """Copy a release, whole, to a new folder; ``False`` where the store has none of this digest."""
        folder = self.open(digest.short)
        if folder is None:
            return False
        with self._files.place(into, self._demand(digest, folder)):
            return True

    def put(self, digest: Digest, folder: Path) -> bool:
        """Keep the bundle that lies in a folder; ``False``: it was here before."""
        bundle = {name: path.read_bytes() for name, path in self._demand(digest, folder).items()}
        with self._putting, refusals_told():
            if self.bundles.get(digest) == bundle:
                return False
            if self.refusal is not None:
                raise self.refusal
            self.bundles[digest] = bundle
        return True

    def _find(self, version: str) -> Mapping[str, bytes] | None:
        found = (bundle for digest, bundle in self.bundles.items() if digest.short == version and MANIFEST in bundle)
        return next(found, None)

    def _demand(self, digest: Digest, folder: Path) -> Mapping[str, Path]:
        return files_of_release(digest, folder, self._documents, self._files)
