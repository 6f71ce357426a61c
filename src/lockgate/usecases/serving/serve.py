"""``lockgate serve``: serve a package that answers what was judged."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from lockgate.domain.releasing.release import Release
from lockgate.ports import Package, Running, Server
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import open_release
from lockgate.usecases.serving.package import package_release


@contextmanager
def serve_release(
    instruments: Instruments, version: str | None, host: str, port: int, on_request: Callable[[str], None]
) -> Iterator[tuple[Package, Release, Running]]:
    """Package and start the release of that version, by default that of the latest verdict, in a block."""
    named = package_release(instruments, version)
    with serve(instruments.project(), named.package, instruments.server(), host, port, on_request) as running:
        yield named.package, named.release, running


def serve(
    project: Project,
    package: Package,
    server: Server,
    host: str,
    port: int,
    on_request: Callable[[str], None] = lambda _: None,
) -> AbstractContextManager[Running]:
    """Start the package. Opening its release demands a `passed` verdict for exactly its content."""
    open_release(project, package.release)
    return server.start(package, host, port, on_request)
