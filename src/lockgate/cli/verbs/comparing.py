"""The verb that shows parity: of the export, as it was measured, or of a packaged release, measured now."""

from pathlib import Path

import click

from lockgate.cli.console import EXIT_CODES, Console, candidate_option, with_console
from lockgate.cli.verbs.judging import chosen_candidate
from lockgate.cli.wiring import measuring as wiring_measuring
from lockgate.cli.wiring import project as wiring_project
from lockgate.cli.wiring import reviewing as wiring_reviewing
from lockgate.cli.wiring import serving as wiring_serving
from lockgate.errors import DocumentError, InputError
from lockgate.ports import Package
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import latest_release
from lockgate.usecases.reviewing import parity_page as drawing
from lockgate.usecases.serving import packaged_parity


@click.command()
@candidate_option
@click.option(
    "--bento", type=click.Path(path_type=Path, file_okay=False), metavar="PATH", help="Ask this Bento, served now."
)
@click.option("--image", metavar="REF", help="Ask this release's image, run now.")
@with_console
@click.pass_obj
def parity(root: Path | None, candidate: str | None, bento: Path | None, image: str | None, console: Console) -> int:
    """Judge the stored parity evidence again and draw its page; runs no model.

    With --bento or --image: run the held-out rows through a packaged release, and compare with the judged model. The
    exit code is that of the gate: 0 passed, 3 refused, 4 undecided.
    """
    project = wiring_project.find_project(root)
    if sum(given is not None for given in (candidate, bento, image)) > 1:
        raise InputError("--candidate, --bento and --image exclude each other", hint="give one of them")
    if bento is not None:
        return _tell(console, _bento(project, bento))
    if image is not None:
        return _tell(console, _image(project, image))
    name, _ = chosen_candidate(project, candidate)
    report = drawing.picture(project, name, wiring_reviewing.pages())
    console.findings(report.findings)
    console.line(f"  the whole picture: {report.page}")
    console.document(report)
    return EXIT_CODES[report.outcome]


def _bento(project: Project, path: Path) -> packaged_parity.PackagedReport:
    package = Package(f"{path.parent.name}:{path.name}", path.resolve(), created=False)
    if not project.store.has_folder(package.release):
        raise DocumentError(f"{path}: not a release's Bento", hint="lockgate package prints where it lies")
    runtime, tables = wiring_measuring.runtime(project, soon=True), wiring_project.tables(project)
    with wiring_serving.server(project.layout).start(package, "127.0.0.1", 0) as running:
        return packaged_parity.compare_packaged(project, package.release, running, package.tag, runtime, tables)


def _image(project: Project, image: str) -> packaged_parity.PackagedReport:
    images = wiring_serving.images()
    _, folder = latest_release(project, images.label(image, "lockgate.release"))
    runtime, tables = wiring_measuring.runtime(project, soon=True), wiring_project.tables(project)
    with images.serve(image) as url:
        return packaged_parity.compare_packaged(project, folder, wiring_serving.client(url), image, runtime, tables)


def _tell(console: Console, report: packaged_parity.PackagedReport) -> int:
    console.findings(report.findings)
    console.line(f"  evidence: {report.evidence}")
    console.document(report)
    return EXIT_CODES[report.outcome]
