"""The other side of ``remote_place``: a process that has DVC's filesystem of a remote, and answers lines of JSON.

DVC waits for ever where a server is silent, and its filesystems keep threads: a process can be ended.
"""

import base64
import json
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

BESIDE_DATA = "lockgate"
MOVED = frozenset({"file", "local", "ssh", "sftp"})
"""Where a file is seen while it is written: there it gets another name until it is whole."""


class Remote:
    """Folders of files below ``lockgate/`` in a remote."""

    def __init__(self, name: str) -> None:
        from dvc.repo import Repo  # noqa: PLC0415 - a second, and only here

        repo = Repo(".")
        odb = repo.cloud.get_remote_odb(name=name or None, hash_name="md5")
        self._fs = odb.fs.fs
        self._protocol = odb.fs.protocol
        self._home = f"{odb.path.removesuffix('/files/md5')}/{BESIDE_DATA}"

    def leave(self) -> None:
        """Let the next one connect anew: filesystems are kept, with connections that may be none any more."""
        with suppress(AttributeError):
            type(self._fs).clear_instance_cache()

    def look(self) -> None:
        """Ask something of it."""
        self._fs.exists(self._home)

    def folders(self, kind: str) -> dict[str, list[Any]]:
        """The files of every folder of a kind, by its name."""
        found: dict[str, list[Any]] = {}
        for path, size, at in self._files(kind):
            name, _, file = path.partition("/")
            found.setdefault(name, []).append([file, size, at])
        return found

    def folder(self, name: str) -> list[list[Any]]:
        """The files of one folder, with size and time."""
        return [list(each) for each in self._files(name)]

    def read(self, name: str, file: str, most: int) -> str:
        """One file, and one byte more than may be."""
        with self._fs.open(f"{self._home}/{name}/{file}", "rb") as content:
            return base64.b64encode(content.read(most + 1)).decode()

    def bring(self, name: str, files: Mapping[str, int], into: str, said: Callable[[], None]) -> None:
        """Copy files, no more bytes of each than is said and one."""
        for file, size in files.items():
            target, left = Path(into, file), size + 1
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._fs.open(f"{self._home}/{name}/{file}", "rb") as content, target.open("wb") as copy:
                while left and (part := content.read(min(left, 1 << 20))):
                    copy.write(part)
                    left -= len(part)
                    said()

    def put(self, name: str, files: Mapping[str, str], last: str, said: Callable[[], None]) -> None:
        """Keep these files and no others; the last one when all others are there."""
        for file in [*sorted(set(files) - {last}), None, last]:
            if file is None:
                for path, _, _ in self._files(name):
                    if path not in files:
                        self._fs.rm_file(f"{self._home}/{name}/{path}")
                continue
            self._put(files[file], f"{self._home}/{name}/{file}", said)

    def remove(self, name: str, first: str) -> bool:
        """Remove a folder, that file before all others."""
        paths = sorted((path for path, _, _ in self._files(name)), key=lambda path: path != first)
        for path in paths:
            with suppress(FileNotFoundError):
                self._fs.rm_file(f"{self._home}/{name}/{path}")
        with suppress(Exception):  # an object store has no folders
            self._fs.rm(f"{self._home}/{name}", recursive=True)
        return bool(paths)

    def _put(self, source: str, target: str, said: Callable[[], None]) -> None:
        folder, _, name = target.rpartition("/")
        with suppress(FileExistsError):
            self._fs.makedirs(folder, exist_ok=True)
        written = f"{folder}/.{name}-{uuid.uuid4().hex}" if self._protocol in MOVED else target
        with Path(source).open("rb") as content, self._fs.open(written, "wb") as copy:
            while part := content.read(1 << 20):
                copy.write(part)
                said()
        if written == target:
            return
        try:
            self._fs.mv(written, target)
        except Exception:  # not every server puts a file in the place of another
            with suppress(FileNotFoundError):
                self._fs.rm_file(target)
            self._fs.mv(written, target)

    def _files(self, name: str) -> Iterator[tuple[str, int, float]]:
        """Every file below, with its size and when it was written; what is being written is none."""
        home = f"{self._home}/{name}"
        try:
            found = self._fs.find(home, detail=True)
        except FileNotFoundError:
            return
        for path, info in found.items():
            inside = path.rpartition(f"{home.lstrip('/')}/")[2]
            if inside and not any(part.startswith(".") for part in inside.split("/")):
                yield inside, int(info.get("size") or 0), _written(info)


def _written(info: Mapping[str, Any]) -> float:
    for key in ("mtime", "LastModified", "last_modified", "updated", "modified", "created"):
        found = info.get(key)
        if isinstance(found, int | float):
            return float(found)
        if isinstance(found, datetime):
            return found.timestamp()
    return 0.0


def main() -> None:
    """Answer each line until there is none: ``{"ask": ..., "with": [...]}``."""
    out, sys.stdout = sys.stdout, sys.stderr

    def answer(**told: Any) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    def said() -> None:
        answer(at="work")

    remote: Remote | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            remote = remote or Remote(sys.argv[1])
            more = (said,) if asked["ask"] in {"bring", "put"} else ()
            answer(answer=getattr(remote, asked["ask"])(*asked["with"], *more))
        except FileNotFoundError as error:
            answer(absent=str(error))
        except Exception as error:
            answer(error=f"{type(error).__name__}: {error}")
            if remote is not None:
                remote.leave()
            remote = None


if __name__ == "__main__":
    main()
