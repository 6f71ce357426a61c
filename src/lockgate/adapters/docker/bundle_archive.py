"""A bundle out of the archive that an engine streams of it: plain files under safe names, and bounded in size."""

import shutil
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from lockgate.domain.project.disk import refusals_told
from lockgate.domain.releasing.safe_names import (
    ELSEWHERE,
    MOST_BYTES_OF_ALL,
    MOST_FILES,
    demand_sizes,
    shown,
    why_unsafe,
)
from lockgate.errors import DocumentError

MOST_ENTRIES = 2 * MOST_FILES
"""Of an archive: the files, and their folders."""
FRAMING = 2**24
"""Bytes that an archive may have beside those of its files: a head of 512 for each, its long names, its end."""


def unpack(stream: Iterable[bytes], top: str, into: Path, where: str) -> dict[str, str]:
    """Write what lies in the archive below ``top`` to the new folder ``into``; what was not written, and why.

    A link, a device and a name that no file of a bundle may have are not written. Raises ``DocumentError`` for more
    files or bytes than any release has, for a ``top`` that is no folder, and for what is no archive.
    """
    left: dict[str, str] = {}
    sizes: dict[str, int] = {}
    try:
        # Only `read` is called of what is read as a stream.
        with refusals_told(), tarfile.open(fileobj=cast("IO[bytes]", _Bounded(stream, where)), mode="r|") as archive:
            into.mkdir(parents=True)
            for count, entry in enumerate(archive):
                if count > MOST_ENTRIES:
                    raise DocumentError(f"{where}: more than {MOST_FILES} files", hint=ELSEWHERE)
                name = _inside(entry, top, where)
                if name is None:
                    continue
                if (why := _why_left(entry, name)) is not None:
                    left[name] = why
                elif entry.isfile():
                    sizes[name] = entry.size
                    demand_sizes(sizes, where)
                    _write(archive, entry, into / name, left, name)
    except (tarfile.TarError, ValueError) as error:  # a head of no sense
        raise DocumentError(f"{where}: the engine's archive cannot be read: {error}", hint="try again") from error
    return left


def _inside(entry: tarfile.TarInfo, top: str, where: str) -> str | None:
    """The name of an entry below the folder; ``None`` for the folder itself."""
    parent, _, name = entry.name.partition("/")
    if parent == top and not name:
        if not entry.isdir():
            raise DocumentError(f"{where}: it is {_kind(entry)}, no folder", hint=ELSEWHERE)
        return None
    return name if parent == top else entry.name or "."


def _why_left(entry: tarfile.TarInfo, name: str) -> str | None:
    """Why an entry is not written; ``None`` for a plain file of a safe name, and for a folder."""
    if entry.isdir():
        return None
    return why_unsafe(name) if entry.isfile() else f"it is {_kind(entry)}, no plain file"


def _kind(entry: tarfile.TarInfo) -> str:
    if entry.issym() or entry.islnk():
        return f"a link to {shown(entry.linkname)}"
    return "a plain file" if entry.isfile() else "a device, a pipe or a socket"


def _write(archive: tarfile.TarFile, entry: tarfile.TarInfo, path: Path, left: dict[str, str], name: str) -> None:
    """Write one file; what another took the place of, on this disk, is left."""
    content = archive.extractfile(entry)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            if content is not None:
                shutil.copyfileobj(content, file)
    except (FileExistsError, NotADirectoryError):
        left[name] = "another file stands under its name"


class _Bounded:
    """A stream of chunks as a file to read from, that ends with an error where it is longer than any release."""

    def __init__(self, chunks: Iterable[bytes], where: str) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._where = where
        self._ready = b""
        self._read = 0

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end."""
        while len(self._ready) < size and (chunk := next(self._chunks, None)) is not None:
            self._ready += chunk
        found, self._ready = self._ready[:size], self._ready[size:]
        self._read += len(found)
        if self._read > MOST_BYTES_OF_ALL + FRAMING:
            raise DocumentError(f"{self._where}: more bytes than any release has", hint=ELSEWHERE)
        return found
