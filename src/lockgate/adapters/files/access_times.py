"""Which files somebody has read, by the date of the last reading that the file system keeps."""

import errno
import fcntl
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

SECOND = 1_000_000_000
FICLONE = 0x40049409
"""The request to Linux that one file become a copy of another which shares its blocks: nobody reads it for that."""
NO_CLONES = {errno.EOPNOTSUPP, errno.ENOTTY, errno.ENOSYS}


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

    def watch_closely(self, paths: Iterable[Path]) -> Callable[[], frozenset[Path]]:
        """The same for files that a test or a tool may write: one that is written or replaced counts as read.

        So do all where a file can be copied without being read.
        """
        clones = dict[int, bool]()
        marks = {path: mark for path in paths if (mark := _closely_marked(path, clones)) is not None}
        return lambda: frozenset(path for path, mark in marks.items() if _state(path) == mark)

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


def _closely_marked(path: Path, clones: dict[int, bool]) -> tuple[int, ...] | None:
    """The state of a file whose date of reading was set back; ``clones`` is by file system."""
    if not _plain(path) or not _kept(path):
        return None
    try:
        device = path.stat().st_dev
        if device not in clones:
            clones[device] = _clones(path)
        if clones[device]:
            return None
        modified = _mark(path)
        return _state(path) if path.stat().st_atime_ns <= modified - SECOND else None
    except OSError:
        return None


def _state(path: Path) -> tuple[int, ...] | None:
    """All that a reading or a writing moves. Whoever sets a date by hand moves that of the change."""
    try:
        found = path.lstat()
    except OSError:
        return None
    dates = (found.st_mtime_ns, found.st_ctime_ns, found.st_atime_ns)
    return (found.st_dev, found.st_ino, found.st_mode, found.st_size, *dates)


def _clones(path: Path) -> bool:
    """Whether a copy may share the blocks of a file there, as that of `cp --reflink`: it is tried, and kept nowhere."""
    with path.open("rb") as file, tempfile.TemporaryFile(dir=path.parent) as copy:
        try:
            fcntl.ioctl(copy, FICLONE, file.fileno())
        except OSError as error:
            return error.errno not in NO_CLONES
    return True


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
