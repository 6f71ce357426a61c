"""Runs a command so that nothing of it outlives the one who asked for it.

    python -I -S supervisor.py GRACE_SECONDS group|all COMMAND [ARGUMENT]...

The command gets a process group of its own. That group is ended as a whole, politely first, when the command itself has
ended, at a signal, and when stdin ends: its other side is held by the one who asked, so it ends with that process,
however that ends. With ``all``, so is what has left the group, as the workers of a server do; without, what has, as a
daemon does, stays. Then this process ends as the command did.

It stands on the standard library alone and imports little of it: it starts before every tool that Lockgate runs.
"""

import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

GONE_SECONDS = 3.0
LOOK_SECONDS = 0.02
CANNOT_RUN = 126
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
# Python ignores these, and a program that is started would do so too.
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
SESSION = "LOCKGATE_SESSION"
"""In the command's environment: the session of this process, or ``ALL``. Who takes another one is not of the group."""
ALL = "all"


class Group:
    """The processes of a command."""

    def __init__(self, command: list[str], *, everything: bool) -> None:
        self.status: int | None = None
        self._told: set[int] = set()
        self._everything = everything
        os.environ[SESSION] = ALL if everything else str(os.getpid())
        prctl = _prctl()
        if callable(prctl):
            # Its orphans come here: they are seen to be gone at once, whenever the system's first process looks.
            prctl(PR_SET_CHILD_SUBREAPER, 1)
        # Until it is the command, it has this process's handlers: what is told to it in that time waits.
        heard = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        self._leader = os.fork()
        if not self._leader:
            _become(command, prctl, heard)
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        # Whoever of the two comes first makes the group.
        with suppress(OSError):
            os.setpgid(self._leader, self._leader)

    def reap(self) -> bool:
        """Whether the command itself has ended."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._leader:
                    self.status = ended[1]
        return self.status is not None

    def end(self, grace: float) -> None:
        """End all that is left: politely, and after ``grace`` seconds for certain."""
        for sign, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, GONE_SECONDS)):
            self._told.clear()
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                self.reap()
                left = self._left()
                for each in left - self._told:
                    _tell(each, sign)
                    # One that is stopped hears of it when it goes on.
                    _tell(each, signal.SIGCONT)
                if not left:
                    return
                self._told |= left
                time.sleep(LOOK_SECONDS)

    def _left(self) -> set[int]:
        """Processes, and the group as a negative number. What a process that ended has left comes here by and by."""
        return ({-self._leader} if _tell(-self._leader, 0) else set()) | (_children() if self._everything else set())


def main() -> NoReturn:
    """Run the command to its end, or to that of the one who asked."""
    grace, what, command = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking)
    for sign in (*ENDING, signal.SIGCHLD):
        # What nohup has switched off stays off.
        if signal.getsignal(sign) is not signal.SIG_IGN:
            signal.signal(sign, lambda *_: None)
    group = Group(command, everything=what == ALL)
    while not group.reap():
        ready, _, _ = select.select([0, woken], [], [])
        if (woken in ready and set(os.read(woken, 64)) - {signal.SIGCHLD}) or (0 in ready and not os.read(0, 1)):
            break
    group.end(grace)
    _end_as(group.status)


def _become(command: list[str], prctl: object, heard: set[int]) -> NoReturn:
    try:
        os.setpgid(0, 0)
        if callable(prctl):
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.set_wakeup_fd(-1)
        usual = (sign for sign in ENDING if signal.getsignal(sign) is not signal.SIG_IGN)
        for sign in (*IGNORED_BY_PYTHON, *usual):
            signal.signal(sign, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.execvp(command[0], command)  # noqa: S606 - a shell is what the command names, or none
    except OSError as error:
        os.write(2, f"{command[0]} cannot be run: {error.strerror}\n".encode())
    finally:
        os._exit(CANNOT_RUN)


def _tell(process: int, sign: int) -> bool:
    """Whether it was there to be told."""
    try:
        os.kill(process, sign)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _children() -> set[int]:
    with suppress(OSError):
        return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()))
    return set()


def _prctl() -> object:
    """Linux ends a process with its parent, and hands on orphans, where it is asked to."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes  # noqa: PLC0415 - of no use elsewhere

        return ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None


def _end_as(status: int | None) -> NoReturn:
    code = -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)
    if code < 0:
        import resource  # noqa: PLC0415 - seldom needed

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the command's own is enough
        with suppress(OSError):  # SIGKILL has no other meaning
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(max(code, 0))


if __name__ == "__main__":
    main()
