"""What libraries say beside the work goes to a file of each process under ``build/logs/``, and is named at the end.

All that is written to file descriptor 2 lands there, from native code and child processes too; ``sorted_stderr`` sorts
the rest by the rule of ``docs/quiet.md``.
"""

import copy
import fcntl
import functools
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

import click

from lockgate.cli.flags import ROOT
from lockgate.cli.sorted_stderr import Origins, SortedStderr, sorted_messages
from lockgate.domain.project.layout import Layout
from lockgate.errors import LockgateError, ModelError, StageFailed, ToolError

STAGE = "DVC_STAGE"
"""The stage that DVC runs this process as."""

NAMED_BY = "LOCKGATE_LOGS_NAMED_FOR"
"""The project whose `run` or `deliver` names at its end what its stages kept."""

STDERR = 2
TAIL = 5
# Reads nothing where this process has crashed, or was killed, and shows then what it can no longer show itself.
_WATCH = """
read -r done || [ ! -s "$1" ] || {
  echo "  it ended without a word; the last lines of $2:"; tail -n "$3" "$1" | sed "s/^/    /"
}
"""
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def logged(command: click.Command) -> click.Command:
    """The verb, with what libraries say kept in a file of the project that it is called for."""
    work = command.callback
    if work is None or isinstance(command, click.Group):
        return command

    @functools.wraps(work)
    def run(*args: Any, **kwargs: Any) -> Any:
        context = click.get_current_context()
        root = _project(context.meta.get(ROOT))
        if root is None:
            return work(*args, **kwargs)
        with _kept(Layout(root), os.environ.get(STAGE) or context.info_name or "lockgate"):
            return work(*args, **kwargs)

    made = copy.copy(command)
    made.callback = run
    return made


def _project(named: Path | None) -> Path | None:
    start = (named or Path.cwd()).resolve()
    folders = [start] if named else [start, *start.parents]
    return next((folder for folder in folders if (folder / "params.yaml").exists()), None)


@contextmanager
def _kept(layout: Layout, name: str) -> Iterator[None]:
    started = time.time_ns()
    try:
        os.fstat(STDERR)
        log = _open(layout.logs, _file_name(name))
    except OSError:  # no standard error, or a folder that cannot be written: the verb says so if it needs it
        yield
        return
    stage_of = os.environ.get(NAMED_BY)
    os.environ[NAMED_BY] = str(layout.root)
    fault: BaseException | None = None
    try:
        with _redirected(log, layout):
            yield
    except BaseException as error:
        fault = error
        raise
    finally:
        _restore(NAMED_BY, stage_of)
        gathered = os.environ.get(STAGE) is not None and stage_of == str(layout.root)
        log.close()
        _tell(layout, log.path, started, fault, gathered=gathered)


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


@dataclass(frozen=True)
class _Log:
    path: Path
    descriptor: int

    def close(self) -> None:
        """Close the file; one in which nothing stands is removed, with folders that it alone was in."""
        empty = os.fstat(self.descriptor).st_size == 0
        with suppress(OSError):
            if empty:
                self.path.unlink()
                self.path.parent.rmdir()
                self.path.parent.parent.rmdir()
        os.close(self.descriptor)


def _open(folder: Path, name: str) -> _Log:
    """An empty log of that name, or with this process's number where another process writes one."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder / f"{name}.log", folder / f"{name}-{os.getpid()}.log"):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), path.stat()):  # no other process has removed it since
                os.ftruncate(descriptor, 0)
                return _Log(path, descriptor)
        os.close(descriptor)
    raise OSError(f"{folder}: no log can be begun")


@contextmanager
def _redirected(log: _Log, layout: Layout) -> Iterator[None]:
    """File descriptor 2 is the log in this block, and ``sys.stderr`` sorts."""
    before, origins = sys.stderr, Origins(layout.root)
    with ExitStack() as stack:
        shown = os.dup(STDERR)
        stack.callback(os.close, shown)
        console = before
        if _is_descriptor_2(before):
            console = stack.enter_context(_text(shown, before.encoding))
            stack.enter_context(_watched(log.path, layout, shown))
        kept = stack.enter_context(_text(log.descriptor, "utf-8"))
        stderr = SortedStderr(console, kept, origins)
        stack.callback(stderr.end, before)
        stack.callback(setattr, sys, "stderr", before)
        sys.stderr = cast("TextIO", stderr)
        stack.callback(os.dup2, shown, STDERR)
        os.dup2(log.descriptor, STDERR)
        stack.enter_context(sorted_messages(stderr, origins))
        yield


def _is_descriptor_2(stream: TextIO) -> bool:
    """Whether it is a process's own standard error, and no test's."""
    try:
        return stream.fileno() == STDERR
    except (OSError, ValueError):
        return False


@contextmanager
def _text(descriptor: int, encoding: str) -> Iterator[TextIO]:
    stream = os.fdopen(descriptor, "w", encoding=encoding, errors="backslashreplace", buffering=1, closefd=False)
    try:
        yield stream
    finally:
        with suppress(OSError):  # the terminal may have gone
            stream.close()


@contextmanager
def _watched(log: Path, layout: Layout, shown: int) -> Iterator[None]:
    """Native code that crashes takes this process with it: another one shows what was kept."""
    named = log.relative_to(layout.root).as_posix()
    watch = subprocess.Popen(
        ["sh", "-c", _WATCH, "sh", str(log), named, str(TAIL)],
        stdin=subprocess.PIPE,
        stdout=shown,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        watch.communicate(b"done\n")


def _tell(layout: Layout, own: Path, started: int, error: BaseException | None, *, gathered: bool) -> None:
    """Name what was kept since then, and show the end of what may say why the verb failed."""
    with suppress(OSError, ValueError):  # the terminal may have gone
        if _may_say_why(error):
            _say(_last_words(own))
        if gathered and not isinstance(error, Exception):
            return
        kept = [own] if gathered else sorted(layout.logs.glob("*.log"), key=lambda path: path.stat().st_mtime_ns)
        counts = {path: _count(path) for path in kept if path.exists() and path.stat().st_mtime_ns >= started}
        _say(_named({path: count for path, count in counts.items() if count}, layout))


def _may_say_why(error: BaseException | None) -> bool:
    """Whether libraries may have said why a verb failed: not where Lockgate itself has found what is wrong."""
    if isinstance(error, LockgateError):
        return isinstance(error, ModelError | ToolError) and not isinstance(error, StageFailed)
    return isinstance(error, Exception)


def _last_words(log: Path) -> list[str]:
    if not log.exists():
        return []
    return [f"the last lines of {log.name}:", *(f"  {line}" for line in _lines(log)[-TAIL:])]


def _named(counts: Mapping[Path, int], layout: Layout) -> list[str]:
    if not counts:
        return []
    total = sum(counts.values())
    folder = layout.logs.relative_to(layout.root).as_posix()
    files = [f"{path.name} ({count})" for path, count in counts.items()]
    where = f"{folder}/{next(iter(counts)).name}" if len(files) == 1 else f"{folder}/: {', '.join(files)}"
    return [f"{total} warning{'s' if total > 1 else ''} of libraries: {where}"]


def _count(log: Path) -> int:
    """How many messages it holds: each begins with a line that is not indented."""
    return sum(not line[:1].isspace() for line in _lines(log))


def _lines(log: Path) -> Sequence[str]:
    text = _COLOUR.sub("", log.read_text(encoding="utf-8", errors="replace"))
    return [line for line in text.split("\n") if line.strip()]


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        print(f"  {line}", file=sys.stderr)


def _file_name(name: str) -> str:
    return name.replace("/", "-")
