"""DVC's cache on this disk: whether what is restored from it is what it says.

DVC takes a file in its cache for sound by its mode, and a file that it has placed by its date: a flipped bit passes.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.adapters.dvc.config import cache_folder, dvc_folder
from lockgate.adapters.dvc.stages.hashes import md5_of
from lockgate.errors import DataError


@dataclass(frozen=True)
class Damaged:
    """A result that was not what it says, and is removed."""

    path: str
    shared: Path | None = None
    """Its copy, which is removed too, in a cache outside the project, where others may use it."""
    gone: bool = False
    """Whether it was a link, and the cache has nothing there."""

    def __str__(self) -> str:
        if self.gone:
            return f"{self.path} was a link to what DVC's cache no longer has; it is removed and made again"
        told = f"{self.path} was not what dvc.lock says: the file was damaged; it is removed and made again"
        if self.shared is None:
            return told
        return f"{told}, and so is its copy in a cache that others may share: {self.shared}"


@dataclass(frozen=True)
class Cache:
    """The cache of the project at ``root``."""

    root: Path

    def heal(self, lock: Mapping[str, Any], stages: Sequence[str]) -> list[Damaged]:
        """Remove every damaged result of these stages, from the project and from the cache.

        ``lock`` is the `stages` of `dvc.lock`. A result that is not there is looked for in the cache alone, from where
        it would be restored. Raises ``DataError`` for a damaged copy that cannot be removed.
        """
        folder = cache_folder(self.root)
        return [
            damaged
            for stage in stages
            for entry in lock.get(stage, {}).get("outs", ())
            for path, md5 in self._files(folder, entry)
            if (damaged := self._heal(folder, path, md5))
        ]

    def _files(self, folder: Path | None, entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Every file of a result, with its MD5; for a folder, the cache has the list."""
        md5 = str(entry.get("md5", ""))
        if not md5.endswith(".dir"):
            if md5:
                yield entry["path"], md5
            return
        listing = _object(folder, md5)
        if listing is None:
            placed = self.root / entry["path"]
            broken = (path for path in placed.rglob("*") if path.is_symlink() and not path.exists())
            yield from ((path.relative_to(self.root).as_posix(), "") for path in broken)
            return
        if md5_of(listing) != md5.removesuffix(".dir"):
            yield entry["path"], md5
            return
        for file in json.loads(listing.read_bytes()):
            yield f"{entry['path']}/{file['relpath']}", file["md5"]

    def _heal(self, folder: Path | None, path: str, md5: str) -> Damaged | None:
        wanted, cached, placed = md5.removesuffix(".dir"), _object(folder, md5), self.root / path
        wrong = cached if cached and md5_of(cached) != wanted else None
        # A result that is a link shows what the cache has, or nothing once that is gone.
        altered = placed.is_file() and md5_of(placed) != wanted
        if placed.is_symlink() and not placed.exists():
            placed.unlink()
            return Damaged(path, gone=True)
        if wrong:
            _remove(wrong, path)
        if placed.is_dir() and not placed.is_symlink():
            if wrong:
                shutil.rmtree(placed)
        elif altered or (wrong and placed.is_symlink()):
            placed.unlink()
        if not (wrong or altered):
            return None
        own = wrong is None or wrong.is_relative_to(dvc_folder(self.root))
        return Damaged(path, None if own else wrong)


def _object(folder: Path | None, md5: str) -> Path | None:
    """The file of that MD5 in the cache; ``None`` where there is none."""
    path = folder / "files" / "md5" / md5[:2] / md5[2:] if folder and md5 else None
    return path if path and path.exists() else None


def _remove(cached: Path, path: str) -> None:
    try:
        cached.unlink()
    except OSError as error:
        raise DataError(
            f"{path}: its copy in DVC's cache is damaged and cannot be removed ({error.strerror}): {cached}",
            hint="remove that file as its owner, or ask whoever keeps the cache; then run again",
        ) from error
