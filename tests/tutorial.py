"""docs/your-model.md done literally: its files are written, its commands run, in the order of the page."""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "docs/your-model.md").read_text()
FILES = re.compile(r"^`([\w./-]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENVIRONMENT, BEGIN, SERVICE, DELIVER, PROMOTE, PIPELINE = COMMANDS.findall(PAGE)
WRITTEN = dict(FILES.findall(PAGE))
LIMIT = 300


def sh(folder: Path, commands: str) -> "subprocess.CompletedProcess[str]":
    """Run commands as a shell does that stops at the first that fails; nothing is installed, and no index asked."""
    environment = os.environ | {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )


def follow(folder: Path) -> str:
    """Deliver the page's project in an empty folder, and promote it; what the commands said.

    The environment that runs the tests stands for the one that the page makes.
    """
    folder.mkdir(parents=True)
    (folder / ".venv").symlink_to(sys.prefix)
    said = _done(folder, BEGIN)
    for name, content in WRITTEN.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    for commands in (SERVICE, DELIVER, PROMOTE, PIPELINE):
        said += _done(folder, commands)
    return said


def _done(folder: Path, commands: str) -> str:
    done = sh(folder, commands)
    assert done.returncode == 0, commands + done.stdout + done.stderr
    return done.stdout + done.stderr
