"""Container images, and the wheels that they are built from."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Wheelhouse(Protocol):
    """Collects the wheels that an image is built from, so that the build itself needs no package index."""

    def collect(self, lock: Path, folder: Path, *, sources: bool) -> bool:
        """Put every package of a lock file into ``folder``, checked against its hashes; whole or not at all.

        A folder that is there is complete and stays as it is; ``False`` says so. With ``sources``, packages that the
        index has no wheel of are built here; without, they are an error. Raises ``ToolError``.
        """

    def project(self, root: Path, folder: Path) -> None:
        """Put the project's own wheel, and nothing else, into ``folder``. Raises ``ToolError``."""


class Images(Protocol):
    """An engine that builds container images."""

    def ping(self) -> str:
        """The engine's version. Raises ``ToolError`` where no engine answers."""

    def find(self, tag: str) -> str | None:
        """The id of the image that the engine has under this tag or id, or ``None``.

        Raises ``InputError`` for what is neither, ``ToolError`` where no engine answers.
        """

    def label(self, image: str, name: str) -> str:
        """A label of an image.

        Raises ``ToolError`` where the engine has no such image, ``DocumentError`` where the image has no such label.
        """

    def bring(self, image: str, folder: str, into: Path) -> Mapping[str, str]:
        """Copy the bundle in a folder of an image to a new folder; what was not copied, by its name there, and why.

        Nothing of the image runs. Plain files of names that a bundle may have are copied, and no link is followed.
        Raises ``ToolError`` where the engine has no such image, ``DocumentError`` where the image has no such folder,
        or more files or bytes in it than any release.
        """

    def serve(self, image: str) -> AbstractContextManager[str]:
        """Run an image that serves a release; its URL once it answers. Leaving the block removes it."""

    def build(
        self,
        context: Mapping[str, Path],
        dockerfile: Path,
        tag: str | None,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> str:
        """Build an image, with a tag unless it gets its name later; the image's id.

        Each line of the log goes to ``on_line`` as it comes.

        ``context`` are the files and folders that the build sees, by the name that it sees them under; ``.`` is the
        context itself. Raises ``DocumentError`` where one is missing, ``ToolError`` where the build fails.
        """

    def name(self, image: str, tag: str) -> None:
        """Give the image of that id a tag; whatever had it before has it no more."""

    def discard(self, image: str) -> None:
        """Remove the image of that id where it has no tag; nothing happens to one that has, or that is gone."""
