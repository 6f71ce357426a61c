"""Packages in folders, and a server without a socket."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lockgate.domain.identity import Digest, sha256
from lockgate.domain.model.candidate import MODEL
from lockgate.domain.model.request_rows import RowError, read_rows
from lockgate.domain.releasing.release import Release
from lockgate.domain.serving.request_lines import line
from lockgate.domain.serving.served_bundle import BundleError, ServedBundle
from lockgate.errors import DocumentError, ToolError
from lockgate.ports import Package
from lockgate.ports.serving.packages import BUNDLE
from lockgate.testing.fakes.making.logistic_model import LogisticModel


class FakePackager:
    """Packages as plain folders below ``home``: the service's source, and the release beside it."""

    tool = "fake 1"
    rewrites: frozenset[str] = frozenset()

    def __init__(self, home: Path) -> None:
        self._home = home

    def parts(self, folder: Path, service: Path) -> Mapping[str, Digest]:
        """All that a package is made of, by its name in the package's source. Raises ``DocumentError``."""
        if not (service / "service.py").is_file():
            raise DocumentError(f"{service}/service.py: missing", hint="see `service` in params.yaml")
        return {**_tree(service), **{f"{BUNDLE}/{name}": digest for name, digest in _tree(folder).items()}}

    def find(self, release: Release) -> Package | None:
        """The package that has the release's name, whatever it holds."""
        path = self._home / release.name / release.version
        return Package(f"{release.name}:{release.version}", path, created=False) if path.exists() else None

    @contextmanager
    def build(self, release: Release, folder: Path, service: Path) -> Iterator[Package]:
        """A package of its own, beside those that have a name; it is gone when the block ends, unless put."""
        hidden = self._home / ".building"
        path = hidden / release.name / release.version
        shutil.copytree(service, path / "src")
        shutil.copytree(folder, path / "src" / BUNDLE)
        try:
            yield Package(f"{release.name}:{release.version}", path, created=True)
        finally:
            shutil.rmtree(hidden)

    def put(self, package: Package) -> Package:
        """Give a package its name; what had it before is gone."""
        target = self._home / package.path.parent.name / package.path.name
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        package.path.rename(target)
        return Package(package.tag, target, created=True)


class FakeRunning:
    """A server without a socket: answers rows by the fake model inside the package."""

    def __init__(self, package: Package, url: str, on_request: Callable[[str], None] = lambda _: None) -> None:
        self._on_request = on_request
        self._model = LogisticModel.read(package.release / MODEL)
        bundle = _opened(package.release)
        self._release, self._form = bundle.digest, bundle.form()
        self._url = url
        self.stopped = False

    @property
    def url(self) -> str:
        """Where it would answer."""
        return self._url

    def runtime(self) -> Mapping[str, object]:
        """What the fake runtime says."""
        return {"release": self._release, "fake": "1"}

    def predict(self, rows: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
        """Its answer to raw rows. Raises ``ToolError`` for a row that does not fit, and when it was stopped."""
        if self.stopped:
            raise ToolError("the server did not answer: it was stopped")
        try:
            columns = read_rows(rows, self._form.dtypes)
        except RowError as error:
            self._on_request(line(time.time(), "POST", b"/predict", len(rows), 400, 0.0))
            raise ToolError(f"the server answered 400: {error}") from error
        self._on_request(line(time.time(), "POST", b"/predict", len(rows), 200, 0.0))
        answers = self._model.answer(columns)
        predictions = self._form.write(answers["label"], answers["probabilities"].astype(np.float32))
        return {"predictions": predictions, "release": self._release}

    def wait(self) -> int:
        """Ends at once, with 0."""
        return 0


class FakeServer:
    """Serves packages of fake models in this process."""

    @contextmanager
    def start(
        self, package: Package, host: str, port: int, on_request: Callable[[str], None] = lambda _: None
    ) -> Iterator[FakeRunning]:
        """Ready at once; leaving the block stops it. Port 0 becomes 3000."""
        running = FakeRunning(package, f"http://{host}:{port or 3000}", on_request)
        try:
            yield running
        finally:
            running.stopped = True


def _opened(folder: Path) -> ServedBundle:
    try:
        return ServedBundle.open(folder)
    except BundleError as error:
        raise DocumentError(str(error)) from error


def _tree(folder: Path) -> dict[str, Digest]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file()]
    if links := [path for path in files if path.is_symlink()]:
        raise DocumentError(f"{links[0]}: not a plain file")
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()) for path in files}
