"""Packages, and whoever serves them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.release import Release

SOURCE: Final = "src"
"""The folder in a package that its service lies in."""
BUNDLE: Final = "release"
"""The folder of the sealed bundle beside the service."""
IN_IMAGE: Final = f"/home/bentoml/bento/{SOURCE}/{BUNDLE}"
"""Where an image has the bundle of the Bento that it serves: BentoML's own place, see docker/serving."""


@dataclass(frozen=True)
class Package:
    """A packaged release: its tag, the folder that can be served, and whether it was made just now."""

    tag: str
    path: Path
    created: bool

    @property
    def release(self) -> Path:
        """The release inside the package."""
        return self.path / SOURCE / BUNDLE


class Packager(Protocol):
    """Makes servable packages of releases. A package gets its name last: what is found under it was put there whole."""

    @property
    def tool(self) -> str:
        """What makes the packages, with its version."""

    @property
    def rewrites(self) -> frozenset[str]:
        """Files of a service that it puts into a package in a form of its own."""

    def parts(self, folder: Path, service: Path) -> Mapping[str, Digest]:
        """All that a package of that bundle with that service is made of, by its name in the package's source.

        Raises ``DocumentError`` for what is no plain file, and where there is no ``service.py``.
        """

    def find(self, release: Release) -> Package | None:
        """The package that has the release's name, whatever it holds."""

    def build(self, release: Release, folder: Path, service: Path) -> AbstractContextManager[Package]:
        """Build a package where it can be served and nobody finds it; it is gone when the block ends, unless put."""

    def put(self, package: Package) -> Package:
        """Give a package that was built its name, in one step; the package that had it before is gone then."""


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
