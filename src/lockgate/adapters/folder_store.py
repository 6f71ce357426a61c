"""Sealed releases in a folder: of one working copy, or of a disk that several see."""

from collections.abc import Mapping
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.project.disk import refusals_told
from lockgate.domain.releasing.release import MANIFEST, SIGNED, VERDICT, Manifest, no_release
from lockgate.errors import DocumentError
from lockgate.ports import Documents, Files
from lockgate.ports.releasing.bundle import files_of_release


class FolderReleases:
    """The release-store port on a folder that holds a folder for each release, called by its version."""

    def __init__(self, home: Path, documents: Documents, files: Files) -> None:
        self._home = home
        self._documents = documents
        self._files = files

    def versions(self) -> tuple[str, ...]:
        """The versions of the releases that are there, in order; a hidden folder is one that is being put."""
        with refusals_told():
            return tuple(sorted(path.parent.name for path in self._home.glob(f"[!.]*/{MANIFEST}")))

    def manifest(self, version: str) -> Manifest:
        """What a release says that it holds. Raises ``DocumentError`` where that cannot be read."""
        folder = self.open(version)
        if folder is None:
            raise no_release(version)
        return self._documents.read(folder / MANIFEST, Manifest)

    def open(self, version: str) -> Path | None:
        """The folder in which the release can be read; ``None`` where the store has none of that version."""
        if not version or version.startswith(".") or Path(version).name != version:
            return None
        folder = self._home / version
        with refusals_told():
            return folder if (folder / MANIFEST).is_file() else None

    def latest(self, verdict: Digest) -> str | None:
        """The version of a release that was sealed with the ``verdict.json`` of this digest, or ``None``."""
        return next((version for version in self.versions() if self._verdict(version) == verdict), None)

    def fetch(self, digest: Digest, into: Path) -> bool:
        """Copy a release, whole, to a new folder; ``False`` where the store has none of this digest."""
        folder = self.open(digest.short)
        if folder is None:
            return False
        self._copy(digest, folder, into)
        return True

    def put(self, digest: Digest, folder: Path) -> bool:
        """Keep the bundle that lies in a folder. Returns when it is here, whole; ``False``: it was here before."""
        self._demand(digest, folder)
        target = self._home / digest.short
        if self._whole(digest, target):
            return self._sign_again(folder, target)
        with refusals_told(), self._files.staging(self._home) as staged:
            self._copy(digest, folder, staged / target.name)
            return self._take(digest, staged / target.name, target)

    def _sign_again(self, folder: Path, target: Path) -> bool:
        """Another signature takes the place of the one that is here: it is no part of what the digest names."""
        with refusals_told():
            brought, there = (
                (each / SIGNED).read_bytes() if (each / SIGNED).is_file() else b"" for each in (folder, target)
            )
            if not brought or brought == there:
                return False
            self._files.write_bytes(target / SIGNED, brought)
        return True

    def _take(self, digest: Digest, bundle: Path, target: Path) -> bool:
        """One that another clone has put meanwhile stays, for whoever reads it; a damaged one goes."""
        try:
            bundle.rename(target)
        except OSError:  # something stands there, or the disk refuses: then moving says so
            if self._whole(digest, target):
                return False
            self._files.move(bundle, target)
        return True

    def _copy(self, digest: Digest, folder: Path, into: Path) -> None:
        """What was copied is read again before it appears: a disk may give back other bytes than it was given."""
        with refusals_told(), self._files.place(into, self._demand(digest, folder)) as staged:
            self._demand(digest, staged)

    def _demand(self, digest: Digest, folder: Path) -> Mapping[str, Path]:
        return files_of_release(digest, folder, self._documents, self._files)

    def _whole(self, digest: Digest, folder: Path) -> bool:
        try:
            self._demand(digest, folder)
        except DocumentError:
            return False
        return True

    def _verdict(self, version: str) -> Digest | None:
        try:
            return self._files.sha256(self._home / version / VERDICT)
        except DocumentError:  # damaged: whoever opens it says so
            return None
