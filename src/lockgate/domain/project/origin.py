"""Where an exception came from: a line of the project's own code, or Lockgate."""

import sys
import traceback
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

LOCKGATE = f"{Path(__file__).parents[2]}/"
_ENVIRONMENT = ("/site-packages/", "/dist-packages/")


@dataclass(frozen=True)
class Place:
    """A line of the project's code; the file as its root sees it."""

    file: str
    line: int
    inside: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f", in {self.inside}" if self.inside else "")


def origin(error: BaseException, root: Path, modules: Collection[str] = ()) -> Place | None:
    """The project's line that an exception came from; ``None`` where it came from Lockgate.

    That is the innermost frame of the project, whatever libraries it was calling, unless Lockgate's own code was being
    called from there. ``modules`` are the project's by name wherever they are installed, as ``plugin`` names them.
    """
    own = _Own(root, frozenset(name.partition(":")[0].partition(".")[0] for name in modules))
    if isinstance(error, SyntaxError) and error.filename and own.has(error.filename, ""):
        return Place(own.shown(error.filename), error.lineno or 1)
    for frame, line in reversed([*traceback.walk_tb(error.__traceback__)]):
        file = frame.f_code.co_filename
        if file.startswith(LOCKGATE):
            return None
        if own.has(file, _module(frame)):
            inside = frame.f_code.co_qualname
            return Place(own.shown(file), line, "" if inside == "<module>" else inside)
    return None


def told(error: BaseException) -> str:
    """``ValueError: its own message``, in the form that Python gives it."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")


@dataclass(frozen=True)
class _Own:
    root: Path
    modules: frozenset[str]

    def has(self, file: str, module: str) -> bool:
        """Whether a file is the project's: below its root and in no environment there, or of its modules."""
        if module.partition(".")[0] in self.modules:
            return True
        installed = file.startswith(f"{sys.prefix}/") or any(part in file for part in _ENVIRONMENT)
        return not installed and any(file.startswith(f"{root}/") for root in self._roots())

    def shown(self, file: str) -> str:
        """A file's path from the root."""
        for root in self._roots():
            file = file.removeprefix(f"{root}/")
        return file

    def _roots(self) -> Iterator[Path]:
        yield from {self.root, self.root.resolve()}


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
