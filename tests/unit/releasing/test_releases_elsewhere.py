"""Releases need not lie in the working copy: the use cases go by the store."""

import shutil
from dataclasses import replace

import builders
import pytest

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import VERDICT
from lockgate.errors import DocumentError, ReleaseAbsent, ToolError
from lockgate.testing import FakeBundleWriter, FakeLocalReleases, FakePlace, FakeRegistry, FakeRepository
from lockgate.usecases.project.release_folders import contents, fetch_release, latest_release
from lockgate.usecases.project.stored.elsewhere import StoreThenRegistry
from lockgate.usecases.project.stored.placed_releases import PlacedReleases
from lockgate.usecases.releasing.seal import seal


@pytest.fixture
def store(tmp_path):
    return FakeLocalReleases(tmp_path / "elsewhere", builders.DOCUMENTS, builders.FILES)


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


def test_a_clone_that_judged_nothing_has_no_latest_and_is_told_to_name_one(project, sealed):
    release, _ = sealed
    project.layout.verdict.unlink()
    with pytest.raises(DocumentError, match="nothing was judged in this working copy") as caught:
        latest_release(project, None)
    assert "name one by its environment or the start of its digest" in caught.value.hint
    assert latest_release(project, release.version)[0] == release


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


def test_a_champion_of_the_registry_is_kept_here(project, sealed, store, tmp_path):
    release, folder = sealed
    registry = FakeRegistry(tmp_path / "registry")
    registry.register(release, folder)
    store.bundles.clear()
    champion = ReleaseReference(release.name, release.digest, release.content)
    with pytest.raises(ReleaseAbsent, match=f"{release.version} does not lie here"):
        fetch_release(project, champion, None)
    found = fetch_release(project, champion, registry)
    assert builders.FILES.tree(found) == builders.FILES.tree(folder)
    assert store.versions() == (release.version,)


def test_what_was_damaged_here_is_had_from_elsewhere(project, sealed, store, tmp_path):
    release, folder = sealed
    registry = FakeRegistry(tmp_path / "registry")
    registry.register(release, folder)
    store.bundles[release.digest][VERDICT] += b" "
    champion = ReleaseReference(release.name, release.digest, release.content)
    with pytest.raises(DocumentError, match=r"verdict\.json was changed"):
        fetch_release(project, champion, None)
    assert builders.FILES.tree(fetch_release(project, champion, registry)) == builders.FILES.tree(folder)


def test_a_registry_that_hands_over_another_release_is_not_believed(project, sealed, store, tmp_path):
    release, folder = sealed

    class Mistaken(FakeRegistry):
        def fetch(self, digest, name, into):
            return super().fetch(release.digest, name, into)

    registry = Mistaken(tmp_path / "registry")
    registry.register(release, folder)
    store.bundles.clear()
    another = ReleaseReference(release.name, builders.sha256(b"another"), release.content)
    with pytest.raises(DocumentError, match=f"it is {release.digest}, not {another.release}"):
        fetch_release(project, another, registry)
    assert store.versions() == ()


def test_another_release_with_the_same_first_digits_is_no_champion(project, sealed):
    release, _ = sealed
    alike = Digest("sha256", release.digest.short.ljust(64, "0"))
    with pytest.raises(DocumentError, match=f"it is {release.digest}, not {alike}"):
        fetch_release(project, ReleaseReference(release.name, alike, release.content), None)


class TestStoreThenRegistry:
    @pytest.fixture
    def place(self):
        return FakePlace()

    @pytest.fixture
    def shared(self, place, tmp_path):
        return PlacedReleases(place, builders.DOCUMENTS, builders.FILES, tmp_path / "scratch")

    @pytest.fixture
    def champion(self, sealed):
        release, _ = sealed
        return ReleaseReference(release.name, release.digest, release.content)

    def test_the_registry_is_not_asked_for_what_the_store_has(self, project, sealed, store, shared, champion):
        release, folder = sealed
        shared.put(release.digest, folder)
        store.bundles.clear()
        nobody = StoreThenRegistry(lambda: shared, lambda: pytest.fail("asked"))
        assert builders.FILES.tree(fetch_release(project, champion, nobody)) == builders.FILES.tree(folder)

    def test_what_neither_has_says_who_was_asked_and_which_line_is_missing(
        self, project, store, shared, champion, tmp_path
    ):
        store.bundles.clear()
        others = StoreThenRegistry(lambda: shared, lambda: FakeRegistry(tmp_path / "registry"))
        with pytest.raises(ReleaseAbsent) as caught:
            fetch_release(project, champion, others)
        assert "is not in the store memory, nor in the MLflow registry" in caught.value.message
        for named in ("`store:` in params.yaml", "LOCKGATE_STORE", f"lockgate store put {champion.release.short}"):
            assert named in caught.value.hint

    def test_a_store_that_does_not_answer_is_not_taken_for_one_that_has_nothing(
        self, project, store, shared, place, champion
    ):
        store.bundles.clear()
        place.down = ToolError("the store memory does not answer")
        with pytest.raises(ToolError, match="does not answer"):
            fetch_release(project, champion, StoreThenRegistry(lambda: shared, lambda: pytest.fail("asked")))

    def test_a_registry_that_does_not_answer_is_said_beside_the_store(self, project, store, shared, champion):
        def registry():
            raise ToolError("no route to host")

        store.bundles.clear()
        with pytest.raises(ReleaseAbsent, match="store memory, and the MLflow registry does not answer: no route"):
            fetch_release(project, champion, StoreThenRegistry(lambda: shared, registry))
