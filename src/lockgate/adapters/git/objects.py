"""What a repository holds, told by one process of git for as long as somebody here asks it.

Most of what a verb asks git is what a revision names, or what a commit has in a file. A process for each would cost
many times what the answer does. The names of branches are read anew at each question: what changes is seen.
"""

import os
import re
import subprocess
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from lockgate.adapters.git.command import failed, run_git, start_git, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FOUND = re.compile(rb"([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)\n")
_BREAKING = "\n\r\0"
"""What no line of a question can have in a name."""


@dataclass(frozen=True)
class Object:
    """What git keeps under a name: a commit, a tree, a blob or a tag, and its bytes."""

    name: str
    kind: str
    content: bytes


class Objects:
    """The objects of the repository around a folder, by what git takes for a name: ``HEAD^{commit}``, ``HEAD:./a``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._end: Callable[[], object] = lambda: None
        self._owner = 0
        self._files = dict[tuple[str, str], Object | None]()

    def find(self, name: str) -> Object | None:
        """What has that name; ``None`` where nothing has. Raises ``ToolError`` for what is there and cannot be read."""
        if not set(_BREAKING) & set(name):
            with suppress(_Ended), self._lock:
                return self._ask(name)
        return self._find_alone(name)

    def commit(self, revision: str) -> str | None:
        """The hash of the commit that a revision names; ``None`` where there is none."""
        found = self.find(f"{revision}^{{commit}}")
        return found.name if found else None

    def file(self, commit: str, name: str) -> Object | None:
        """What the commit of that hash has at a path from the folder; ``None`` where it has nothing there.

        Of a submodule it is the commit's name alone. What a commit holds never changes, and is asked for once. Raises
        ``ToolError`` for what is there and cannot be read: it is not nothing.
        """
        asked = commit, name
        if asked not in self._files:
            found = self.find(_place(commit, name))
            self._files[asked] = found or (None if self._lacks(commit, name) else self._alone_at(commit, name))
        return self._files[asked]

    def _lacks(self, commit: str, name: str) -> bool:
        """Whether the folder there surely has no such entry: to git, what is damaged is missing just as well."""
        folder, _, last = name.rpartition("/")
        if tree := self.find(_place(commit, folder)):
            return tree.kind != "tree" or os.fsencode(last) not in _entries(tree)
        return bool(folder.strip("./")) and self._lacks(commit, folder)

    def _alone_at(self, commit: str, name: str) -> Object | None:
        """The same by processes of its own, with git's words on what is wrong."""
        about, _, _ = self._done("ls-tree", "-z", commit, "--", name).partition(b"\t")
        if not about:
            return None
        _, kind, found = about.decode().split()
        return Object(found, kind, b"" if kind == "commit" else self._done("cat-file", kind, found))

    def _done(self, *arguments: str) -> bytes:
        done = run_git(self._root, *arguments)
        if done.returncode:
            raise failed(arguments[0], done)
        return done.stdout

    def _ask(self, name: str) -> Object | None:
        process = self._running()
        try:
            return _answer(process, name)
        except BaseException as error:  # what is half read answers no other question
            self._end()
            self._process = None
            if isinstance(error, OSError):
                raise _Ended from error
            raise

    def _running(self) -> "subprocess.Popen[bytes]":
        """The process that answers: another one in a process that was forked."""
        if self._process is None or self._owner != os.getpid():
            self._process = start_git(self._root, "cat-file", "--batch", stderr=subprocess.DEVNULL)
            self._owner = os.getpid()
            self._end = weakref.finalize(self, _ended, self._process, self._owner)
        return self._process

    def _find_alone(self, name: str) -> Object | None:
        """By processes of its own: the name does not go into a line, or git has ended without a word."""
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        asked = run_git(self._root, *arguments)
        if asked.returncode:
            return None
        found = text_of(asked.stdout).strip()
        kind = text_of(self._done("cat-file", "-t", found)).strip()
        return Object(found, kind, self._done("cat-file", kind, found))


class _Ended(Exception):
    """Git answers no more: it is no repository, or something in it is damaged."""


def _place(commit: str, name: str) -> str:
    """What a commit has at a path from the folder, as git names it."""
    return f"{commit}:{name}/" if name.endswith("..") else f"{commit}:{'' if name.startswith('../') else './'}{name}"


def _entries(tree: Object) -> "Iterator[bytes]":
    """The names in a tree: of each entry its mode, its name, and in so many bytes the name of its object."""
    size, at = len(tree.name) // 2, 0
    while at < len(tree.content):
        begin, end = tree.content.index(b" ", at) + 1, tree.content.index(b"\0", at)
        yield tree.content[begin:end]
        at = end + 1 + size


def _answer(process: "subprocess.Popen[bytes]", name: str) -> Object | None:
    asking, telling = process.stdin, process.stdout
    if asking is None or telling is None:
        raise _Ended
    asking.write(os.fsencode(f"{name}\n"))
    asking.flush()
    said = telling.readline()
    if not said.endswith(b"\n"):
        raise _Ended
    found = _FOUND.fullmatch(said)
    if found is None:
        return None
    size = int(found[3]) + 1  # a line end is behind it
    content = telling.read(size)
    if len(content) != size:
        raise _Ended
    return Object(found[1].decode(), found[2].decode(), content[:-1])


_SHARED: "weakref.WeakValueDictionary[Path, Objects]" = weakref.WeakValueDictionary()


def objects_of(root: Path) -> Objects:
    """Those of a folder: all that ask of the same one share a process."""
    return _SHARED.setdefault(root, Objects(root))


def _ended(process: "subprocess.Popen[bytes]", owner: int) -> None:
    """End git. In a process that was forked it is another's, and stays."""
    if owner != os.getpid():
        process.returncode = 0
        return
    process.terminate()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()
