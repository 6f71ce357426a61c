"""The verb that builds container images: image train, image serving, image release."""

from collections.abc import Callable
from pathlib import Path

import click

from lockgate.cli.console import Console, release_option, with_console
from lockgate.cli.flags import VerbGroup
from lockgate.cli.verbs.delivering import chosen
from lockgate.cli.wiring import project as wiring_project
from lockgate.cli.wiring import serving as wiring_serving
from lockgate.usecases.serving import images as imaging
from lockgate.usecases.serving import package as packaging

tag_option = click.option("--tag", metavar="NAME:VERSION", help="The image's tag; default: named by the model.")


@click.group(cls=VerbGroup)
def image() -> None:
    """Build a container image on a Docker engine (DOCKER_HOST).

    A release is laid on the serving environment, which is built once for each lock file.
    """


@image.command(short_help="Training: requirements.lock and this project.")
@tag_option
@with_console
@click.pass_obj
def train(root: Path | None, tag: str | None, console: Console) -> int:
    """Build the training environment from requirements.lock and this project."""
    project = wiring_project.find_project(root)
    return _tell(
        console, imaging.train(project, tag, wiring_serving.images(), wiring_serving.wheelhouse(), _log(console))
    )


@image.command(short_help="Serving: its own lock file, no model.")
@tag_option
@with_console
@click.pass_obj
def serving(root: Path | None, tag: str | None, console: Console) -> int:
    """Build the serving environment from docker/serving/requirements.lock; it holds no model."""
    project = wiring_project.find_project(root)
    return _tell(
        console, imaging.serving(project, tag, wiring_serving.images(), wiring_serving.wheelhouse(), _log(console))
    )


@image.command(short_help="A release on the serving environment.")
@release_option
@click.option(
    "--environment", metavar="TAG", help="The serving environment; default: that of `lockgate image serving`."
)
@tag_option
@with_console
@click.pass_obj
def release(
    root: Path | None, release_name: str | None, environment: str | None, tag: str | None, console: Console
) -> int:
    """Build the image that serves a release: its Bento on the serving environment."""
    project, _, folder = chosen(root, release_name)
    images = wiring_serving.images()
    images.ping()
    made = packaging.package(project, folder, wiring_serving.packager(project.layout))
    return _tell(console, imaging.release(project, made, environment, tag, images, _log(console)))


def _log(console: Console) -> Callable[[str], None]:
    return lambda line: console.line(f"    {line}")


def _tell(console: Console, made: imaging.Image) -> int:
    console.line(f"  image {made.tag}")
    console.line(f"  id    {made.id}")
    console.document(made)
    return 0
