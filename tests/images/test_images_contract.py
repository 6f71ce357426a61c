"""The images port on a real engine."""

import gc

import docker
import docker.errors
import pytest
import requests

from lockgate.adapters.docker.images import DockerImages
from lockgate.errors import ToolError
from lockgate.testing.contracts import ImagesContract
from lockgate.testing.contracts.serving.images import TAG


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestDockerImages(ImagesContract):
    @pytest.fixture(autouse=True)
    def engine(self, needs):
        # The SDK leaves sockets behind; their warnings must come here, not in a later test.
        missing = ""
        try:
            DockerImages().ping()
        except ToolError as error:
            missing = str(error)
        gc.collect()
        needs(there=not missing, how=missing)
        client = docker.from_env()
        self._forget(client)
        yield
        self._forget(client)
        client.close()
        gc.collect()

    def _forget(self, client):
        while True:
            try:
                client.images.remove(TAG, force=True)
            except docker.errors.ImageNotFound:
                return

    def make(self):
        return DockerImages()

    def test_an_image_that_serves_is_asked_while_the_block_lasts(self, images, tmp_path):
        (tmp_path / "readyz").touch()
        command = '["python", "-m", "http.server", "3000", "--directory", "/served"]'
        (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim\nCOPY readyz /served/\nCMD {command}\n")
        made = images.build({".": tmp_path}, tmp_path / "Dockerfile", TAG, {}, {}, lambda _: None)
        with images.serve(made) as url:
            assert requests.get(f"{url}/readyz", timeout=5).ok
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{url}/readyz", timeout=5)

    def test_one_that_does_not_serve_says_where_it_was_asked_and_its_last_words(self, images, tmp_path):
        (tmp_path / "Dockerfile").write_text('FROM python:3.11-slim\nCMD ["python", "-c", "print(6 * 7)"]\n')
        made = images.build({".": tmp_path}, tmp_path / "Dockerfile", TAG, {}, {}, lambda _: None)
        with pytest.raises(ToolError, match="does not get ready") as caught, images.serve(made):
            pass
        assert "42" in caught.value.hint
