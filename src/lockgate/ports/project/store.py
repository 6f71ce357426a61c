"""What lies in a project's folder."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class ProjectStore(Protocol):
    """Asks what lies where, and takes away what is of yesterday: nothing that lies outside the project's folder.

    Raises ``DiskFault`` where the disk refuses, in the same words wherever it is asked.
    """

    def has(self, path: Path) -> bool:
        """Whether a file or a folder lies there."""

    def has_folder(self, path: Path) -> bool:
        """Whether it is a folder."""

    def find(self, folder: Path, pattern: str) -> tuple[Path, ...]:
        """The files whose path from that folder fits the pattern, such as ``candidates/*/evidence/*``, in order."""

    def content(self, path: Path) -> bytes:
        """A file's bytes. Raises ``DocumentError`` where there is none."""

    def text(self, path: Path) -> str | None:
        """A file's text; ``None`` where there is no file. Raises ``DocumentError`` for what is no UTF-8 text."""

    def size(self, path: Path) -> int:
        """How many bytes a file has. Raises ``DocumentError`` where there is none."""

    def holds(self, folder: Path, name: str) -> bool:
        """Whether what is called so from a folder lies in it, links followed; it need not be there."""

    def forget(self, *paths: Path) -> None:
        """Remove files. One that is not there is forgotten already; of a link, the link is removed.

        Raises ``DocumentError`` for a path that leaves the project's folder; then nothing is removed.
        """

    def sandbox(self, folder: Path) -> AbstractContextManager[Path]:
        """A folder that is empty when the block begins, and gone when it has ended without an error.

        After an error, it stays to be looked at until the next block. Raises ``DocumentError`` for a folder that leaves
        the project's, for that itself, and for a link.
        """
