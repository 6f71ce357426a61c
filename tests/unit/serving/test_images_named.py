"""An image gets its tag when it has answered as judged, and only then."""

from dataclasses import replace

import builders
import pytest
from packages import Building, Serving, inverted, inverted_in_batches, with_service

from lockgate.errors import InputError, Refused
from lockgate.testing import FakeImages, FakeRunning, FakeRuntime
from lockgate.testing.contracts import ImagesContract
from lockgate.usecases.project.release_folders import latest_release
from lockgate.usecases.serving.images import build_release

ENVIRONMENT = "lockgate/example-serving"


class TestFakeImages(ImagesContract):
    def make(self):
        return FakeImages()


@pytest.fixture
def project(released_project, tmp_path):
    root = with_service(released_project, tmp_path / "project")
    builders.FILES.write_bytes(root / "docker/serving/release.Dockerfile", b"FROM scratch\n")
    return root


@pytest.fixture
def images(project):
    found = FakeImages()
    dockerfile = project / "docker/serving/release.Dockerfile"
    found.build({}, dockerfile, ENVIRONMENT, {}, {}, lambda _: None)
    return found


@pytest.fixture
def made(project, images, tmp_path):
    """Build the image of the one release; ``worsen`` changes what it answers."""
    packager = Building(tmp_path / "packages")

    def call(worsen=lambda answer: answer, tag=None):
        def client(url):
            assert images.serving, "it is asked while it runs"
            release, _ = latest_release(builders.opened(project), None)
            running = FakeRunning(packager.find(release), url)
            answered = running.predict
            running.predict = lambda rows: worsen(answered(rows))
            return running

        instruments = replace(
            builders.instruments(project),
            packager=lambda: packager,
            runtime=lambda **_: FakeRuntime(),
            server=Serving,
            images=lambda: images,
            client=client,
        )
        return build_release(instruments, None, None, tag, lambda event: None)

    return call


def test_it_is_tagged_with_its_labels_once_it_has_answered(made, images):
    image = made()
    assert images.tags == {ENVIRONMENT: images.tags[ENVIRONMENT], image.tag: image.id}
    assert images.label(image.tag, "lockgate.release").startswith(f"sha256:{image.tag.partition(':')[2]}")
    assert images.serving == []


@pytest.mark.parametrize("worsen", [inverted, inverted_in_batches])
def test_one_that_answers_otherwise_leaves_no_tag_and_no_image(made, images, worsen):
    before = (dict(images.tags), dict(images.images))
    with pytest.raises(Refused):
        made(worsen)
    assert (images.tags, images.images) == before


def test_the_image_of_before_keeps_the_tag(made, images, project):
    first = made(tag="example:served")
    builders.committed(project, "serving/service.py", "# another service\n")
    with pytest.raises(Refused):
        made(inverted, tag="example:served")
    assert images.tags["example:served"] == first.id
    assert first.id in images.images


def test_what_interrupts_it_leaves_no_tag(made, images):
    def interrupted(answer):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(interrupted)
    assert [*images.tags] == [ENVIRONMENT]
    assert images.serving == []


def test_what_is_no_tag_is_said_before_anything_is_built(made, images):
    before = dict(images.images)
    with pytest.raises(InputError, match="not an image tag"):
        made(tag="Bad Tag")
    assert images.images == before
