"""Clones that share nothing but git and the store: whole, shallow, and detached as Jenkins makes them."""

import shutil

import builders
import pytest
from builders import git

from lockgate.domain.releasing.release import MANIFEST


def whole(source, target):
    git(target.parent, "clone", "--quiet", f"file://{source}", target.name)


def shallow(source, target):
    git(target.parent, "clone", "--quiet", "--depth=1", f"file://{source}", target.name)


def as_jenkins(source, target):
    """A branch's commit, fetched alone and checked out by its hash."""
    target.mkdir()
    git(target, "init", "--quiet")
    git(target, "fetch", "--quiet", "--depth=1", f"file://{source}", "+refs/heads/main:refs/remotes/origin/main")
    git(target, "checkout", "--quiet", "--detach", "refs/remotes/origin/main")


@pytest.fixture
def promoted(lockgate, project):
    """A release that staging names, and that lies in the store alone."""
    builders.committed(project, "params.yaml", builders.PARAMS.replace("margin: 0.001", "margin: 0.02"))
    builders.lock(project)
    assert lockgate("gate")[0] == 0
    release, _ = builders.sealed(project)
    assert lockgate("store", "put")[0] == 0
    code, said = lockgate("promote", "staging")
    assert code == 0, said
    shutil.rmtree(project / "build/releases")
    return release


@pytest.fixture(params=[whole, shallow, as_jenkins], ids=lambda made: made.__name__)
def clone(request, project, promoted, tmp_path):
    """A clone that has trained another candidate."""
    target = tmp_path / "workspace"
    request.param(project, target)
    builders.write_candidate(target, weight=0.011)
    return target


def test_a_clone_meets_the_champion_and_has_a_verdict(lockgate, clone, promoted):
    code, said = lockgate("check", "champion", root=clone)
    assert (code, "champion of staging on" in said) == (0, True), said
    assert (clone / "build/releases" / promoted.version / MANIFEST).exists()
    code, said = lockgate("gate", root=clone)
    assert (code, "champion 0.0000 [" in said, "PASSED" in said) == (0, True, True), said


@pytest.mark.parametrize("lost", ["gone", "down"])
def test_a_clone_that_cannot_have_it_says_whom_it_asked(lockgate, clone, promoted, own_store, lost):
    shutil.rmtree(own_store)
    if lost == "down":
        own_store.write_text("a file stands where the mount was")
    code, said = lockgate("check", "champion", root=clone)
    assert code == (1 if lost == "down" else 4), said
    assert f"the store {own_store}" in said
    code, said = lockgate("gate", root=clone)
    assert (code, f"the store {own_store}" in said) == (4, True), said


def test_what_another_store_has_is_had_by_one_line(lockgate, clone, promoted, own_store, tmp_path, monkeypatch):
    own_store.rename(tmp_path / "moved")
    assert "LOCKGATE_STORE" in lockgate("check", "champion", root=clone)[1]
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "moved"))
    assert lockgate("check", "champion", root=clone)[0] == 0
