"""Looks at the machine: Python and its packages, container engine, disk."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from packaging.requirements import Requirement

from lockgate.domain.project.health import Part, State

NEEDED = ("onnx", "sklearn", "dvc", "mlflow", "release", "serve")
OPTIONAL = ("torch", "tensorflow", "xgboost", "lightgbm", "interpret", "docker")
SECONDS = 8
ROOM = 2 * 1024**3


def python() -> Sequence[Part]:
    """The interpreter."""
    found = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    state = State.THERE if sys.version_info[:2] == (3, 11) else State.WRONG
    return [Part("Python", state, found, "make the environment with Python 3.11")]


def packages(frameworks: Collection[str]) -> Sequence[Part]:
    """Each extra of Lockgate: are its packages there, in the version that was tested? ``frameworks`` are needed too."""
    requirements = [Requirement(line) for line in importlib.metadata.requires("lockgate") or ()]
    return [_extra("", requirements, optional=False)] + [
        _extra(extra, requirements, optional=extra not in (*NEEDED, *frameworks)) for extra in (*NEEDED, *OPTIONAL)
    ]


def _extra(extra: str, requirements: Sequence[Requirement], *, optional: bool) -> Part:
    found, absent, wrong = [], [], []
    for wanted in requirements:
        if wanted.name == "lockgate" or not _belongs(wanted, extra):
            continue
        try:
            version = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            absent.append(wanted.name)
            continue
        found.append(f"{wanted.name} {version}")
        if not wanted.specifier.contains(version, prereleases=True):
            wrong.append(f"{wanted.name} {version} instead of {wanted.specifier}")
    remedy = f"pip install 'lockgate[{extra}]'" if extra else "pip install --force-reinstall lockgate"
    name = f"packages for {extra}" if extra else "packages of the core"
    if absent:
        return Part(name, State.MISSING, f"no {', '.join(absent)}", remedy, optional)
    if wrong:
        return Part(name, State.WRONG, ", ".join(wrong), remedy, optional)
    return Part(name, State.THERE, ", ".join(found), optional=optional)


def _belongs(wanted: Requirement, extra: str) -> bool:
    if wanted.marker is None:
        return not extra
    return bool(extra) and wanted.marker.evaluate({"extra": extra})


def engine() -> Sequence[Part]:
    """The container engine that builds images; a delivery does without."""
    if shutil.which("docker") is None:
        return [Part("Docker", State.MISSING, "no docker on the PATH", "install Docker Engine", optional=True)]
    done = subprocess.run(
        ["docker", "version", "--format", "{{json .Server.Version}}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        return [Part("Docker", State.UNREACHABLE, said, "start the engine, or set DOCKER_HOST", optional=True)]
    return [Part("Docker", State.THERE, json.loads(done.stdout))]


def disk(root: Path, build: Path) -> Sequence[Part]:
    """Room for what a delivery makes, and leave to write it."""
    free = shutil.disk_usage(root).free
    there = build if build.exists() else root
    if not os.access(there, os.W_OK):
        return [
            Part("disk", State.WRONG, f"{there} cannot be written", "see its owner, its mode and how it is mounted")
        ]
    state = State.THERE if free >= ROOM else State.WRONG
    remedy = "make room; `dvc gc --workspace --all-commits` drops results that no commit needs"
    return [Part("disk", state, f"{free / 1024**3:.1f} GiB free", remedy)]
