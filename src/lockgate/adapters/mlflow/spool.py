"""What is known of a training, event by event, in a file that outlives the training, its delivery and the server.

A training writes here and nowhere else: a tracking server that is slow, hung or gone costs it nothing. Files lie under
``build/untracked/`` until everything in them was sent; a position beside each says how far that is. What can never be
sent is put aside below, and stops nothing.
"""

import json
import os
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.ports import Files, TrainingRecord

BATCH = 500
ASIDE = "aside"
FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"


@dataclass
class Position:
    """How far a file was sent: the run that it became, and the bytes that are done."""

    run: str | None = None
    offset: int = 0


@dataclass(frozen=True)
class Spool:
    """The files of trainings that were not sent to their end."""

    folder: Path
    files: Files

    def begin(self, name: str, record: TrainingRecord, parent: str | None, owner: int) -> "SpooledRun":
        """A file for a training that starts now; ``owner`` is the process that sends it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{time.time_ns()}-{owner}-{uuid.uuid4().hex[:8]}.jsonl"
        start = {
            "name": name,
            "params": {key: str(value) for key, value in record.params.items()},
            "tags": dict(record.tags) | ({"mlflow.parentRunId": parent} if parent else {}),
            "datasets": [[data.context, data.path, data.digest.hex] for data in record.datasets],
            "pid": os.getpid(),
        }
        run = SpooledRun(path, self.files)
        run.write("start", **start)
        return run

    def waiting(self, owner: int) -> Sequence[Path]:
        """The files that are this process's to send, oldest first: its own, and those of processes that are gone."""
        found = [(path, self.owner(path)) for path in sorted(self.folder.glob("*.jsonl"))]
        return [path for path, theirs in found if theirs == owner or not alive(theirs)]

    def owner(self, path: Path) -> int | None:
        """The process that sends this file; ``None`` for one that was not named here."""
        named = re.match(r"\d+-([1-9]\d*)-", path.name)
        return int(named[1]) if named else None

    def position(self, path: Path) -> Position:
        """How far this file was sent."""
        try:
            return Position(**json.loads(_beside(path).read_bytes()))
        except FileNotFoundError:
            return Position()

    def advance(self, path: Path, position: Position) -> None:
        """Remember how far this file was sent."""
        self.files.write_bytes(_beside(path), json.dumps(vars(position)).encode())

    def done(self, path: Path) -> None:
        """Everything in this file was sent."""
        path.unlink()
        _beside(path).unlink(missing_ok=True)

    def put_aside(self, path: Path) -> Path:
        """Move a file that cannot be sent out of the way; where it is then."""
        target = path.parent / ASIDE / path.name
        target.parent.mkdir(exist_ok=True)
        path.replace(target)
        with suppress(FileNotFoundError):
            _beside(path).replace(_beside(target))
        return target

    def batches(self, path: Path, offset: int) -> Iterator[tuple[dict[str, Any], int]]:
        """The events from a position on, each with the position behind it; metrics that follow each other as one.

        ``metrics`` then holds ``[name, value, milliseconds, step]``: a slow server is asked seldom.
        """
        metrics: list[list[Any]] = []
        for event, behind in self._events(path, offset):
            if event["event"] == "metrics":
                metrics.extend([name, value, event["time"], event["step"]] for name, value in event["metrics"].items())
                offset = behind
                if len(metrics) < BATCH:
                    continue
            if metrics:
                yield {"event": "metrics", "metrics": metrics}, offset
                metrics = []
            if event["event"] != "metrics":
                yield event, behind
        if metrics:
            yield {"event": "metrics", "metrics": metrics}, offset

    def writer(self, path: Path) -> int | None:
        """The process that trains; ``None`` where the file does not say so yet. Raises ``ValueError`` for nonsense."""
        event, _ = next(self._events(path, 0), (None, 0))
        try:
            return None if event is None else int(event["pid"])
        except (KeyError, TypeError) as error:
            raise ValueError("it does not begin with a training") from error

    def _events(self, path: Path, offset: int) -> Iterator[tuple[dict[str, Any], int]]:
        with path.open("rb") as file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                yield json.loads(line), offset

    def changed(self, artefact: str, digests: Mapping[str, str]) -> bool:
        """Whether an artefact is not what it was when it was spooled: a later training has written over it.

        What was added since is not of another training: the stage itself leaves its sources there when it ends.
        """
        now = digests_of(Path(artefact), self.files)
        return any(now.get(name) != digest for name, digest in digests.items())


@dataclass
class SpooledRun:
    """The tracked port: appends to the file, and is never in the training's way."""

    path: Path
    files: Files
    where: str = ""

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Metrics of one step."""
        self.write("metrics", metrics={name: float(value) for name, value in metrics.items()}, step=step)

    def artefact(self, path: Path) -> None:
        """A file or folder, with the digests that it has now."""
        self.write("artefact", path=str(path), digests=dict(digests_of(path, self.files)))

    def end(self, status: str) -> None:
        """The training is over."""
        self.write("end", status=status)

    def write(self, event: str, **values: object) -> None:
        """One line, whole."""
        line = json.dumps({"event": event, "time": time.time_ns() // 1_000_000} | values) + "\n"
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)


def digests_of(path: Path, files: Files) -> Mapping[str, str]:
    """SHA-256 by relative path; a file has the name ``.``."""
    if path.is_dir():
        return {name: digest.hex for name, digest in files.tree(path, links=True).items()}
    return {".": files.sha256(path).hex} if path.exists() else {}


def alive(pid: int | None) -> bool:
    """Whether there is such a process."""
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _beside(path: Path) -> Path:
    return path.with_suffix(".sent")
