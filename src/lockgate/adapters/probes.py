"""Looks at the machine: Python and its packages, data remote, tracking server, container engine, disk."""

import importlib.metadata
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection, Sequence
from pathlib import Path

from packaging.requirements import Requirement

from lockgate.domain.health import Part, State
from lockgate.domain.telemetry import OFF

NEEDED = ("onnx", "sklearn", "dvc", "mlflow", "serve")
OPTIONAL = ("torch", "tensorflow", "docker")
SECONDS = 8
ROOM = 2 * 1024**3

# Asks the remote itself, as `dvc push` would: address, account and folder.
REMOTE = """
import sys
from dvc.repo import Repo
with Repo(".") as repo:
    if not repo.config["core"].get("remote"):
        sys.exit(3)
    odb = repo.cloud.get_remote_odb()
    empty = "" if odb.fs.exists(odb.path) else " (nothing was pushed there yet)"
    print((odb.fs.unstrip_protocol(odb.path) if odb.fs.protocol != "local" else odb.path) + empty)
"""


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


def tracking(root: Path) -> Sequence[Part]:
    """The tracking server, as ``MLFLOW_TRACKING_URI`` names it, or the embedded database."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root / 'mlflow.db'}"
    address = urllib.parse.urlsplit(uri)
    shown = address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()
    if address.scheme in {"http", "https"}:
        return [_server(uri, shown)]
    if address.hostname:
        return [_port(shown, address.hostname, address.port or 5432)]
    return [Part("MLflow", State.THERE, uri.replace(f"{root}/", ""))]


def _server(uri: str, shown: str) -> Part:
    remedy = "start the server, or set MLFLOW_TRACKING_URI right; without it, MLflow is a file in the project"
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/version", timeout=SECONDS) as answer:  # noqa: S310 - http only
            version = answer.read(64).decode().strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Part("MLflow", State.UNREACHABLE, f"{shown}: {reason}", remedy)
    ours = importlib.metadata.version("mlflow")
    if version.partition(".")[0] != ours.partition(".")[0]:
        return Part("MLflow", State.WRONG, f"{shown} is {version}, this machine has {ours}", "upgrade the server")
    return Part("MLflow", State.THERE, f"{shown}, version {version}")


def _port(shown: str, host: str, port: int) -> Part:
    try:
        socket.create_connection((host, port), SECONDS).close()
    except OSError as error:
        return Part("MLflow", State.UNREACHABLE, f"{shown}: {error}", "start the database, or set MLFLOW_TRACKING_URI")
    return Part("MLflow", State.THERE, shown)


def remote(root: Path) -> Sequence[Part]:
    """DVC's default remote: is it there, and does it let us in?"""
    name = "DVC remote"
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-W", "ignore", "-c", REMOTE],
            cwd=root,
            env={**os.environ, **OFF},
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * SECONDS,
        )
    except subprocess.TimeoutExpired:
        return [Part(name, State.UNREACHABLE, "no answer", "see `dvc remote list`")]
    where = done.stdout.strip().replace(f"{root}/", "")
    if done.returncode == 0:
        return [Part(name, State.THERE, where)]
    if done.returncode == 3:  # noqa: PLR2004 - as the code above ends
        return [Part(name, State.MISSING, "none is set", "dvc remote add --default NAME URL", optional=True)]
    said = (done.stderr.strip().splitlines() or [f"{where} is not there"])[-1]
    return [Part(name, State.UNREACHABLE, said, "see `dvc remote list` and docs/dvc.md")]


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


def disk(root: Path) -> Sequence[Part]:
    """Room for what a delivery makes."""
    free = shutil.disk_usage(root).free
    state = State.THERE if free >= ROOM else State.WRONG
    remedy = "make room; `dvc gc --workspace --all-commits` drops results that no commit needs"
    return [Part("disk", state, f"{free / 1024**3:.1f} GiB free", remedy)]
