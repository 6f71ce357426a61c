"""What the tests of images share: an engine, and the serving environment of this repository."""

from pathlib import Path

import docker
import pytest
from small_project import own_index

from lockgate.adapters.docker.images import DockerImages
from lockgate.adapters.python.pip_wheels import PipWheelhouse
from lockgate.cli.wiring.project import find_project
from lockgate.errors import ToolError
from lockgate.usecases.serving import images as imaging

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def engine(needs):
    try:
        DockerImages().ping()
    except ToolError as error:
        needs(there=False, how=str(error))
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def serving_environment(engine):
    """Built by the verb's use case with whatever wheels were collected before."""
    with own_index():
        return imaging.serving(find_project(REPOSITORY), None, DockerImages(), PipWheelhouse(), print)
