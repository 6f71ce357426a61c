"""A project's folder in memory."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lockgate.domain.project.disk import refusals_told
from lockgate.domain.project.refusals import decoded, demand_within, linked, missing, no_file


class FakeProjectStore:
    """Files in memory, below ``root``, of which nothing need be on disk; a folder is there where it has a file.

    ``files`` and ``links`` are for the test to look at and to change; while ``refusal`` is set, it is raised where
    anything would be removed or made.
    """

    def __init__(self, root: Path, files: Mapping[Path, bytes] | None = None) -> None:
        self._root = root
        self.files: dict[Path, bytes] = dict(files or {})
        self.links: dict[Path, Path] = {}
        self._folders: set[Path] = {root}
        self.refusal: OSError | None = None

    def has(self, path: Path) -> bool:
        """Whether a file or a folder lies there."""
        return self._real(path) in self.files or self.has_folder(path)

    def has_folder(self, path: Path) -> bool:
        """Whether it is a folder."""
        real = self._real(path)
        return any(real == folder or real in folder.parents for folder in (*self._folders, *self._above()))

    def find(self, folder: Path, pattern: str) -> tuple[Path, ...]:
        """The files whose path from that folder fits the pattern, in order."""
        below = (path for path in self.files if path.is_relative_to(folder))
        parts = len(Path(pattern).parts)
        fitting = (path for path in below if len(path.relative_to(folder).parts) == parts)
        return tuple(sorted(path for path in fitting if path.relative_to(folder).match(pattern)))

    def content(self, path: Path) -> bytes:
        """A file's bytes. Raises ``DocumentError`` where there is none."""
        found = self.files.get(self._real(path))
        if found is None:
            raise no_file(path) if self.has_folder(path) else missing(path)
        return found

    def text(self, path: Path) -> str | None:
        """A file's text; ``None`` where there is no file. Raises ``DocumentError`` for what is no UTF-8 text."""
        found = self.files.get(self._real(path))
        return None if found is None else decoded(path, found)

    def size(self, path: Path) -> int:
        """How many bytes a file has. Raises ``DocumentError`` where there is none."""
        return len(self.content(path))

    def holds(self, folder: Path, name: str) -> bool:
        """Whether what is called so from a folder lies in it, links followed; it need not be there."""
        return self._real(folder / name).is_relative_to(self._real(folder))

    def forget(self, *paths: Path) -> None:
        """Remove files; none of them where one leaves the project's folder."""
        demand_within(self._root, *paths)
        for path in paths:
            if path in self.links or path in self.files:
                self._change(path)
                self.links.pop(path, None) or self.files.pop(path, None)
            elif self.has_folder(path):
                with refusals_told():
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))

    @contextmanager
    def sandbox(self, folder: Path) -> Iterator[Path]:
        """A folder that is empty when the block begins, and gone when it has ended without an error."""
        demand_within(self._root, folder)
        if folder in self.links:
            raise linked(folder)
        self._change(folder)
        for path in (folder, *folder.parents):
            if path in self.files:
                with refusals_told():
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        self._empty(folder)
        self._folders.add(folder)
        yield folder
        self._change(folder)
        self._empty(folder)

    def _empty(self, folder: Path) -> None:
        self.files = {path: content for path, content in self.files.items() if folder not in path.parents}
        self._folders = {path for path in self._folders if path != folder and folder not in path.parents}

    def _change(self, path: Path) -> None:
        with refusals_told():
            if self.refusal is not None:
                raise OSError(self.refusal.errno, self.refusal.strerror, str(path))

    def _above(self) -> set[Path]:
        return {folder for path in self.files for folder in path.parents if folder.is_relative_to(self._root)}

    def _real(self, path: Path) -> Path:
        """The path with the links on its way followed."""
        real, seen = Path(path.anchor), set[Path]()
        parts = [*Path(os.path.normpath(path)).parts[1:]]
        while parts:
            real /= parts.pop(0)
            if real in self.links and real not in seen:
                seen.add(real)
                target = self.links[real]
                real, parts = Path(target.anchor), [*target.parts[1:], *parts]
        return real
