"""docs/your-model.md done literally: its files are written, its commands run, in the order of the page.

Where the machine can, they run on a wire that is watched, behind a proxy, for somebody who has switched off nothing.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import wire

from lockgate.domain.project.telemetry import OFF

PAGE = (Path(__file__).parents[1] / "docs/your-model.md").read_text()
FILES = re.compile(r"^`([\w./-]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENVIRONMENT, BEGIN, SERVICE, DELIVER, PROMOTE, PIPELINE = COMMANDS.findall(PAGE)
WRITTEN = dict(FILES.findall(PAGE))
QUICK = """\
import pytest


@pytest.mark.parametrize("number", range(5))
def test_a_number(number):
    assert number < 5
"""
"""Tests of the page's project that load no model: as many as its policy demands, where they are not the point."""
LIMIT = 300
# ONNX Runtime and MLflow keep silent by themselves where they see one of these, and would prove nothing.
CI = {"CI", "BUILDKITE", "CIRCLECI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "PYTEST_CURRENT_TEST", "TF_BUILD"}
BEHIND_A_PROXY = {
    **dict.fromkeys(("HTTP_PROXY", "https_proxy", "ALL_PROXY"), wire.PROXY),
    "NO_PROXY": "intern.example",
}


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


def quickly_tested(project: Path, more: str = "") -> None:
    """Let the project's own tests be quick ones. Commits nothing."""
    (project / "tests/test_tumours.py").write_text(QUICK + more)


@dataclass
class Reader:
    """Somebody who follows the page in an empty folder: what the commands said, and what they sent out."""

    folder: Path
    said: str = ""
    sent: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The reader's own, in which nothing is set up but a name for git."""
        return self.folder.with_name(f"{self.folder.name}-home")

    def follow(self) -> None:
        """Deliver the page's project, and promote it. The environment that runs the tests stands for the page's."""
        shutil.copytree(os.environ["HOME"], self.home, ignore=shutil.ignore_patterns(".cache"))
        self.folder.mkdir(parents=True)
        (self.folder / ".venv").symlink_to(sys.prefix)
        # `dvc` by hand is the user's own command, with the user's own settings.
        self._do(BEGIN, OFF)
        for name, content in WRITTEN.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(content)
        for commands in (SERVICE, DELIVER, PROMOTE, PIPELINE):
            self._do(commands, {})

    def _do(self, commands: str, more: Mapping[str, str]) -> None:
        silent = {*OFF, *CI, "XDG_CACHE_HOME"} - {"PIP_DISABLE_PIP_VERSION_CHECK"}
        kept = {name: value for name, value in os.environ.items() if name not in silent}
        environment = {**kept, **BEHIND_A_PROXY, **more, "HOME": str(self.home), "PIP_NO_INDEX": "1"}
        command, options = ["bash", "-e", "-c", commands], {"cwd": self.folder, "env": environment, "timeout": LIMIT}
        if wire.there():
            done, sent = wire.run(command, **options)
            self.sent += sent
        else:
            done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        assert done.returncode == 0, commands + done.stdout + done.stderr
        self.said += done.stdout + done.stderr
