"""A place for releases in memory: one that a test can fill, empty, stop, and let lie."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path

from lockgate.domain.project.disk import refusals_told
from lockgate.errors import DocumentError
from lockgate.ports import KeptFolder


class FakePlace:
    """The place port: ``folders_there`` has the files of each folder by its name, and ``put_at`` when it was put.

    While ``refusal`` is set, it is raised where something is put or removed; while ``down`` is, by every question.
    ``sizes`` are sizes that it states falsely, by folder and file.
    """

    where = "memory"

    def __init__(self) -> None:
        self.folders_there: dict[str, dict[str, bytes]] = {}
        self.put_at: dict[str, float] = {}
        self.sizes: dict[tuple[str, str], int] = {}
        self.refusal: OSError | None = None
        self.down: Exception | None = None
        self.asked: list[str] = []
        self._putting = threading.Lock()

    def look(self) -> None:
        """Ask whether it answers."""
        self._answer("look")

    def folders(self, kind: str) -> Mapping[str, KeptFolder]:
        """All folders of a kind."""
        self._answer("folders")
        names = [name.partition("/")[2] for name in self.folders_there if name.startswith(f"{kind}/")]
        found = {name: self.folder(f"{kind}/{name}") for name in names}
        return {name: each for name, each in found.items() if each is not None}

    def folder(self, name: str) -> KeptFolder | None:
        """What lies under a name."""
        self._answer("folder")
        if not (found := self.folders_there.get(name)):
            return None
        sizes = {file: self.sizes.get((name, file), len(content)) for file, content in found.items()}
        return KeptFolder(sizes, self.put_at.get(name, 0.0))

    def read(self, name: str, file: str, most: int) -> bytes:
        """One file, at most so many bytes."""
        self._answer("read")
        content = self.folders_there.get(name, {}).get(file)
        if content is None:
            raise DocumentError(f"{name}/{file}: missing", hint="run it again")
        if len(content) > most:
            raise DocumentError(f"{name}/{file}: more than {most} bytes", hint="run it again")
        return content

    def bring(self, name: str, files: Mapping[str, int], into: Path) -> None:
        """Copy these files into a folder."""
        self._answer("bring")
        for file, size in files.items():
            content = self.read(name, file, size)
            (into / file).parent.mkdir(parents=True, exist_ok=True)
            (into / file).write_bytes(content)

    def put(self, name: str, files: Mapping[str, Path], last: str) -> None:
        """Keep these files, and no others, under a name."""
        self._answer("put")
        with self._putting, refusals_told():
            if self.refusal is not None:
                raise self.refusal
            order = [*sorted(set(files) - {last}), last]
            self.folders_there[name] = {file: files[file].read_bytes() for file in order}
            self.put_at[name] = time.time()

    def remove(self, name: str, first: str) -> bool:  # noqa: ARG002 - all of it goes at once
        """Remove a folder."""
        self._answer("remove")
        with self._putting, refusals_told():
            if self.refusal is not None:
                raise self.refusal
            return self.folders_there.pop(name, None) is not None

    def _answer(self, question: str) -> None:
        self.asked.append(question)
        if self.down is not None:
            raise self.down
