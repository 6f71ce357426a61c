"""Work that is killed before a change that it makes to a disk, or before a git that it starts to change one.

Python tells of what a process is about to do (its audit events): no line of what is tested knows of it. A point is one
such change below a folder: a file is opened to be written, is renamed, removed or linked, a folder is made or removed,
or git is started with a command that writes. A file that is opened to be written is two points: before it, and while
it is there without its content. What lies on the disk at a point is all that a kill leaves there: one run can be copied
at many. The disk may be full from a point on, instead: then files and folders are no more made.
"""

import errno
import io
import os
import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.rename": 2, "os.link": 2, "os.symlink": 2, "os.mkdir": 1, "os.rmdir": 1, "os.remove": 1}
"""The events of a change, and how many of their arguments are paths."""
FOLDER_FD = {"os.rename": 2, "os.link": 2, "os.symlink": 2, "os.mkdir": 2, "os.rmdir": 1, "os.remove": 1}
"""Which of their arguments is the folder that the first path is of, where that is open."""
READING = {
    *("cat-file", "check-ref-format", "config", "diff", "diff-tree", "for-each-ref", "hash-object", "log", "ls-files"),
    *("ls-remote", "ls-tree", "merge-base", "rev-list", "rev-parse", "show", "show-ref", "status", "symbolic-ref"),
    *("var", "verify-commit", "verify-tag", "version"),
}
"""The commands of git that change nothing."""
STEP = "tests.step"
"""The event of a point that Python tells nothing of: ``sys.audit(STEP, name)`` before a database commits."""
RAISED = 99
ONE_OF_A_DIGEST = re.compile(r"(/[0-9a-f]{64})/.+")
"""A file or folder of what a store has by its digest: each is written as the others are."""
HIDDEN = re.compile(r"/\.[^/ ]+-\d+-\w+")
"""What is only there while it is written, as ``lockgate.processes.temporary`` names it."""


class Watch:
    """Counts the points in a process, and kills it at one of them; ``told`` gets a line for each.

    With ``full``, the disk is full from that point on, and nothing is killed. ``copies`` names the points at which the
    folder is copied, and where to.
    """

    def __init__(
        self, folder: Path, told: int, at: int = 0, *, full: bool = False, copies: Mapping[int, Path] | None = None
    ):
        self._folder, self._at, self._told, self._full, self._copies = folder, at, told, full, copies or {}
        self._count, self._asking = 0, False

    def __call__(self, event: str, arguments: tuple):
        if self._asking:
            return
        self._asking = True  # what is done here is no event
        try:
            if event == "open":
                self._opened(*arguments)
            elif event in CHANGES:
                self._changes(event, arguments)
            elif event == "subprocess.Popen":
                self._started(arguments[1])
            elif event == STEP:
                self._point(arguments[0])
        finally:
            self._asking = False

    def _changes(self, event, arguments):
        paths = [_place(each, arguments[FOLDER_FD[event]]) for each in arguments[: CHANGES[event]]]
        if any(each.is_relative_to(self._folder) for each in paths) and not _vain(event, paths[0]):
            self._point(" ".join([event, *map(self._shown, paths)]))

    def _opened(self, path, mode, flags):
        writes = set(mode) & set("wax+") if isinstance(mode, str) else flags & WRITES
        if not writes or isinstance(path, int) or not (place := _place(path)).is_relative_to(self._folder):
            return
        self._point(f"open {self._shown(place)}")
        if not place.exists() or flags & os.O_TRUNC:
            within = place.relative_to(self._folder)
            self._point(f"empty {within}", lambda folder: os.close(os.open(folder / within, flags, 0o600)))

    def _started(self, command):
        words = [os.fsdecode(each) for each in command] if isinstance(command, (list, tuple)) else []
        if not words or Path(words[0]).name != "git":
            return
        rest, skip = iter(words[1:]), {"-c", "-C"}
        verb = next((word for word in rest if not (word in skip and next(rest)) and not word.startswith("-")), "")
        if verb not in READING:
            self._point(f"git {verb}")

    def _shown(self, path):
        return f"{path.relative_to(self._folder)}" if path.is_relative_to(self._folder) else f"{path}"

    def _point(self, what, begun=lambda folder: None):
        self._count += 1
        os.write(self._told, f"{what}\n".encode())
        if self._full and 0 < self._at <= self._count and takes_room(what):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), what.split()[1])
        if copy := self._copies.get(self._count):
            shutil.copytree(self._folder, copy, symlinks=True)
            begun(copy)
        if self._count == self._at and not self._full:
            begun(self._folder)
            os.kill(os.getpid(), signal.SIGKILL)


def _place(path, folder_fd=None) -> Path:
    above = Path.cwd()
    if isinstance(folder_fd, int) and folder_fd >= 0:
        above = Path(f"/proc/self/fd/{folder_fd}").readlink()
    return above / os.fsdecode(path)


def _vain(event: str, path: Path) -> bool:
    """Whether it will change nothing: the folder is there, the file is not, or the folder is not empty."""
    if event == "os.mkdir":
        return path.exists()
    if event == "os.rmdir":
        return path.is_dir() and any(path.iterdir())
    return event == "os.remove" and not os.path.lexists(path)


def takes_room(point: str) -> bool:
    """Whether a disk that is full refuses it."""
    return point.startswith(("open ", "os.mkdir ", "os.link "))


def apart(points: list[str]) -> list[int]:
    """The numbers of the points that differ in kind: of a row below one hidden folder, the first and the last.

    Of a kind that comes again and again, the first, the second and the last.
    """
    kinds = [_kind(point) for point in points]
    numbers = range(len(points))
    ends = [n for n in numbers if n in {0, len(points) - 1} or not kinds[n - 1] == kinds[n] == kinds[n + 1]]
    of_kind = defaultdict[str, list[int]](list)
    for n in ends:
        of_kind[kinds[n]].append(n)
    return sorted({n + 1 for found in of_kind.values() for n in (*found[:2], found[-1])})


def _kind(point: str) -> str:
    """What no other process looks into is one kind of thing, whatever happens in it."""
    event, *paths = point.split(" ")
    above = {ONE_OF_A_DIGEST.sub(r"\1/", HIDDEN.sub("/.hidden//", f"/{path}").partition("//")[0]) for path in paths}
    inside = len(above) == 1 and all(HIDDEN.search(f"/{path}/") and HIDDEN.split(f"/{path}", 1)[1] for path in paths)
    return f"below {above.pop()}" if inside else f"{event} {sorted(above)}"


@dataclass(frozen=True)
class Ended:
    """How a process ended: killed, or with an exit code; the points that it came to, and what it said."""

    killed: bool
    code: int
    points: list[str]
    said: str


def ended(folder: Path, work: Callable[[], object], **how: Any) -> Ended:
    """Do the work in a process of its own: watched as ``how`` says, such as killed at a point.

    Points are counted from 1, below ``folder``. What the work gives is the exit code.
    """
    reading, telling = os.pipe()
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            code = RAISED
            try:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
                sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), write_through=True)
                sys.addaudithook(Watch(folder, telling, **how))
                code = int(work() or 0)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(telling)
        with os.fdopen(reading, encoding="utf-8", errors="replace") as lines:
            points = lines.read().splitlines()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        return Ended(code == -signal.SIGKILL, code, points, said.read().decode(errors="replace"))
