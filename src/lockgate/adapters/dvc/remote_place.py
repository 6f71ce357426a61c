"""Releases in a remote of DVC's, beside its data: whatever DVC can keep data on, it can keep releases on."""

import atexit
import base64
import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lockgate.adapters.dvc.config import Remote
from lockgate.domain.project.telemetry import OFF
from lockgate.errors import DocumentError, ToolError
from lockgate.ports import KeptFolder

SILENCE_SECONDS = 60.0
"""Between two signs of life: DVC itself waits for ever."""
_SECRET = re.compile(r"(?<=//)[^/@\s]+@")
_SAID = 400


class RemotePlace:
    """The place port on a remote of DVC's. A process of its own is asked, and ended where it is silent."""

    def __init__(self, root: Path, remote: Remote, seconds: float = SILENCE_SECONDS) -> None:
        self._root, self._remote, self._seconds = root, remote, seconds
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._turn = threading.Lock()
        self.where = f"DVC remote {remote.name!r} ({remote.shown})"

    def look(self) -> None:
        """Ask whether it answers; nothing need be there yet."""
        self._ask("look")

    def folders(self, kind: str) -> Mapping[str, KeptFolder]:
        """All folders of a kind."""
        found: dict[str, list[list[Any]]] = self._ask("folders", kind) or {}
        return {name: folder for name, files in found.items() if (folder := _folder(files)) is not None}

    def folder(self, name: str) -> KeptFolder | None:
        """What lies under a name."""
        return _folder(self._ask("folder", name) or [])

    def read(self, name: str, file: str, most: int) -> bytes:
        """One file, at most so many bytes."""
        content = base64.b64decode(self._ask("read", name, file, most) or "")
        if len(content) > most:
            raise DocumentError(f"{self.where}, {name}: {file} has more than {most} bytes", hint="see who wrote it")
        return content

    def bring(self, name: str, files: Mapping[str, int], into: Path) -> None:
        """Copy these files into a folder, no more bytes of each than is said."""
        self._ask("bring", name, dict(files), str(into))
        for file, size in files.items():
            if (into / file).stat().st_size != size:
                raise DocumentError(f"{self.where}, {name}: {file} was changed while it was read", hint="run it again")

    def put(self, name: str, files: Mapping[str, Path], last: str) -> None:
        """Keep these files, and no others, under a name; ``last`` appears when all others have."""
        self._ask("put", name, {file: str(path) for file, path in files.items()}, last)

    def remove(self, name: str, first: str) -> bool:
        """Remove a folder, that file of it before all others."""
        return bool(self._ask("remove", name, first))

    def _ask(self, question: str, *told: Any) -> Any:
        with self._turn:
            answer = self._answer({"ask": question, "with": told})
        if "absent" in answer:
            raise DocumentError(f"{self.where}: missing: {_plain(answer['absent'])}", hint="run it again")
        if "error" in answer:
            raise self._fault(_plain(str(answer["error"])))
        return answer.get("answer")

    def _answer(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        process = self._process or self._begin()
        try:
            if process.stdin is not None:
                process.stdin.write(json.dumps(asked) + "\n")
                process.stdin.flush()
            while True:
                line = self._lines.get(timeout=self._seconds)
                if line is None:
                    raise self._ended("DVC ended without an answer")
                answer: Mapping[str, Any] = json.loads(line)
                if answer.get("at") != "work":
                    return answer
        except queue.Empty:
            raise self._ended(f"no answer within {self._seconds:.0f} s") from None
        except BrokenPipeError:
            raise self._ended("DVC ended without an answer") from None
        finally:
            if self._process is not None and self._process.poll() is not None:
                self.close()

    def _begin(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-W", "ignore", "-m", "lockgate.adapters.dvc.remote_worker", self._remote.name]
        process = subprocess.Popen(
            command,
            cwd=self._root,
            env={**os.environ, **OFF},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_pump, args=(process, lines), daemon=True).start()
        self._process, self._lines = process, lines
        atexit.register(self.close)
        return process

    def _fault(self, why: str) -> ToolError:
        return ToolError(
            f"the store {self.where} does not answer: {why}",
            hint=f"see `dvc remote list`, and whether `dvc push -r {self._remote.name}` works; then run it again",
        )

    def _ended(self, why: str) -> ToolError:
        """The same, where the process cannot be asked any more."""
        self.close()
        return self._fault(why)

    def close(self) -> None:
        """End the process; the next question begins another one."""
        process, self._process = self._process, None
        atexit.unregister(self.close)
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()


def _pump(process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    with suppress(ValueError, OSError):
        for line in process.stdout or ():
            lines.put(line)
    lines.put(None)


def _folder(files: Sequence[Sequence[Any]]) -> KeptFolder | None:
    if not files:
        return None
    return KeptFolder({file: size for file, size, _ in files}, max(float(at) for _, _, at in files))


def _plain(said: str) -> str:
    """A line of it, without what may be a password."""
    return _SECRET.sub("", " ".join(said.split()))[:_SAID]
