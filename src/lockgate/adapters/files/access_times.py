"""Which files somebody has read, by the date of the last reading that the file system keeps."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

SECOND = 1_000_000_000


class LocalAccessTimes:
    """The access-times port: with Linux' `relatime`, a file's first reading after it was written leaves a date.

    Nothing is known where none is kept (`noatime`, many network folders), of another user's file, and of a link.
    """

    def watch(self, paths: Iterable[Path]) -> Callable[[], frozenset[Path]]:
        """Begin to look at these files; the call tells which of them, surely, nobody has read since.

        Whoever follows a file that is being written, such as a log, is not taken for its reader.
        """
        marks = {path: mark for path in paths if (mark := _marked(path)) is not None}
        return lambda: frozenset(path for path, mark in marks.items() if not _read_since(mark))

    def never_read(self, path: Path) -> bool:
        """Whether, surely, nobody has read the file since it was written."""
        return _plain(path) and _kept(path) and all(map(_unread, _forms(path)))

    def is_output(self, path: Path) -> bool:
        """Whether this process writes its own output there."""
        for stream in (sys.stdout, sys.stderr, sys.__stdout__):
            try:
                if stream is not None and os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                    return True
            except (OSError, ValueError):  # no such file, or a stream without one
                continue
        return False


def _marked(path: Path) -> dict[Path, int] | None:
    """When each form of the file was written; its date of reading is set before that, so that a new one is seen."""
    if not _plain(path) or not _kept(path):
        return None
    try:
        return {file: _mark(file) for file in _forms(path)}
    except OSError:
        return None


def _mark(file: Path) -> int:
    modified = file.stat().st_mtime_ns
    os.utime(file, ns=(modified - SECOND, modified))
    return modified


def _read_since(mark: dict[Path, int]) -> bool:
    try:
        found = {file: file.stat() for file in mark}
    except OSError:  # it was taken away, and may have been read before
        return True
    unwritten = (state for file, state in found.items() if state.st_mtime_ns == mark[file])
    return any(state.st_atime_ns > state.st_mtime_ns - SECOND for state in unwritten)


def _unread(file: Path) -> bool:
    state = file.stat()
    return state.st_atime_ns <= state.st_mtime_ns


def _forms(path: Path) -> Iterator[Path]:
    """The file, and what Python has compiled of it, which is read in its place."""
    yield path
    if path.suffix == ".py":
        yield from (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")


def _plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _kept(path: Path) -> bool:
    """Whether a reading leaves a date here at all: it is tried, and the date put back."""
    try:
        before = path.stat()
        os.utime(path, ns=(before.st_mtime_ns - SECOND, before.st_mtime_ns))
        with path.open("rb") as file:
            file.read(1)
        kept = path.stat().st_atime_ns > before.st_mtime_ns - SECOND
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    except OSError:
        return False
    return kept
