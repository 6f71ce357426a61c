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
compiled: list[Path] = []
"""The folder of the harness's classes, once `conftest.py` has had it compiled."""
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


def groovy(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a class on the libraries of the installed Groovy, or of a folder ahead of them."""
    libraries = Path(required("groovy")).resolve().parents[1] / "lib" / "*"
    java = Path(java_home()) / "bin" / "java"
    command = [java, *JAVA_OPTIONS, "-cp", f"{folder}{os.pathsep}{libraries}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def compile_harness(folder: Path) -> None:
    """Compile the harness: as a script it is compiled by each build anew, for half of its time."""
    folder.mkdir()
    done = groovy(folder, "org.codehaus.groovy.tools.FileSystemCompiler", "-d", folder, HARNESS)
    assert done.returncode == 0, done.stdout + done.stderr


def run_jenkinsfile(jenkinsfile: Path, workspace: Path, scratch: Path, branch: str = "main", *parameters: str) -> Build:
    """Run a Jenkinsfile in a workspace; without parameters it is the job's first build."""
    record = scratch / "record.json"
    (classes,) = compiled
    done = groovy(classes, HARNESS.stem, jenkinsfile, workspace, record, branch, *parameters)
    content = json.loads(record.read_text()) if record.exists() else {}
    return Build(done.returncode, done.stdout + done.stderr, content, scratch / "artifacts")
