"""The registry, packages, whoever serves them, and images."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.release import Release


@dataclass(frozen=True)
class Registered:
    """A registered model version: its name, its number, and where to look at it.

    ``created`` says that the version was made just now, ``recorded`` that this release was, on a version of the same
    content that was there.
    """

    name: str
    version: str
    where: str
    created: bool
    recorded: bool = False


class Registry(Protocol):
    """Holds releases as model versions: releases of one content are one version."""

    def register(self, release: Release, folder: Path) -> Registered:
        """Register a release once; its content's version gets the alias ``challenger``.

        Another release of a content that is registered is recorded on the version that is there. Running it again
        changes nothing.
        """

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""


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


class Wheelhouse(Protocol):
    """Collects the wheels that an image is built from, so that the build itself needs no package index."""

    def collect(self, lock: Path, folder: Path, *, sources: bool) -> bool:
        """Put every package of a lock file into ``folder``, checked against its hashes; whole or not at all.

        A folder that is there is complete and stays as it is; ``False`` says so. With ``sources``, packages that the
        index has no wheel of are built here; without, they are an error. Raises ``ToolError``.
        """

    def project(self, root: Path, folder: Path) -> None:
        """Put the project's own wheel, and nothing else, into ``folder``. Raises ``ToolError``."""


class Images(Protocol):
    """An engine that builds container images."""

    def ping(self) -> str:
        """The engine's version. Raises ``ToolError`` where no engine answers."""

    def find(self, tag: str) -> str | None:
        """The id of the image that the engine has under this tag, or ``None``."""

    def label(self, image: str, name: str) -> str:
        """A label of an image. Raises ``ToolError`` where the engine has no such image, or the image no such label."""

    def serve(self, image: str) -> AbstractContextManager[str]:
        """Run an image that serves a release, on loopback; its URL once it answers. Leaving the block removes it."""

    def build(
        self,
        context: Mapping[str, Path],
        dockerfile: Path,
        tag: str,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> str:
        """Build an image and tag it; the image's id. Each line of the log goes to ``on_line`` as it comes.

        ``context`` are the files and folders that the build sees, by the name that it sees them under; ``.`` is the
        context itself. Raises ``DocumentError`` where one is missing, ``ToolError`` where the build fails.
        """
