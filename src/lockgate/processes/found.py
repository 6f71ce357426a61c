"""Finds what a Lockgate that is gone has left running, who listens on a port, and who holds a lock."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lockgate.processes import procfs
from lockgate.processes.supervisor import ALL, SESSION

MARK = "LOCKGATE_STARTED_BY"
"""In the environment of all that Lockgate starts: for which project, what for, and by which process."""

DAY = 86400.0
SHOWN = 120


@dataclass(frozen=True)
class Mark:
    """Who started a process, and what for; ``begun`` tells the starter from a later process of the same number."""

    root: str
    what: str
    pid: int
    begun: int

    @property
    def orphaned(self) -> bool:
        """Whether the starter is gone."""
        return _begun(self.pid) != self.begun

    def __str__(self) -> str:
        """As it stands in the environment."""
        return json.dumps(vars(self))


@dataclass(frozen=True)
class Found:
    """A process; ``since`` in seconds of the epoch, and its mark where Lockgate has started it."""

    pid: int
    command: str
    since: float
    group: int
    mark: Mark | None = None
    session: int = 0

    @property
    def ending(self) -> bool:
        """Whether the supervisor that ends it with its starter is there."""
        return self.mark is not None and _mark(self.session) == self.mark

    def __str__(self) -> str:
        """As a message names it."""
        form = "%H:%M:%S" if time.time() - self.since < DAY else "%Y-%m-%d %H:%M"
        command = self.command if len(self.command) <= SHOWN else f"{self.command[:SHOWN]}..."
        return f"process {self.pid}, since {time.strftime(form, time.gmtime(self.since))} UTC ({command})"

    @property
    def remedy(self) -> str:
        """The command that ends it, with all that it has started."""
        return f"kill {self.pid}" if self.mark is None and self.group != self.pid else f"kill -- -{self.group}"


def mark(root: Path, what: str) -> Mark:
    """The mark for what this process starts now."""
    return Mark(str(root), what, os.getpid(), _begun(os.getpid()))


def described(pid: int) -> Found | None:
    """The process of that number; ``None`` where there is none."""
    status, command = procfs.status(pid), procfs.command(pid)
    if status is None or not command:
        return None
    return Found(pid, command, status.since, status.group, _mark(pid), status.session)


def left_running(root: Path) -> Sequence[Found]:
    """What runs on for the project at ``root`` though its starter is gone: the first process of each thing started.

    What took a session of its own, as a daemon does, is not counted: it was meant to stay.
    """
    found: dict[Mark, Found] = {}
    for pid in procfs.processes():
        made = _mark(pid)
        if made is None or made.root != str(root) or not made.orphaned or not _in_its_session(pid):
            continue
        if each := described(pid):
            found[made] = min(found.get(made, each), each, key=_place)
    return sorted(found.values(), key=lambda one: one.since)


def listening(port: int) -> Found | None:
    """The process of this user that listens on a TCP port: the first of those that share it."""
    sockets = procfs.listeners(port)
    holders = [each for pid in procfs.processes() if sockets & procfs.files(pid) and (each := described(pid))]
    return min(holders, key=_place, default=None) if sockets else None


def holding(path: Path) -> Found | None:
    """The process that holds a lock on a file."""
    pid = procfs.locker(path)
    return described(pid) if pid else None


def _place(found: Found) -> tuple[bool, float]:
    """Its group's leader first, then the older ones."""
    return found.pid != found.group, found.since


def _in_its_session(pid: int) -> bool:
    status, session = procfs.status(pid), procfs.environment(pid).get(SESSION)
    return status is not None and session in {str(status.session), ALL}


def _mark(pid: int) -> Mark | None:
    try:
        return Mark(**json.loads(procfs.environment(pid).get(MARK, "")))
    except (ValueError, TypeError):
        return None


def _begun(pid: int) -> int:
    status = procfs.status(pid)
    return 0 if status is None else status.begun
