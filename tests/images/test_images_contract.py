"""The images port on a real engine."""

import docker
import docker.errors
import pytest

from lockgate.adapters.docker import DockerImages
from lockgate.errors import ToolError
from lockgate.testing.contracts import ImagesContract
from lockgate.testing.contracts.serving.images import TAG


@pytest.mark.slow
class TestDockerImages(ImagesContract):
    @pytest.fixture(autouse=True)
    def engine(self, needs):
        try:
            DockerImages().ping()
        except ToolError as error:
            needs(there=False, how=str(error))
        client = docker.from_env()
        self._forget(client)
        yield
        self._forget(client)
        client.close()

    def _forget(self, client):
        while True:
            try:
                client.images.remove(TAG, force=True)
            except docker.errors.ImageNotFound:
                return

    def make(self):
        return DockerImages()
