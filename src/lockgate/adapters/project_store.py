"""What lies in a project's folder on the local disk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockgate.domain.project.disk import refusals_told
from lockgate.domain.project.refusals import decoded, demand_within, linked, missing, no_file


class LocalProjectStore:
    """The project-store port on the folder of a project."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, path: Path) -> bool:
        """Whether a file or a folder lies there."""
        with refusals_told():
            return path.exists()

    def has_folder(self, path: Path) -> bool:
        """Whether it is a folder."""
        with refusals_told():
            return path.is_dir()

    def find(self, folder: Path, pattern: str) -> tuple[Path, ...]:
        """The files whose path from that folder fits the pattern, in order."""
        with refusals_told():
            return tuple(sorted(path for path in folder.glob(pattern) if path.is_file()))

    def content(self, path: Path) -> bytes:
        """A file's bytes. Raises ``DocumentError`` where there is none."""
        with refusals_told():
            try:
                return path.read_bytes()
            except FileNotFoundError as error:
                raise missing(path) from error
            except IsADirectoryError as error:
                raise no_file(path) from error

    def text(self, path: Path) -> str | None:
        """A file's text; ``None`` where there is no file. Raises ``DocumentError`` for what is no UTF-8 text."""
        with refusals_told():
            return decoded(path, path.read_bytes()) if path.is_file() else None

    def size(self, path: Path) -> int:
        """How many bytes a file has. Raises ``DocumentError`` where there is none."""
        with refusals_told():
            if path.is_file():
                return path.stat().st_size
            raise no_file(path) if path.is_dir() else missing(path)

    def holds(self, folder: Path, name: str) -> bool:
        """Whether what is called so from a folder lies in it, links followed; it need not be there."""
        real, top = (Path(os.path.realpath(path)) for path in (folder / name, folder))
        return real.is_relative_to(top)

    def forget(self, *paths: Path) -> None:
        """Remove files; none of them where one leaves the project's folder."""
        demand_within(self._root, *paths)
        with refusals_told():
            for path in paths:
                path.unlink(missing_ok=True)

    @contextmanager
    def sandbox(self, folder: Path) -> Iterator[Path]:
        """A folder that is empty when the block begins, and gone when it has ended without an error."""
        demand_within(self._root, folder)
        if folder.is_symlink():
            raise linked(folder)
        with refusals_told():
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
        yield folder
        with refusals_told():
            shutil.rmtree(folder)
