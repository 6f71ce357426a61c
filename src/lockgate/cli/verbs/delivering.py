"""The verbs that deliver a release: release, register, package, serve, promote."""

from pathlib import Path

import click

from lockgate.cli.console import Console, candidate_option, release_option, with_console
from lockgate.cli.verbs.judging import champion_registry
from lockgate.cli.verbs.making import check_against_champion
from lockgate.cli.wiring import making as wiring_making
from lockgate.cli.wiring import measuring as wiring_measuring
from lockgate.cli.wiring import project as wiring_project
from lockgate.cli.wiring import releasing as wiring_releasing
from lockgate.cli.wiring import serving as wiring_serving
from lockgate.domain.releasing.release import Release
from lockgate.ports import Registered
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import latest_release
from lockgate.usecases.releasing import promote as promoting
from lockgate.usecases.releasing import register as registering
from lockgate.usecases.releasing import seal as sealing
from lockgate.usecases.serving import package as packaging
from lockgate.usecases.serving import serve as serving


def chosen(root: Path | None, release_name: str | None) -> tuple[Project, Release, Path]:
    """The project and the release that was asked for, verified."""
    project = wiring_project.find_project(root)
    return project, *latest_release(project, release_name)


@click.command()
@candidate_option
@with_console
@click.pass_obj
def release(root: Path | None, candidate: str | None, console: Console) -> int:
    """Seal a passed candidate into an immutable release under build/releases/.

    Demands a `passed` verdict for exactly this content, and params.yaml as in the latest commit; sealing the same thing
    again gives the same digest.
    """
    project = wiring_project.find_project(root)
    name = project.settings.candidate(candidate) if candidate else None
    sealed, folder = sealing.seal(
        project,
        name,
        wiring_project.repository(project.layout),
        wiring_making.pipeline(project.layout),
        wiring_measuring.runtime(project),
    )
    tell_release(console, project, sealed, folder)
    console.document(sealed.manifest)
    return 0


def tell_release(console: Console, project: Project, sealed: Release, folder: Path) -> None:
    """A release's two digests and its folder."""
    console.line(f"  release {sealed.digest}")
    console.line(f"  content {sealed.content}")
    console.line(f"  in      {folder.relative_to(project.layout.root)}/")
    lock, methods = project.layout.dvc_lock, project.layout.methods
    uncommitted = wiring_project.repository(project.layout).uncommitted(lock, methods)
    if lock in uncommitted:
        names = " ".join(path.name for path in uncommitted)
        console.line("  note: dvc.lock is not committed; until then `dvc gc` may drop what the release was made of:")
        console.line(f'            git add {names} && git commit -m "Record the results"')


@click.command()
@release_option
@with_console
@click.pass_obj
def register(root: Path | None, release_name: str | None, console: Console) -> int:
    """Register a release as a model version in MLflow, with the alias `challenger`."""
    project, _, folder = chosen(root, release_name)
    registered = registering.register(project, folder, wiring_releasing.registry(project))
    tell_registered(console, project, registered)
    console.document(registered)
    return 0


def tell_registered(console: Console, project: Project, registered: Registered) -> None:
    """A model version and where it is; the embedded registry as a path in the project."""
    where = registered.where.replace(f"{project.layout.root}/", "")
    console.line(f"  {registered.name} version {registered.version}, alias challenger, in {where}{_known(registered)}")


def _known(registered: Registered) -> str:
    if registered.recorded:
        return ": the same model was registered before, and this release is recorded on its version"
    return "" if registered.created else ": registered before"


@click.command()
@release_option
@with_console
@click.pass_obj
def package(root: Path | None, release_name: str | None, console: Console) -> int:
    """Package a release as a Bento that carries the sealed bundle whole."""
    project, _, folder = chosen(root, release_name)
    made = packaging.package(project, folder, wiring_serving.packager(project.layout))
    console.line(f"  Bento {made.tag} in {made.path}" + ("" if made.created else ": made before"))
    console.document(made)
    return 0


@click.command()
@release_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=3000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.pass_obj
def serve(root: Path | None, release_name: str | None, host: str, port: int) -> int:
    """Serve a packaged release on this machine until Ctrl-C."""
    project, sealed, folder = chosen(root, release_name)
    made = packaging.package(project, folder, wiring_serving.packager(project.layout))
    console = Console(as_json=False)
    server = wiring_serving.server(project.layout)
    with serving.serve(project, made, server, host, port, lambda line: console.line(f"  {line}")) as running:
        console.line(f"{made.tag} serves release {sealed.version} at {running.url}; Ctrl-C stops it")
        return running.wait()


@click.command()
@click.argument("environment")
@release_option
@click.option(
    "--push", "branch", metavar="BRANCH", help="Push the commit to this branch of origin, as a pipeline must."
)
@with_console
@click.pass_obj
def promote(root: Path | None, environment: str, release_name: str | None, branch: str | None, console: Console) -> int:
    """Point ENVIRONMENT at a release: a commit to deploy/ENVIRONMENT.yaml.

    The release's evidence is judged again, against this environment's champion, before anything is committed.
    """
    name = wiring_project.find_project(root).settings.environment(environment)
    project, sealed, folder = chosen(root, release_name)
    repository = wiring_project.repository(project.layout)
    registry, tables = champion_registry(project, name), wiring_project.tables(project)
    promotion = promoting.promote(
        project,
        folder,
        name,
        repository,
        registry,
        tables,
        lambda entrant: check_against_champion(project, entrant, name, console),
    )
    if branch:
        promoting.push(promotion, branch, repository)
    done = f"commit {promotion.commit[:12]}" if promotion.commit else "it did already; nothing to commit"
    console.line(f"{name} names {sealed.name} {sealed.version}: {done}")
    console.document(promotion)
    return 0
