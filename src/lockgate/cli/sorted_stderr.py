"""A standard error that knows who writes: what the project and Lockgate say is shown, what libraries say is kept."""

import logging
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from inspect import currentframe
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import lockgate

_LOCKGATE = str(Path(lockgate.__file__).parent)
_STANDARD = sysconfig.get_paths()["stdlib"]
_ENVIRONMENTS = frozenset(("site-packages", "dist-packages"))
# Packages through which others print.
_PRINTERS = frozenset(("click", "tqdm"))


class Origins:
    """Tells by its file whose a piece of code is."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._speakers: dict[str, bool | None] = {}

    def of_project(self, file: str) -> bool:
        """Whether it lies in the project's folder, in no environment there."""
        path = Path(file)
        return path.is_relative_to(self._root) and not (_ENVIRONMENTS & {*path.parts} or file.startswith(_LOCKGATE))

    def speaks(self, frame: FrameType | None) -> bool:
        """Whether it is the project or Lockgate that writes, and no library. What nobody's code writes is shown."""
        while frame is not None:
            speaker = self._speaker(frame.f_code.co_filename)
            if speaker is not None:
                return speaker
            frame = frame.f_back
        return True

    def _speaker(self, file: str) -> bool | None:
        if file not in self._speakers:
            shown = file.startswith(_LOCKGATE) or self.of_project(file)
            self._speakers[file] = None if _hands_on(file) else shown
        return self._speakers[file]

    def named(self, file: str) -> str:
        """The file, as the project's folder sees it, or the environment that it is installed in."""
        path = Path(file)
        installed = [number for number, part in enumerate(path.parts) if part in _ENVIRONMENTS]
        if installed:
            return Path(*path.parts[installed[-1] + 1 :]).as_posix()
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else file


def _hands_on(file: str) -> bool:
    """Whether code of that file only writes what its caller has to say."""
    parts = Path(file).parts
    if _ENVIRONMENTS & {*parts}:
        return bool(_PRINTERS & {*parts})
    return file.startswith((_STANDARD, "<")) or file == __file__


class SortedStderr:
    """A text stream that hands each text on to the console or to the log; in all else it is the console."""

    def __init__(self, console: TextIO, log: TextIO, origins: Origins) -> None:
        self._console, self._log, self._origins = console, log, origins

    def __getattr__(self, name: str) -> Any:
        return getattr(self._console, name)

    def write(self, text: str) -> int:
        """Write it where it belongs."""
        return self.show(text) if self._origins.speaks(currentframe()) else self.keep(text)

    def writelines(self, texts: Iterable[str]) -> None:
        """Write each."""
        for text in texts:
            self.write(text)

    def show(self, text: str) -> int:
        """Write it to the console."""
        return self._console.write(text)

    def keep(self, text: str) -> int:
        """Write it to the log. A log that cannot be written, on a full disk, stops no work."""
        with suppress(OSError):
            self._log.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush both."""
        self._console.flush()
        with suppress(OSError):
            self._log.flush()

    def close(self) -> None:
        """Nothing: a library that has kept it closes it at the end of the process, and it is no library's."""

    def end(self, stream: TextIO) -> None:
        """Hand all of it on to this stream from now on: a library may have kept this one."""
        self._console = self._log = stream


@contextmanager
def sorted_messages(stderr: SortedStderr, origins: Origins) -> Iterator[None]:
    """Warnings and log records that nobody handles: shown where they are about the project's code, else kept."""

    def tell(file: str, line: int, text: str) -> None:
        say = stderr.show if origins.of_project(file) else stderr.keep
        # A line that is not indented begins a message: so they are counted.
        say(f"{origins.named(file)}:{line}: " + text.strip().replace("\n", "\n  ") + "\n")

    # The signature is that of the standard library's own.
    def show_warning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if file is not None:
            file.write(warnings.formatwarning(message, category, filename, lineno, line))
        else:
            tell(filename, lineno, f"{category.__name__}: {message}")

    class Unhandled(logging.Handler):
        """What is logged where no handler is set up."""

        def emit(self, record: logging.LogRecord) -> None:
            """Tell it."""
            tell(record.pathname, record.lineno, f"{record.levelname}: {self.format(record)}")

    before = warnings.showwarning, logging.lastResort
    warnings.showwarning, logging.lastResort = show_warning, Unhandled(logging.WARNING)
    try:
        yield
    finally:
        warnings.showwarning, logging.lastResort = before
