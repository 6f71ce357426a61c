"""What a store refuses, in the same words wherever it is kept."""

import os
from pathlib import Path

from lockgate.errors import DocumentError

MAKE = "run the step that makes it: lockgate run"


def missing(path: Path) -> DocumentError:
    """There is no such file."""
    return DocumentError(f"{path}: missing", hint=MAKE)


def no_file(path: Path) -> DocumentError:
    """A folder stands there."""
    return DocumentError(f"{path}: cannot be read: it is a folder", hint=f"put a plain file there: {MAKE}")


def decoded(path: Path, content: bytes) -> str:
    """The text of a file. Raises ``DocumentError`` where its bytes are none."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from error


def demand_within(root: Path, *paths: Path) -> None:
    """Raise ``DocumentError`` for a path that leaves the folder ``root``, or is that itself; by names alone."""
    top = Path(os.path.normpath(root))
    for path in paths:
        if top not in Path(os.path.normpath(path)).parents:
            raise DocumentError(f"{path}: not in {root}", hint="nothing outside the project's folder is removed")


def linked(path: Path) -> DocumentError:
    """A link stands where a folder is emptied: what it leads to is somebody's."""
    return DocumentError(f"{path}: a link, not a folder", hint="remove the link; what it leads to stays as it is")
