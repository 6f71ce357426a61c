"""Collects wheels through pip, as a process."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockgate.errors import DocumentError, ToolError
from lockgate.processes import temporary

EPOCH = "315532800"
"""1980-01-01, the first date that a zip file can hold: a wheel built from sources gets the same bytes every time."""


class PipWheelhouse:
    """The wheelhouse port on the pip of this environment, with whatever index its settings name."""

    def collect(self, lock: Path, folder: Path, *, sources: bool) -> bool:
        """Put every package of a lock file into ``folder``, checked against its hashes; whole or not at all.

        The wheels are those for this machine's Python and processor. Raises ``ToolError``.
        """
        if folder.exists():
            return False
        _demand_linux()
        verb = ["wheel", "-w"] if sources else ["download", "--only-binary", ":all:", "-d"]
        with _appearing(folder) as staged:
            _pip([*verb, str(staged), "--no-deps", "--require-hashes", "-r", str(lock)], lock.parent)
        return True

    def project(self, root: Path, folder: Path) -> None:
        """Put the project's own wheel, and nothing else, into ``folder``. Raises ``ToolError``."""
        if not (root / "pyproject.toml").exists():
            raise DocumentError(f"{root}/pyproject.toml: missing", hint="the training image holds the project's wheel")
        # The build backend is one of the locked packages, so no index is asked for it.
        with _appearing(folder) as staged:
            _pip(["wheel", "-w", str(staged), "--no-deps", "--no-build-isolation", "."], root)


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A new folder that appears at ``folder``, in place of what is there, when the block ends without an error."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=temporary.prefix(folder.parent, folder.name), dir=folder.parent) as name:
        staged = Path(name) / folder.name
        staged.mkdir()
        yield staged
        shutil.rmtree(folder, ignore_errors=True)
        staged.rename(folder)


def _demand_linux() -> None:
    if platform.system() != "Linux":
        raise ToolError(
            f"the images need wheels for Linux, and pip collects those for this machine: {platform.system()}",
            hint="build the images on Linux, as the pipeline does",
        )


def _pip(arguments: list[str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check", "--no-input"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
    )
    if done.returncode != 0:
        tail = (done.stderr or done.stdout).strip().splitlines()[-12:]
        raise ToolError(f"pip {arguments[0]} failed in {folder}", hint="\n  ".join(tail))
