"""Which files of a project this process loads and reads, by Python's own audit events (PEP 578)."""

import importlib.metadata
import json
import os
import site
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.util import source_from_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import lockgate
from lockgate.domain.identity import digest_of_file
from lockgate.domain.making.stage_files import HASHED_UP_TO

if TYPE_CHECKING:
    from types import FrameType

MODULES = (".py", ".pyc", ".so")
PACKAGES = ("site-packages", "dist-packages")
CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - compared as text
"""Here and in the folder of temporary files frameworks put the code that they generate: not on Python's path."""
_CODE = str(Path(lockgate.__file__).parent)


class PythonReads:
    """The source-reads port: modules from wherever they are, other files where the project's own code reads them.

    What lies in a Python environment is no source of the project; nor is Lockgate. What a library reads without Python,
    as Arrow does, is not seen, nor what another process reads.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root.resolve())
        self._inside = f"{self._root}{os.sep}"
        self._foreign = tuple(f"{folder}{os.sep}" for folder in _environments(self._inside))
        self._passing = tuple(f"{os.path.realpath(folder)}{os.sep}" for folder in (tempfile.gettempdir(), CACHE))
        self._found: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        """The real path of each folder in which something was opened."""
        self._busy = threading.local()
        self._on = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take notice in this block. Python never takes a hook back: afterwards it does nothing."""
        self._on = True
        sys.addaudithook(self._notice)
        try:
            yield
        finally:
            self._on = False

    def found(self) -> Mapping[str, str]:
        """The files that were read, from the project's root, with the MD5 that each had when it was read first."""
        return dict(self._found)

    def _notice(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on or event not in {"open", "import"} or getattr(self._busy, "now", False):
            return
        self._busy.now = True
        try:
            named = _read(event, arguments)
            if named and (path := self._of_the_project(named)):
                name = os.path.relpath(path, self._root)
                self._found.setdefault(name, _md5(path))
        except (OSError, ValueError, RecursionError):  # no file that could be read, and nothing for whoever opens it
            pass
        finally:
            self._busy.now = False

    def _of_the_project(self, named: str) -> str:
        """The source file of what was opened; empty where it is none, or none of the project's."""
        named = source_from_cache(named) if "__pycache__" in named else named
        # DVC may have linked what lies in the project from a cache elsewhere.
        real = self._real(named)
        path = named if named.startswith(self._inside) else real
        if self._of_an_environment(named, real) or not os.path.isfile(path):  # noqa: PTH113 - called for each file opened
            return ""
        module = path.endswith(MODULES)
        if not path.startswith(self._inside):
            return path if module and (not path.startswith(self._passing) or _on_path(path)) else ""
        hidden = path.startswith(f"{self._inside}.")
        return path if module or (not hidden and self._by_own_code()) else ""

    def _real(self, path: str) -> str:
        """As `os.path.realpath`, which looks at every folder above the file again: some thousand are opened."""
        folder, name = os.path.split(path)
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder)
        file = os.path.join(real, name)  # noqa: PTH118 - called for each file opened
        return os.path.realpath(file) if os.path.islink(file) else file  # noqa: PTH114 - called for each file opened

    def _of_an_environment(self, named: str, real: str) -> bool:
        """Whether a file is installed: uv, Nix and conda may link packages from where they keep them.

        A link to the project, or to the source of an editable installation, is that source.
        """
        if real.startswith(self._foreign):
            return True
        if not named.startswith(self._foreign):
            return False
        # Another environment may lie beside such a source.
        return any(f"{os.sep}{part}{os.sep}" in real for part in PACKAGES) or not real.startswith(
            (self._inside, *_editable())
        )

    def _by_own_code(self) -> bool:
        """Whether a file of the project is among those whose code is running."""
        frame: FrameType | None = sys._getframe()  # noqa: SLF001 - there is no other way to see who opens a file
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(self._inside) and not file.startswith(self._foreign):
                return True
            frame = frame.f_back
        return False


def _read(event: str, arguments: tuple[Any, ...]) -> str:
    """The file that is opened for reading, or the extension module that is loaded; empty for another event."""
    if event == "import":
        return str(arguments[1] or "")
    name, mode, flags = arguments
    if not isinstance(name, str | bytes | os.PathLike):
        return ""
    writes = not set("r+") & set(mode) if mode else flags & os.O_ACCMODE == os.O_WRONLY
    return "" if writes else os.path.abspath(os.fsdecode(name))  # noqa: PTH100 - called for each file opened


def _on_path(path: str) -> bool:
    """Whether it lies in a folder that modules are imported from by name, as those of `PYTHONPATH`."""
    return any(path.startswith(f"{os.path.realpath(entry)}{os.sep}") for entry in sys.path if entry)


def _environments(root: str) -> set[str]:
    """The folders of the Python environment that runs this, and of Lockgate.

    One that the project lies in, as `/usr` has Python and `/usr/src/app`, is left out, but for its libraries.
    """
    whole = [sys.prefix, sys.base_prefix, sys.exec_prefix]
    libraries = [*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages(), _CODE]
    named = {each for folder in (*whole, *libraries) for each in (folder, os.path.realpath(folder))}
    return {folder for folder in named if not root.startswith(f"{folder}{os.sep}")}


@cache
def _editable() -> tuple[str, ...]:
    """The folders of packages that are installed as links to their source."""
    noted = (found.read_text("direct_url.json") for found in importlib.metadata.distributions())
    origins = [json.loads(text) for text in noted if text]
    folders = [unquote(urlsplit(o["url"]).path) for o in origins if o.get("dir_info", {}).get("editable")]
    return tuple(f"{os.path.realpath(folder)}{os.sep}" for folder in folders)


def _md5(path: str) -> str:
    """Empty for a large file, which would be read twice."""
    if os.path.getsize(path) > HASHED_UP_TO:  # noqa: PTH202 - called for each file opened
        return ""
    with Path(path).open("rb") as file:
        return digest_of_file(file, "md5").hex
