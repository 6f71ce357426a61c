"""Packages in folders, and a server without a socket."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lockgate.domain.model.candidate import MODEL
from lockgate.domain.model.request_rows import RowError, read_rows
from lockgate.domain.releasing.release import Release
from lockgate.domain.serving.request_lines import line
from lockgate.domain.serving.served_bundle import BundleError, ServedBundle
from lockgate.errors import DocumentError, ToolError
from lockgate.ports import Package
from lockgate.testing.fakes.making.logistic_model import LogisticModel


class FakePackager:
    """Packages as plain folders below ``home``: the service's source, and the release beside it."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def package(self, release: Release, folder: Path, service: Path) -> Package:
        """Package a release's bundle with the service's source. Running it again changes nothing."""
        tag, path = f"{release.name}:{release.version}", self._home / release.name / release.version
        if path.exists():
            return Package(tag, path, created=False)
        shutil.copytree(service, path / "src")
        shutil.copytree(folder, path / "src" / "release")
        return Package(tag, path, created=True)


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
