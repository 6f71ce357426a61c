"""The champion's content is released once: what is asked of the latest verdict is answered with its release."""

import shutil

import builders
import pytest
from builders import git

from lockgate.domain.releasing.deployment import Deployment
from lockgate.testing import FakeRegistry
from lockgate.usecases.project.release_folders import latest_release, release_of


@pytest.fixture
def project(serving):
    return serving


@pytest.fixture
def champion(project, lockgate):
    """Of staging; and a verdict of another commit on the same content, which no release was sealed from."""
    builders.write_candidate(project)
    named = builders.DOCUMENTS.read_settings(project / "deploy/staging.yaml", Deployment).champion
    builders.write_champion(project, named.release)
    assert lockgate("gate")[0] == 0
    return named


def test_the_champions_release_is_that_of_its_content(project, champion):
    opened = builders.opened(project)
    found, folder = release_of(opened, champion.content, champion, None)
    assert (found.digest, folder.name) == (champion.release, champion.release.short)


def test_another_content_has_no_release_yet(project, champion):
    assert release_of(builders.opened(project), champion.release, champion, None) is None
    assert release_of(builders.opened(project), champion.content, None, None) is None


def test_a_champion_that_is_not_here_comes_from_the_registry_or_is_sealed_anew(project, champion, tmp_path):
    opened, registry = builders.opened(project), FakeRegistry(tmp_path / "registry")
    release, folder = release_of(opened, champion.content, champion, None)
    registry.register(release, folder)
    shutil.rmtree(folder)
    assert release_of(opened, champion.content, champion, None) is None
    found, _ = release_of(opened, champion.content, champion, registry)
    assert found.digest == champion.release


def test_the_latest_verdict_on_the_champions_content_is_answered_with_its_release(project, champion, lockgate):
    found, _ = latest_release(builders.opened(project), None)
    assert found.digest == champion.release
    head = git(project, "rev-parse", "HEAD")
    assert "it did already; nothing to commit" in lockgate("promote", "staging")[1]
    assert git(project, "rev-parse", "HEAD") == head


def test_a_release_of_the_latest_verdict_itself_comes_first(project, champion):
    release, _ = builders.sealed(project)
    assert (release.content, release.digest != champion.release) == (champion.content, True)
    found, _ = latest_release(builders.opened(project), None)
    assert found.digest == release.digest


def test_a_seal_that_was_killed_is_no_release(project, own_store, champion, lockgate):
    shutil.rmtree(own_store)
    folder = project / "build/releases"
    (folder / champion.release.short).rename(folder / ".sealing")
    code, said = lockgate("promote", "staging", "--release", champion.release.short)
    assert (code, "there are: none yet" in said) == (2, True), said
