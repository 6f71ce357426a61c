"""Releases need not lie in the working copy: the use cases go by the store."""

import shutil
from dataclasses import replace

import builders
import pytest

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import VERDICT
from lockgate.errors import DocumentError
from lockgate.testing import FakeBundleWriter, FakeRegistry, FakeReleaseStore, FakeRepository
from lockgate.usecases.project.release_folders import contents, fetch_release, latest_release
from lockgate.usecases.releasing.seal import seal


@pytest.fixture
def store(tmp_path):
    return FakeReleaseStore(tmp_path / "elsewhere", builders.DOCUMENTS, builders.FILES)


@pytest.fixture
def project(released_project, tmp_path, store):
    """A clone with the latest verdict and none of the releases."""
    root = shutil.copytree(released_project, tmp_path / "project")
    shutil.rmtree(root / "build/releases")
    return replace(builders.opened(root), releases=store)


@pytest.fixture
def sealed(project):
    root = project.layout.root
    return seal(project, None, FakeRepository(root), builders.sealing_tools(root, [FakeBundleWriter()]))


def test_a_release_is_sealed_into_the_store_and_leaves_nothing_here(project, sealed, store):
    release, folder = sealed
    assert store.versions() == (release.version,)
    assert not folder.is_relative_to(project.layout.root)
    assert not project.layout.releases.exists()
    assert not list(project.layout.build.glob(".staged*"))


def test_the_latest_is_found_there_by_its_verdict_and_by_its_name(project, sealed):
    release, _ = sealed
    for version in (None, release.version, str(release.digest), f"{release.name}:{release.version}"):
        assert latest_release(project, version)[0] == release
    assert release.content in set(contents(project))


def test_a_content_is_told_from_a_release(project, sealed):
    release, _ = sealed
    with pytest.raises(DocumentError, match="is a content, no release") as caught:
        latest_release(project, str(release.content))
    assert release.version in caught.value.hint


def test_what_was_damaged_there_is_not_opened(project, sealed, store):
    release, _ = sealed
    store.bundles[release.digest][VERDICT] += b" "
    with pytest.raises(DocumentError, match=r"verdict\.json was changed"):
        latest_release(project, release.version)


def test_a_champion_of_the_registry_is_kept_in_the_store(project, sealed, store, tmp_path):
    release, folder = sealed
    registry = FakeRegistry(tmp_path / "registry")
    registry.register(release, folder)
    store.bundles.clear()
    champion = ReleaseReference(release.name, release.digest, release.content)
    assert fetch_release(project, champion, None) is None
    found = fetch_release(project, champion, registry)
    assert builders.FILES.tree(found) == builders.FILES.tree(folder)
    assert store.versions() == (release.version,)


def test_a_registry_that_hands_over_another_release_is_not_believed(project, sealed, store, tmp_path):
    release, folder = sealed

    class Mistaken(FakeRegistry):
        def fetch(self, digest, name, into):
            return super().fetch(release.digest, name, into)

    registry = Mistaken(tmp_path / "registry")
    registry.register(release, folder)
    store.bundles.clear()
    another = ReleaseReference(release.name, builders.sha256(b"another"), release.content)
    assert fetch_release(project, another, registry) is None
    assert store.versions() == ()


def test_another_release_with_the_same_first_digits_is_no_champion(project, sealed):
    release, _ = sealed
    alike = Digest("sha256", release.digest.short.ljust(64, "0"))
    assert fetch_release(project, ReleaseReference(release.name, alike, release.content), None) is None
