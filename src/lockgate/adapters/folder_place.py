"""Releases on a disk that several see: a folder of the user, a mount, a remote of DVC's that is a folder."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from lockgate.domain.project.disk import refusals_told
from lockgate.errors import DiskFault, DocumentError, LockgateError, ToolError
from lockgate.ports import KeptFolder
from lockgate.processes import temporary

CHUNK = 1 << 20


class FolderPlace:
    """The place port on a folder. It is made when the first release is put."""

    def __init__(self, home: Path, where: str = "") -> None:
        self._home = home
        self.where = where or str(home)

    def look(self) -> None:
        """Ask whether it answers; the folder that it would be made in has to be there."""
        with self._told():
            there = next(path for path in (self._home, *self._home.parents) if path.exists())
            if not there.is_dir():
                raise ToolError(f"the store {self.where}: {there} is no folder", hint="name another one")
            if not os.access(there, os.W_OK | os.X_OK):
                raise DiskFault(
                    f"the store {self.where}: {there} cannot be written by this user", hint=f"ls -ld {there}"
                )

    def folders(self, kind: str) -> Mapping[str, KeptFolder]:
        """All folders of a kind."""
        with self._told():
            try:
                names = sorted(entry.name for entry in os.scandir(self._home / kind) if entry.is_dir())
            except FileNotFoundError:
                return {}
        found = {name: self.folder(f"{kind}/{name}") for name in names if not name.startswith(".")}
        return {name: each for name, each in found.items() if each is not None}

    def folder(self, name: str) -> KeptFolder | None:
        """What lies under a name; what is being written is not there yet."""
        with self._told():
            found = dict(_files(self._home / name))
        if not found:
            return None
        return KeptFolder({file: each.st_size for file, each in found.items()}, max(e.st_mtime for e in found.values()))

    def read(self, name: str, file: str, most: int) -> bytes:
        """One file, at most so many bytes."""
        with self._told(), self._opened(name, file) as source:
            content = _read(source, most + 1)
        if len(content) > most:
            raise DocumentError(f"{self._home / name / file}: more than {most} bytes", hint="see who wrote it")
        return content

    def bring(self, name: str, files: Mapping[str, int], into: Path) -> None:
        """Copy these files into a folder, no more bytes of each than is said."""
        with self._told():
            for file, size in files.items():
                target = into / file
                target.parent.mkdir(parents=True, exist_ok=True)
                with self._opened(name, file) as source, target.open("wb") as copy:
                    left = size
                    while part := os.read(source, CHUNK):
                        left -= len(part)
                        if left < 0:
                            raise DocumentError(
                                f"{self._home / name / file}: grew while it was read", hint="run it again"
                            )
                        copy.write(part)

    def put(self, name: str, files: Mapping[str, Path], last: str) -> None:
        """Keep these files, and no others, under a name; ``last`` appears when all others have."""
        folder = self._home / name
        with self._told():
            for file in sorted(set(files) - {last}):
                _copy(files[file], folder / file)
            for file in {file for file, _ in _files(folder)} - set(files):
                (folder / file).unlink(missing_ok=True)
            _copy(files[last], folder / last)

    def remove(self, name: str, first: str) -> bool:
        """Remove a folder, that file of it before all others."""
        folder = self._home / name
        with self._told():
            if not folder.is_dir():
                return False
            (folder / first).unlink(missing_ok=True)
            shutil.rmtree(folder)
        return True

    @contextmanager
    def _opened(self, name: str, file: str) -> Iterator[int]:
        """A plain file, by no link on the way to it."""
        path = self._home / name / file
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError as error:
            raise DocumentError(f"{path}: missing", hint="somebody removed it: run it again") from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _no_plain_file(path)
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the disk refuses, as the store's own fault."""
        try:
            with refusals_told():
                yield
        except DiskFault as error:
            raise DiskFault(f"the store {self.where}: {error.message}", hint=error.hint) from error
        except LockgateError:
            raise
        except OSError as error:
            raise ToolError(f"the store {self.where}: {error}", hint="run it again") from error


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every file below, by its name from there; what is being written, under a hidden name, is none."""
    if folder.is_symlink():
        raise _no_plain_file(folder)
    for entry in _entries(folder):
        if not entry.is_file(follow_symlinks=False):
            raise _no_plain_file(Path(entry.path))
        with suppress(FileNotFoundError):  # somebody has just removed it
            yield Path(entry.path).relative_to(folder).as_posix(), entry.stat(follow_symlinks=False)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder and in those in it, folders and hidden things excepted."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path))
            else:
                yield entry


def _copy(source: Path, target: Path) -> None:
    """A copy that appears whole, and stays when the power goes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=temporary.prefix(target.parent, target.name), dir=target.parent)
    written = Path(name)
    try:
        with source.open("rb") as original, os.fdopen(descriptor, "wb") as copy:
            shutil.copyfileobj(original, copy, CHUNK)
            copy.flush()
            os.fsync(copy.fileno())
        written.chmod(0o644)
        written.replace(target)
    except OSError as error:  # writing to what is open names no file
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        written.unlink(missing_ok=True)


def _read(source: int, most: int) -> bytes:
    with os.fdopen(os.dup(source), "rb") as file:
        return file.read(most)


def _no_plain_file(path: Path) -> DocumentError:
    return DocumentError(f"{path}: not a plain file", hint="a release holds plain files only")
