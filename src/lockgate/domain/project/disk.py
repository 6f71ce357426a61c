"""What a disk, a folder or the system refuses, in a sentence with a way out: of an error, or of a tool's output."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockgate.errors import DiskFault

AGAIN = "run it again: what was there before is as it was"
# What each is called, and what helps; `{file}` is the file, as far as it is known.
REASONS = {
    errno.ENOSPC: ("the disk is full: {file}", f"make room and {AGAIN}"),
    errno.EDQUOT: ("the disk is full, as far as your quota goes: {file}", f"make room and {AGAIN}"),
    errno.EFBIG: ("a file grew larger than it may be: {file}", f"raise the limit (`ulimit -f unlimited`) and {AGAIN}"),
    errno.EROFS: ("nothing can be written there, it is read-only: {file}", f"make it writable and {AGAIN}"),
    errno.EACCES: ("not permitted to this user: {file}", "see who owns it: `ls -ld` on it and on its folder"),
    errno.EPERM: ("not permitted to this user: {file}", "see who owns it: `ls -ld` and `lsattr -d` on it"),
    errno.EMFILE: ("too many open files: {file}", f"raise the limit (`ulimit -n 4096`) and {AGAIN}"),
    errno.ENFILE: ("this machine has too many open files: {file}", "see who has them: lsof"),
    errno.ENOTDIR: ("a file stands where a folder is needed: {file}", f"move it away and {AGAIN}"),
    errno.EEXIST: ("something else stands there: {file}", f"move it away and {AGAIN}"),
    errno.EISDIR: ("a folder stands where a file is needed: {file}", f"move it away and {AGAIN}"),
    errno.ENOTEMPTY: ("a folder is not empty that was: {file}", f"does another process write there? {AGAIN}"),
    errno.EIO: ("the disk does not read or write: {file}", "see what the system says of it: dmesg"),
    errno.ENAMETOOLONG: ("a name is too long for this disk: {file}", "work in a folder whose path is shorter"),
    errno.ELOOP: ("a link leads to itself: {file}", "replace it by what it should lead to"),
    errno.EXDEV: ("it lies on another disk: {file}", "put `build/` and the project on one disk"),
    errno.EAGAIN: ("this machine starts no more processes: {file}", "see how many there are, and `ulimit -u`"),
    errno.ENOMEM: ("the memory is full: {file}", f"end what needs it and {AGAIN}"),
    errno.ESTALE: ("the file server has lost it: {file}", f"mount it again and {AGAIN}"),
}
# As SQLite and programs say it, without a number; other words of theirs may be about another machine.
SAID = {
    "database or disk is full": errno.ENOSPC,
    "attempt to write a readonly database": errno.EROFS,
    "unable to open database file": errno.EACCES,
    "disk I/O error": errno.EIO,
} | {os.strerror(number): number for number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.EIO)}
NUMBERED = re.compile(r"\[errno (\d+)\]", re.IGNORECASE)
NAMED = re.compile(r"'([^']*/[^']*)'(?: -> '([^']+)')?")
WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
NO_TMPDIR = "No usable temporary directory"
UNKNOWN = "no file is named"


def fault_of(error: BaseException) -> DiskFault | None:
    """What refused, where the error or what it came from is of that kind."""
    for each in _chain(error):
        if isinstance(each, OSError) and each.errno in REASONS:
            # Of two, a disk that cannot be written is the second one's.
            names = (each.filename2 if each.errno in WRITING else None, each.filename)
            return _fault(each.errno, next(filter(None, names), None) or _named(each.errno, str(each)))
        if found := fault_in(str(each)):
            return found
    return None


@contextmanager
def refusals_told() -> Iterator[None]:
    """Raise what a disk refuses in this block as a ``DiskFault``."""
    try:
        yield
    except OSError as error:
        raise fault_of(error) or error from error


def fault_in(output: str) -> DiskFault | None:
    """What refused, by the last line of a tool's output that tells of it."""
    for line in reversed(output.splitlines()):
        if NO_TMPDIR in line:
            hint = "make room in one of them, or set TMPDIR to a folder that can be written"
            return DiskFault(f"no temporary folder can be written: {line.partition(' in ')[2]}", hint=hint)
        if (number := _number(line)) is not None:
            return _fault(number, _named(number, line))
    return None


def _number(line: str) -> int | None:
    numbered = NUMBERED.search(line)
    if numbered and int(numbered[1]) in REASONS:
        return int(numbered[1])
    return next((number for words, number in SAID.items() if words in line), None)


def _named(number: int, line: str) -> str:
    numbered = NUMBERED.search(line)
    found = NAMED.search(line, numbered.end() if numbered else 0)
    return "" if found is None else (number in WRITING and found[2]) or found[1]


def _fault(number: int, file: object) -> DiskFault:
    message, hint = REASONS[number]
    name = os.fsdecode(file) if isinstance(file, str | bytes | os.PathLike) else ""
    temporary = os.environ.get("TMPDIR", "/tmp").rstrip("/")  # noqa: S108 - where others put their files
    # A project may lie there as well.
    if number in WRITING and name.startswith(f"{temporary}/") and not name.startswith(f"{Path.cwd()}/"):
        hint = f"set TMPDIR to a folder that has room and can be written, and {AGAIN}"
    return DiskFault(message.format(file=name or UNKNOWN), hint=hint)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
