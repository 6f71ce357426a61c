"""Packages, and whoever serves them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lockgate.domain.releasing.release import Release


@dataclass(frozen=True)
class Package:
    """A packaged release: its tag, the folder that can be served, and whether it was made just now."""

    tag: str
    path: Path
    created: bool

    @property
    def release(self) -> Path:
        """The release inside the package."""
        return self.path / "src" / "release"


class Packager(Protocol):
    """Makes a servable package of a release."""

    def package(self, release: Release, folder: Path, service: Path) -> Package:
        """Package a release's bundle with the service's source. Running it again changes nothing."""


class Answering(Protocol):
    """A packaged release that answers."""

    @property
    def url(self) -> str:
        """Where it answers."""

    def predict(self, rows: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
        """Its answer to raw rows."""

    def runtime(self) -> Mapping[str, object]:
        """What it says that it runs on: its release, versions, CPU features."""


class Running(Answering, Protocol):
    """A server that runs."""

    def wait(self) -> int:
        """Wait until it ends; its exit code."""


class Server(Protocol):
    """Serves packages."""

    def start(
        self, package: Package, host: str, port: int, on_request: Callable[[str], None] = lambda _: None
    ) -> AbstractContextManager[Running]:
        """Start and wait until it is ready; leaving the block stops it. Port 0 takes a free one.

        ``on_request`` gets a line for each request: when, rows, status, milliseconds; no value of a row.
        """
