"""Plain files: digests, folders that appear whole, and who has read what."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Protocol

from lockgate.domain.identity import Digest


class Files(Protocol):
    """Plain files: their digests, and moving whole folders into place."""

    def sha256(self, path: Path) -> Digest:
        """Digest of a file's bytes. Raises ``DocumentError`` when it is missing."""

    def md5(self, path: Path) -> Digest:
        """The hash that DVC gives to a file. Raises ``DataError`` when it is missing."""

    def tree(self, folder: Path, *, links: bool = False) -> Mapping[str, Digest]:
        """The SHA-256 of every file below a folder, by its relative POSIX path. Refuses links and odd files.

        With ``links``, a link to a file is that file: DVC places results so where its cache is told to.
        """

    def inventory(self, folder: Path) -> tuple[dict[str, Digest], dict[str, str]]:
        """Every plain file below a folder with its SHA-256, and everything else that is no folder, with what it is.

        No link is followed. Raises ``DocumentError`` for a file that cannot be read.
        """

    def place(self, folder: Path, files: Mapping[str, Path]) -> AbstractContextManager[Path]:
        """Copy files into a new folder that appears at ``folder``, whole, when the block ends without an error."""

    def staging(self, folder: Path) -> AbstractContextManager[Path]:
        """A new folder in that one, hidden, of a name of its own, and gone when the block ends, however it ends."""

    def hold(self, path: Path, what: str = "delivery", *, seconds: float = 0) -> AbstractContextManager[None]:
        """Be the only process in a block that holds this file. Raises ``Busy`` where another one still is then."""

    def clear(self, folder: Path) -> None:
        """Make a folder that is empty, whatever was there."""

    def move(self, folder: Path, target: Path) -> None:
        """Rename a folder; where the target is there already, it is replaced."""

    def write_bytes(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all."""

    def writing(self, path: Path) -> AbstractContextManager[IO[bytes]]:
        """The same for what is written piece by piece: it appears when the block ends without an error."""


class AccessTimes(Protocol):
    """Which files somebody has read."""

    def watch(self, paths: Iterable[Path]) -> Callable[[], frozenset[Path]]:
        """Begin to look at these files; the call tells which of them, surely, nobody has read since.

        Whoever follows a file that is being written, such as a log, is not taken for its reader.
        """

    def watch_closely(self, paths: Iterable[Path]) -> Callable[[], frozenset[Path]]:
        """The same for files that a test or a tool may write: one that is written or replaced counts as read.

        So do all where a file can be copied without being read.
        """

    def never_read(self, path: Path) -> bool:
        """Whether, surely, nobody has read the file since it was written."""

    def is_output(self, path: Path) -> bool:
        """Whether this process writes its own output there."""
