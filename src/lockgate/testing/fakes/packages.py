"""Packages in folders, and a server without a socket."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lockgate.domain.identity import Digest
from lockgate.domain.model.candidate import MODEL, SIGNATURE
from lockgate.domain.model.request_rows import RowError, read_rows
from lockgate.domain.releasing.release import MANIFEST, Manifest, Release
from lockgate.domain.serving.request_lines import line
from lockgate.errors import DocumentError, ToolError
from lockgate.ports import Package
from lockgate.testing.fakes.logistic_model import LogisticModel


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
        self._release = _manifest(package.release).release
        self._dtypes = _dtypes(package.release)
        self._url = url
        self.stopped = False

    @property
    def url(self) -> str:
        """Where it would answer."""
        return self._url

    def runtime(self) -> Mapping[str, object]:
        """What the fake runtime says."""
        return {"release": str(self._release), "fake": "1"}

    def predict(self, rows: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
        """Its answer to raw rows. Raises ``ToolError`` for a row that does not fit, and when it was stopped."""
        if self.stopped:
            raise ToolError("the server did not answer: it was stopped")
        try:
            columns = read_rows(rows, self._dtypes)
        except RowError as error:
            self._on_request(line(time.time(), "POST", b"/predict", len(rows), 400, 0.0))
            raise ToolError(f"the server answered 400: {error}") from error
        self._on_request(line(time.time(), "POST", b"/predict", len(rows), 200, 0.0))
        answers = self._model.answer(columns)
        predictions = [
            {"label": str(label), "probabilities": dict(zip(self._model.classes, map(float, row), strict=True))}
            for label, row in zip(answers["label"], answers["probabilities"].astype(np.float32), strict=True)
        ]
        return {"predictions": predictions, "release": str(self._release)}

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


def _manifest(bundle: Path) -> Manifest:
    """The manifest of a bundle, read without an adapter."""
    try:
        document: dict[str, Any] = json.loads((bundle / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise DocumentError(f"{bundle / MANIFEST}: not a manifest: {error}") from error
    return Manifest(document["name"], {name: Digest.parse(text) for name, text in document["files"].items()})


def _dtypes(bundle: Path) -> Mapping[str, str]:
    """The types of the inputs by name, read without an adapter."""
    document: dict[str, Any] = json.loads((bundle / SIGNATURE).read_bytes())
    return {column["name"]: column["dtype"] for column in document["inputs"]}
