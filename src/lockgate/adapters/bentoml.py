"""Packages and serves releases through BentoML, as processes of its own."""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from ruamel.yaml import YAML

from lockgate.domain.project.disk import fault_in
from lockgate.domain.project.telemetry import OFF
from lockgate.domain.releasing.release import Release
from lockgate.domain.serving.request_lines import MARK
from lockgate.errors import LockgateError, MissingTool, ToolError
from lockgate.ports import Package
from lockgate.processes import temporary
from lockgate.processes.found import Found, listening
from lockgate.processes.lines import Heard
from lockgate.processes.starting import begun, ran

# As `python -m bentoml`, but its process manager would ask the name servers for this machine's full name.
_BENTOML = """
import socket
socket.getfqdn = lambda name="": name or socket.gethostname()
from bentoml_cli.cli import cli
cli(prog_name="bentoml")
"""
READY_SECONDS = 90.0
READER = "lockgate_rows.py"
BUNDLE = "lockgate_bundle.py"
REQUESTS = "lockgate_requests.py"
# What is put beside a service, and the module of Lockgate's own that it is.
BESIDE = {
    BUNDLE: "serving/served_bundle.py",
    READER: "model/request_rows.py",
    REQUESTS: "serving/request_lines.py",
}
SERVES = "serve"


class BentoPackager:
    """The packager port: a Bento in the store of ``BENTOML_HOME``, or of the project's own ``build/bentoml``."""

    def __init__(self, root: Path) -> None:
        if find_spec("bentoml") is None:
            raise MissingTool("bentoml", "serve")
        self._root = root
        self._home = Path(os.environ.get("BENTOML_HOME") or root / "build" / "bentoml")

    def package(self, release: Release, folder: Path, service: Path) -> Package:
        """Package a release's bundle with the service's source. Running it again changes nothing."""
        made = Package(
            f"{release.name}:{release.version}", self._home / "bentos" / release.name / release.version, created=False
        )
        if (made.path / "bento.yaml").exists() and _current(service, folder, made):
            return made
        self._home.mkdir(parents=True, exist_ok=True)
        prefix = temporary.prefix(self._home, "building")
        with (
            tempfile.TemporaryDirectory(prefix=prefix, dir=self._home) as home,
            tempfile.TemporaryDirectory(prefix="lockgate-bento-") as context,
        ):
            _collect(service, folder, Path(context))
            self._build(Path(context), release.version, Path(home))
            # In a store of its own: BentoML copies file by file, and who is killed meanwhile would leave half a Bento.
            built = Path(home) / made.path.relative_to(self._home)
            if not (built / "bento.yaml").exists():
                raise ToolError(f"bentoml build made no {made.path}", hint="does service.py end the process?")
            _put(built, made.path, Path(home) / "replaced")
        return Package(made.tag, made.path, created=True)

    def _build(self, context: Path, version: str, home: Path) -> None:
        done = ran(
            [sys.executable, "-P", "-m", "bentoml", "build", "--version", version, "."],
            self._root,
            "build a Bento",
            _environment(home),
            cwd=context,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode != 0:
            raise _failed("bentoml build failed", done.stderr or done.stdout)


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
        environment = _environment(package.path.parents[2])
        what = f"{SERVES} {package.tag}"
        said, telling = os.pipe()
        heard = Heard(said, MARK, on_request)
        with (
            os.fdopen(telling, "wb") as log,
            # Its workers take sessions of their own.
            begun(command, self._root, what, environment, everything=True, stdout=log, stderr=log) as process,
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
            raise _failed(f"the server at {self._url} ended with {how}", self._heard.rest())
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
        raise _failed(f"the server at {self._url} did not become ready", self._heard.rest())


def _collect(service: Path, release: Path, context: Path) -> None:
    """All that a Bento is built of, in one folder."""
    shutil.copytree(service, context, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(release, context / "release")
    for name, content in _beside().items():
        (context / name).write_bytes(content)
    _include(context / "bentofile.yaml", list(BESIDE))


def _put(built: Path, target: Path, aside: Path) -> None:
    """Move a Bento into the store, in one step; what was there before goes aside, and comes back where that fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(aside)
    try:
        built.rename(target)
    except BaseException:
        if aside.exists():
            aside.rename(target)
        raise
    (target.parent / "latest").write_text(target.name, encoding="utf-8")


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, **OFF, "BENTOML_HOME": str(home), "PYTHONSAFEPATH": "1"}


def _current(service: Path, release: Path, made: Package) -> bool:
    """Whether a package holds this service, what stands beside it, and every file of the release."""
    packed = made.path / "src"
    wanted = {"service.py": (service / "service.py").read_bytes(), **_beside()}
    same = all((packed / name).is_file() and (packed / name).read_bytes() == each for name, each in wanted.items())
    return same and _sizes(made.release) == _sizes(release)


def _sizes(folder: Path) -> Mapping[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def _beside() -> Mapping[str, bytes]:
    """The modules that read the bundle and the rows, as those that the model was judged on, and tell requests."""
    return {name: files("lockgate.domain").joinpath(module).read_bytes() for name, module in BESIDE.items()}


def _include(bentofile: Path, names: Sequence[str]) -> None:
    """Name files in `include`: a service's folder that was copied before does not know them."""
    if not bentofile.exists():
        return
    yaml = YAML()
    content = yaml.load(bentofile)
    include = content.get("include") if isinstance(content, dict) else None
    if isinstance(include, list) and (absent := [name for name in names if name not in include]):
        include.extend(absent)
        yaml.dump(content, bentofile)


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


def _failed(message: str, output: str) -> LockgateError:
    """In one sentence where a disk is what failed, else with the output's end."""
    return fault_in(output) or ToolError(message, hint="\n  ".join(output.strip().splitlines()[-12:]))
