"""Runs a Jenkinsfile: `jenkins.groovy` gives its words real behaviour, in a real workspace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HARNESS = Path(__file__).with_name("jenkins.groovy")
# The optimizing compiler never pays for itself in a process this short.
JAVA_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
INSTALL = "install them with: apt-get install -y --no-install-recommends groovy default-jre-headless"


@dataclass(frozen=True)
class Build:
    """What a run of the harness left behind; `record` is empty when the Jenkinsfile was refused."""

    exit_code: int
    console: str
    record: dict[str, Any]
    artifacts: Path

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each stage by its name, in the order of the run."""
        return {stage["name"]: stage["status"] for stage in self.record["stages"]}

    def commands(self, stage: str) -> list[tuple[str, int]]:
        """The commands that a stage ran, each with its exit code."""
        (found,) = (each for each in self.record["stages"] if each["name"] == stage)
        return [(command["script"], command["exit"]) for command in found["commands"]]


def required(program: str) -> str:
    """The path of a program that these tests cannot do without."""
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"{program} is missing, so the Jenkinsfile cannot be run; {INSTALL}")
    return path


def java_home() -> str:
    """The Java that Debian's groovy starts; its own default often names a package that is not installed."""
    return os.environ.get("JAVA_HOME") or str(Path(required("java")).resolve().parents[1])


class Harness:
    """The process that runs builds: its start, and the compiling of the harness, cost more than most builds."""

    def __init__(self, folder: Path) -> None:
        libraries = Path(required("groovy")).resolve().parents[1] / "lib" / "*"
        java = Path(java_home()) / "bin" / "java"
        self._said = folder / "said"
        with self._said.open("w") as said:
            self._process = subprocess.Popen(
                [java, *JAVA_OPTIONS, "-cp", libraries, "groovy.ui.GroovyMain", HARNESS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )

    def exit_code(self, arguments: list[str], console: Path) -> int:
        """Run a build on a machine whose variables are those of now."""
        request, answers = self._process.stdin, self._process.stdout
        assert request is not None
        assert answers is not None
        asked = {"arguments": arguments, "environment": dict(os.environ), "console": str(console)}
        request.write(json.dumps(asked) + "\n")
        request.flush()
        answer = answers.readline()
        assert answer, f"the harness has ended: {self._said.read_text()}"
        return int(answer)

    def end(self) -> None:
        """No build is asked for any more."""
        self._process.communicate()


started: list[Harness] = []
"""The harness, once `conftest.py` has started it."""


def run_jenkinsfile(jenkinsfile: Path, workspace: Path, scratch: Path, branch: str = "main", *parameters: str) -> Build:
    """Run a Jenkinsfile in a workspace; without parameters it is the job's first build."""
    record, console = scratch / "record.json", scratch / "console"
    (harness,) = started
    code = harness.exit_code([*map(str, (jenkinsfile, workspace, record)), branch, *parameters], console)
    content = json.loads(record.read_text()) if record.exists() else {}
    return Build(code, console.read_text(), content, scratch / "artifacts")
