"""Names for what is only there while it is written, beside what it becomes; what a killed process left is removed."""

import glob
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from lockgate.processes import procfs

OLD_SECONDS = 60.0
"""Another machine, or another container, may write there under a number that is nobody's here."""


def prefix(folder: Path, name: str) -> str:
    """For ``tempfile``: what this process writes in ``folder`` to become ``name``, hidden until then."""
    for path in folder.glob(f".{glob.escape(name)}-*"):
        owner = re.fullmatch(r"(\d+)-\w+", path.name[len(name) + 2 :])
        if owner and _abandoned(path, int(owner[1])):
            _remove(path)
    return f".{name}-{os.getpid()}-"


def _abandoned(path: Path, owner: int) -> bool:
    with suppress(OSError):
        return not _alive(owner) and time.time() - path.lstat().st_mtime > OLD_SECONDS
    return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return not procfs.PROC.joinpath("self").exists() or procfs.status(pid) is not None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
