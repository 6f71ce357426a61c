"""Packages, servers and images."""

from typing import TYPE_CHECKING

from lockgate.adapters.python.installed import demand
from lockgate.domain.project.layout import Layout

if TYPE_CHECKING:
    from lockgate.ports import Answering, Images, Packager, Server, Wheelhouse


def packager(layout: Layout) -> "Packager":
    """BentoML."""
    from lockgate.adapters.bentoml.packager import BentoPackager

    return BentoPackager(layout.root)


def server(layout: Layout) -> "Server":
    """BentoML, as a process."""
    from lockgate.adapters.bentoml.server import BentoServer

    return BentoServer(layout.root)


def client(url: str) -> "Answering":
    """Whoever serves a release at that address."""
    from lockgate.adapters.bentoml.server import BentoClient

    return BentoClient(url)


def images() -> "Images":
    """Docker."""
    demand("docker", "docker")
    from lockgate.adapters.docker.images import DockerImages

    return DockerImages()


def wheelhouse() -> "Wheelhouse":
    """pip."""
    from lockgate.adapters.python.pip_wheels import PipWheelhouse

    return PipWheelhouse()
