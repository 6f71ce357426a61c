"""DVC's cache on this disk: whether what is restored from it is what it says.

DVC takes a file in its cache for sound by its mode, and a file that it has placed by its date: a flipped bit passes.
"""

import configparser
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.adapters.dvc.hashes import md5_of


@dataclass(frozen=True)
class Cache:
    """The cache of the project at ``root``."""

    root: Path

    def heal(self, lock: Mapping[str, Any], stages: Sequence[str]) -> list[str]:
        """Remove every damaged result of these stages, from the project and from the cache; their paths.

        ``lock`` is the `stages` of `dvc.lock`. A result that is not there is looked for in the cache alone, from where
        it would be restored.
        """
        return [
            path
            for stage in stages
            for entry in lock.get(stage, {}).get("outs", ())
            for path, md5 in self._files(entry)
            if self._heal(path, md5)
        ]

    def _files(self, entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Every file of a result, with its MD5; for a folder, the cache has the list."""
        md5 = str(entry.get("md5", ""))
        if not md5.endswith(".dir"):
            if md5:
                yield entry["path"], md5
            return
        listing = self._object(md5)
        if not listing.exists():
            return
        if md5_of(listing) != md5.removesuffix(".dir"):
            yield entry["path"], md5
            return
        for file in json.loads(listing.read_bytes()):
            yield f"{entry['path']}/{file['relpath']}", file["md5"]

    def _heal(self, path: str, md5: str) -> bool:
        wanted, cached, placed = md5.removesuffix(".dir"), self._object(md5), self.root / path
        damaged = cached.exists() and md5_of(cached) != wanted
        if damaged:
            cached.unlink()
        if placed.is_dir() and damaged:
            shutil.rmtree(placed)
        elif placed.is_file() and md5_of(placed) != wanted:
            placed.unlink()
            return True
        return damaged

    def _object(self, md5: str) -> Path:
        return self._folder() / "files" / "md5" / md5[:2] / md5[2:]

    def _folder(self) -> Path:
        settings = configparser.ConfigParser(interpolation=None)
        settings.read([self.root / ".dvc/config", self.root / ".dvc/config.local"], encoding="utf-8")
        return self.root / ".dvc" / settings.get("cache", "dir", fallback="cache")
