"""What Linux tells of processes under /proc; elsewhere there is nothing to read, and nothing is found."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROC = Path("/proc")
LISTENS = "0A"
ENDED = frozenset("ZX")


@dataclass(frozen=True)
class Status:
    """Where a process belongs; ``begun`` in ticks since the system's start."""

    group: int
    session: int
    begun: int

    @property
    def since(self) -> float:
        """When it began, in seconds of the epoch."""
        return _booted() + self.begun / os.sysconf("SC_CLK_TCK")


def processes() -> Iterator[int]:
    """The numbers of all that run."""
    with suppress(OSError):
        yield from (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())


def status(pid: int) -> Status | None:
    """``None`` for one that has ended, taken note of or not."""
    try:
        fields = _read(pid, "stat").rpartition(")")[2].split()
        return None if fields[0] in ENDED else Status(int(fields[2]), int(fields[3]), int(fields[19]))
    except (OSError, IndexError):
        return None


def environment(pid: int) -> Mapping[str, str]:
    """What it was started with; empty for one of another user."""
    with suppress(OSError):
        return dict(entry.split("=", 1) for entry in _read(pid, "environ").split("\0") if "=" in entry)
    return {}


def command(pid: int) -> str:
    """Its command line, the program without its folder."""
    with suppress(OSError):
        program, *words = _read(pid, "cmdline").rstrip("\0").split("\0")
        return " ".join([Path(program).name, *words])
    return ""


def files(pid: int) -> set[str]:
    """What it has open, as the links say it; empty for one of another user."""
    found: set[str] = set()
    with suppress(OSError):
        for entry in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                found.add(str(entry.readlink()))
    return found


def listeners(port: int) -> set[str]:
    """The sockets that listen on a TCP port, as ``files`` says them."""
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found


def locker(path: Path) -> int | None:
    """The process that holds a lock on a file."""
    with suppress(OSError):
        inode = str(path.stat().st_ino)
        for line in (PROC / "locks").read_text().splitlines():
            before, _, behind = line.partition(f":{inode} ")
            if behind and "->" not in before:
                return int(before.split()[4]) or None
    return None


def _read(pid: int, name: str) -> str:
    return (PROC / str(pid) / name).read_bytes().decode(errors="replace")


@cache
def _booted() -> float:
    lines = (PROC / "stat").read_text().splitlines()
    return float(next(line for line in lines if line.startswith("btime ")).split()[1])
