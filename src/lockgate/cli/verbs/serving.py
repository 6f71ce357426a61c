"""The verbs that serve a release: package, serve, image train, image serving, image release."""

import click

from lockgate.cli.console import Console, release_option, with_console
from lockgate.cli.flags import VerbGroup
from lockgate.cli.wiring.instruments import with_instruments
from lockgate.cli.words.serving import asked_in_words
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.serving import images as imaging
from lockgate.usecases.serving.package import package_release
from lockgate.usecases.serving.serve import serve_release

tag_option = click.option("--tag", metavar="NAME:VERSION", help="The image's tag; default: named by the model.")


@click.command()
@release_option
@with_console
@with_instruments
def package(instruments: Instruments, release_name: str | None, console: Console) -> int:
    """Package a release as a Bento that carries the sealed bundle whole.

    It is served and asked before it gets its name: rows of every kind, and the held-out rows where they lie here. The
    service's files have to be as in the latest commit.
    """
    named = package_release(instruments, release_name)
    made, proof = named.package, named.proof
    console.line(f"  Bento {made.tag} in {made.path}" + ("" if made.created else ": made before"))
    console.line(f"    {asked_in_words(proof)}")
    console.document({"tag": made.tag, "path": str(made.path), "created": made.created, "proof": proof})
    return 0


@click.command()
@release_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=3000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@with_instruments
def serve(instruments: Instruments, release_name: str | None, host: str, port: int) -> int:
    """Serve a packaged release on this machine until Ctrl-C."""
    console = Console(as_json=False)

    def told(line: str) -> None:
        console.line(f"  {line}")

    with serve_release(instruments, release_name, host, port, told) as (made, release, running):
        console.line(f"{made.tag} serves release {release.version} at {running.url}; Ctrl-C stops it")
        return running.wait()


@click.group(cls=VerbGroup)
def image() -> None:
    """Build a container image on a Docker engine (DOCKER_HOST).

    A release is laid on the serving environment, which is built once for each lock file.
    """


@image.command(short_help="Training: requirements.lock and this project.")
@tag_option
@with_console
@with_instruments
def train(instruments: Instruments, tag: str | None, console: Console) -> int:
    """Build the training environment from requirements.lock and this project."""
    return _tell(console, imaging.build_train(instruments, tag, console.tell))


@image.command(short_help="Serving: its own lock file, no model.")
@tag_option
@with_console
@with_instruments
def serving(instruments: Instruments, tag: str | None, console: Console) -> int:
    """Build the serving environment from docker/serving/requirements.lock; it holds no model."""
    return _tell(console, imaging.build_serving(instruments, tag, console.tell))


@image.command(short_help="A release on the serving environment.")
@release_option
@click.option(
    "--environment", metavar="TAG", help="The serving environment; default: that of `lockgate image serving`."
)
@tag_option
@with_console
@with_instruments
def release(
    instruments: Instruments, release_name: str | None, environment: str | None, tag: str | None, console: Console
) -> int:
    """Build the image that serves a release: its Bento on the serving environment."""
    return _tell(console, imaging.build_release(instruments, release_name, environment, tag, console.tell))


def _tell(console: Console, made: imaging.Image) -> int:
    console.line(f"  image {made.tag}")
    console.line(f"  id    {made.id}")
    console.document(made)
    return 0
