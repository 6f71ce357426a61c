"""Plain files on the local disk: digests, atomic writes, folders that appear whole."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from lockgate.domain.identity import Digest, digest_of_file
from lockgate.errors import Busy, DataError, DocumentError
from lockgate.processes import temporary

WAIT_SECONDS = 0.01
DEVICES = Path("/dev")
REMAKE = "put a plain file there: lockgate run"


class LocalFiles:
    """The files port on a local disk."""

    def sha256(self, path: Path) -> Digest:
        """Digest of a file's bytes. Raises ``DocumentError`` when it is missing, or cannot be read."""
        try:
            return _digest(path, "sha256")
        except FileNotFoundError as error:
            raise DocumentError(f"{path}: missing", hint="run the step that makes it: lockgate run") from error
        except OSError as error:
            raise DocumentError(f"{path}: cannot be read: {error.strerror}", hint=REMAKE) from error

    def md5(self, path: Path) -> Digest:
        """The hash that DVC gives to a file. Raises ``DataError`` when it is missing, or cannot be read."""
        try:
            return _digest(path, "md5")
        except FileNotFoundError as error:
            raise DataError(f"{path}: missing", hint="run the step that makes it: lockgate run") from error
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}", hint=REMAKE) from error

    def tree(self, folder: Path, *, links: bool = False) -> Mapping[str, Digest]:
        """The SHA-256 of every file below a folder, by its relative POSIX path. Refuses links and odd files.

        With ``links``, a link to a file is that file: DVC places results so where its cache is told to.
        """
        found: dict[str, Digest] = {}
        for path in sorted(folder.rglob("*")):
            linked = path.is_symlink() and not (links and path.is_file())
            if linked or not (path.is_dir() or path.is_file()):
                hint = "make it again: lockgate run" if links else "a release holds plain files only"
                raise DocumentError(f"{path}: not a plain file", hint=hint)
            if path.is_file():
                found[path.relative_to(folder).as_posix()] = self.sha256(path)
        return found

    def inventory(self, folder: Path) -> tuple[dict[str, Digest], dict[str, str]]:
        """Every plain file below a folder with its SHA-256, and everything else that is no folder, with what it is."""
        found, odd = dict[str, Digest](), dict[str, str]()
        for parent, folders, names in os.walk(folder, followlinks=False):
            folders.sort()
            for name in sorted((*folders, *names)):
                path = Path(parent) / name
                called = path.relative_to(folder).as_posix()
                if path.is_symlink():
                    odd[called] = f"a link to {path.readlink()}"
                elif path.is_file():
                    found[called] = self.sha256(path)
                elif not path.is_dir():
                    odd[called] = "a device, a pipe or a socket"
        return found, odd

    @contextmanager
    def place(self, folder: Path, files: Mapping[str, Path]) -> Iterator[Path]:
        """Copy files into a new folder that appears at ``folder``, whole, when the block ends without an error."""
        with _hidden(folder.parent, folder.name) as staged:
            for name, source in files.items():
                target = staged / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
            yield staged
            staged.chmod(0o755)
            self.move(staged, folder)

    @contextmanager
    def staging(self, folder: Path) -> Iterator[Path]:
        """A new folder in that one, hidden, of a name of its own, and gone when the block ends, however it ends."""
        with _hidden(folder, "staged") as staged:
            yield staged

    @contextmanager
    def hold(self, path: Path, what: str = "delivery", *, seconds: float = 0) -> Iterator[None]:
        """Be the only process in this block; the system lets go when the process ends, however it ends."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+", encoding="utf-8") as file:
            _lock(file, what, time.monotonic() + seconds)
            file.truncate(0)
            file.write(f"process {os.getpid()}, since {datetime.now(UTC):%H:%M:%S} UTC\n")
            file.flush()
            yield

    def clear(self, folder: Path) -> None:
        """Make a folder that is empty, whatever was there."""
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
        folder.mkdir(parents=True)

    def move(self, folder: Path, target: Path) -> None:
        """Rename a folder; where the target is there already, it is replaced."""
        if not target.exists():
            folder.rename(target)
            return
        # Whoever is killed while the old one is removed leaves the new one whole.
        with tempfile.TemporaryDirectory(
            prefix=temporary.prefix(target.parent, target.name), dir=target.parent
        ) as aside:
            old = target.rename(Path(aside) / target.name)
            try:
                folder.rename(target)
            except BaseException:
                old.rename(target)
                raise

    def write_bytes(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all: temporary file, fsync, rename."""
        with self.writing(path) as file:
            file.write(content)

    @contextmanager
    def writing(self, path: Path) -> Iterator[IO[bytes]]:
        """The same for what is written piece by piece. What is no file, such as a pipe, is written to as it is."""
        if _is_device(path):
            try:
                with path.open("wb") as device:
                    yield device
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(path)) from error
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=temporary.prefix(path.parent, path.name), dir=path.parent)
        written = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            written.chmod(0o644)
            written.replace(path)
        except OSError as error:  # writing to what is open names no file
            raise OSError(error.errno, error.strerror, str(path)) from error
        finally:
            written.unlink(missing_ok=True)


def _is_device(path: Path) -> bool:
    """A terminal, a pipe or a device, in the place of which no file may be put; ``/dev/stdout`` is a link to one."""
    return path.parent == DEVICES or (path.exists() and not (path.is_file() or path.is_dir()))


@contextmanager
def _hidden(parent: Path, name: str) -> Iterator[Path]:
    parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=temporary.prefix(parent, name), dir=parent))
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _digest(path: Path, algorithm: str) -> Digest:
    with path.open("rb") as file:
        return digest_of_file(file, algorithm)


def _lock(file: IO[str], what: str, until: float) -> None:
    """Lock the file, at the latest by that moment. Raises ``Busy``, with what its holder wrote into it."""
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < until:
                time.sleep(WAIT_SECONDS)
                continue
            file.seek(0)
            raise Busy(
                f"another {what} is at work in this working copy: {file.read().strip() or 'since just now'}",
                hint=f"wait for it, end it (kill, and the process's number), or do the {what} in a clone of your own",
            ) from error
        return
