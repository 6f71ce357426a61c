"""``lockgate package``: a release becomes a Bento that carries the bundle whole."""

from pathlib import Path

from lockgate.domain.releasing.release import Release
from lockgate.errors import DocumentError
from lockgate.ports import Package, Packager
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import latest_release, open_release


def package_release(instruments: Instruments, version: str | None) -> tuple[Package, Release]:
    """Package the release of that version, by default that of the latest verdict."""
    project = instruments.project()
    release, folder = latest_release(project, version)
    return package(project, folder, instruments.packager()), release


def package(project: Project, folder: Path, packager: Packager) -> Package:
    """Package the bundle in ``folder`` with the project's service, and verify the release inside the package."""
    release = open_release(project, folder)
    service = project.layout.root / project.settings.service
    if not project.store.has(service / "service.py"):
        raise DocumentError(f"{service}/service.py: missing", hint="see `service` in params.yaml")
    made = packager.package(release, folder, service)
    if open_release(project, made.release).digest != release.digest:
        raise DocumentError(f"package {made.tag} carries another release", hint=f"remove it: bentoml delete {made.tag}")
    return made
