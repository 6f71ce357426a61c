"""Serves packages through BentoML, and asks what it serves."""

import errno
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lockgate.adapters.bentoml.command import environment, failed
from lockgate.domain.serving.request_lines import MARK
from lockgate.errors import ToolError
from lockgate.ports import Package
from lockgate.processes.found import Found, listening
from lockgate.processes.lines import Heard
from lockgate.processes.starting import begun

# As `python -m bentoml`, but its process manager would ask the name servers for this machine's full name.
_BENTOML = """
import socket
socket.getfqdn = lambda name="": name or socket.gethostname()
from lockgate.processes.short_lived import load_quickly
load_quickly()
from bentoml_cli.cli import cli
cli(prog_name="bentoml")
"""
READY_SECONDS = 90.0
SERVES = "serve"


class BentoServer:
    """The server port: `bentoml serve` as a process group that is ended when its block is left."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def start(
        self, package: Package, host: str, port: int, on_request: Callable[[str], None] = lambda _: None
    ) -> Iterator["RunningBento"]:
        """Start and wait until it is ready; leaving the block stops it. Port 0 takes a free one."""
        port = port or _free_port(host)
        _demand_free(host, port)
        address = ["--host", host, "--port", str(port)]
        command = [sys.executable, "-P", "-c", _BENTOML, "serve", *address, str(package.path)]
        what, variables = f"{SERVES} {package.tag}", environment(package.path.parents[2])
        said, telling = os.pipe()
        heard = Heard(said, MARK, on_request)
        with (
            os.fdopen(telling, "wb") as log,
            # Its workers take sessions of their own.
            begun(command, self._root, what, variables, everything=True, stdout=log, stderr=log) as process,
        ):
            log.close()
            running = RunningBento(process, f"http://{host}:{port}", heard)
            running.wait_until_ready()
            yield running


class BentoClient:
    """Asks a release that BentoML serves, wherever it runs."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener()

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._url

    def predict(self, rows: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
        """Its answer to raw rows."""
        return self._ask("predict", {"rows": rows})

    def runtime(self) -> Mapping[str, object]:
        """What it says that it runs on: its release, versions, CPU features."""
        return self._ask("runtime", {})

    def _ask(self, what: str, question: Mapping[str, object]) -> Mapping[str, object]:
        request = urllib.request.Request(  # noqa: S310 - always http to a server started here
            f"{self._url}/{what}", json.dumps(question).encode(), {"Content-Type": "application/json"}
        )
        try:
            with self._opener.open(request, timeout=30) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            raise ToolError(f"the server answered {error.code}: {error.read().decode(errors='replace')}") from error
        except (OSError, ValueError) as error:
            raise ToolError(f"the server did not answer: {error}") from error


class RunningBento(BentoClient):
    """A `bentoml serve` that runs."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, heard: Heard) -> None:
        super().__init__(url)
        self._heard = heard
        # Whatever host it listens on, it was started here: no proxy lies between.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._process = process

    def wait(self) -> int:
        """Wait until it ends; 0. Raises ``ToolError`` with the last lines where it was not told to."""
        if code := self._process.wait():
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            raise failed(f"the server at {self._url} ended with {how}", self._heard.rest())
        return code

    def wait_until_ready(self) -> None:
        """Poll the readiness endpoint. Raises ``ToolError`` with the last lines when the process ends first."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with self._opener.open(f"{self._url}/readyz", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise failed(f"the server at {self._url} did not become ready", self._heard.rest())


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _demand_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            found = listening(port) if error.errno == errno.EADDRINUSE else None
            reason = f"{error.strerror}, by {found}" if found else error.strerror
            raise ToolError(f"cannot listen on {host}:{port}: {reason}", hint=_way_out(found)) from error


def _way_out(found: Found | None) -> str:
    if found is None or found.mark is None or not found.mark.what.startswith(SERVES):
        return "stop what listens there, or choose another with --port"
    what = f"it was started to {found.mark.what} for {found.mark.root}"
    if found.mark.orphaned:
        return f"{what}, and its `lockgate`, process {found.mark.pid}, is gone; end it: {found.remedy}"
    return f"{what}; end its `lockgate`: kill {found.mark.pid}, or choose another port with --port"
