"""The verbs of the store: what goes there, what it has, and what nobody names any more."""

import json
import os
import shutil
import time

import builders
import pytest
from builders import git

from lockgate.adapters.folder_place import FolderPlace
from lockgate.domain.releasing.release import MANIFEST
from lockgate.testing.examples import write_bundle
from lockgate.usecases.project.stored.placed_releases import PlacedReleases

DAY = 86_400


@pytest.fixture
def store(own_store, tmp_path):
    return PlacedReleases(FolderPlace(own_store), builders.DOCUMENTS, builders.FILES, tmp_path / "scratch")


@pytest.fixture
def age(own_store):
    """Let everything in the store be so many days old."""

    def make(days=40):
        at = time.time() - days * DAY
        for path in own_store.rglob("*"):
            os.utime(path, (at, at))

    return make


@pytest.fixture
def released(lockgate, project, released_project):
    """A release that lies in the store."""
    release = builders.given_release(project, released_project)
    assert lockgate("store", "put")[0] == 0
    return release


@pytest.fixture
def another(lockgate, project, released):
    """A second one, of another model."""

    def make(weight=0.02):
        builders.write_candidate(project, weight=weight)
        assert lockgate("gate", "--against", "production")[0] == 0
        release, _ = builders.sealed(project)
        assert lockgate("store", "put")[0] == 0
        return release

    return make


def digests(store):
    return {each.digest for each in store.releases()}


def test_put_says_where_and_that_it_was_there(lockgate, released, own_store):
    code, said = lockgate("store", "put", released.version)
    assert (code, f"store   {own_store}: it was there before" in said) == (0, True), said


def test_list_tells_what_there_is_and_who_names_it(lockgate, project, released, own_store):
    assert lockgate("promote", "staging")[0] == 0
    code, said = lockgate("store", "list")
    assert code == 0
    commit = git(project, "rev-parse", "HEAD~1")[:12]
    assert f"{released.version}  example  content {released.content.short}  commit {commit}" in said
    assert "signed  staging" in said
    assert "1 releases" in said
    assert str(own_store) in said


def test_list_as_json_and_of_what_cannot_be_read(lockgate, released, own_store, capfd):
    (own_store / "releases" / released.digest.hex / "verdict.json").write_text("{}")
    code, said = lockgate("store", "list", "--json")
    (found,) = json.JSONDecoder().raw_decode(said[said.index("{") :])[0]["releases"]
    assert (code, found["release"]) == (0, str(released.digest))
    assert "verdict.json" in found["problem"]


@pytest.mark.parametrize("form", ["{hex:.12}", "sha256:{hex}", "example:{hex:.12}"])
def test_get_copies_the_release_that_is_named(lockgate, project, released, tmp_path, form):
    shutil.rmtree(project / "build/releases")
    code, said = lockgate("store", "get", form.format(hex=released.digest.hex), str(tmp_path / "got"))
    assert code == 0, said
    assert builders.DOCUMENTS.read(tmp_path / "got" / MANIFEST, type(released.manifest)) == released.manifest


def test_get_by_an_environment(lockgate, project, released, tmp_path):
    lockgate("promote", "staging")
    shutil.rmtree(project / "build/releases")
    assert lockgate("store", "get", "staging", str(tmp_path / "got"))[0] == 0
    assert (tmp_path / "got" / MANIFEST).exists()


def test_get_overwrites_nothing(lockgate, released, tmp_path):
    (tmp_path / "got").mkdir()
    code, said = lockgate("store", "get", released.version, str(tmp_path / "got"))
    assert (code, "is there already" in said) == (2, True), said


def test_get_of_what_the_store_lacks_says_which_store(lockgate, project, released, own_store, tmp_path):
    lockgate("promote", "staging")
    shutil.rmtree(own_store)
    code, said = lockgate("store", "get", "staging", str(tmp_path / "got"))
    assert code == 2
    assert f"release {released.version} is not in the store {own_store}" in said
    assert f"lockgate store put {released.version}" in said
    assert not (tmp_path / "got").exists()


class TestGarbage:
    def test_what_nobody_names_goes_when_it_is_old(self, lockgate, store, released, age):
        assert lockgate("store", "gc")[0] == 0
        assert digests(store) == {released.digest}
        age()
        code, said = lockgate("store", "gc", "--dry-run")
        assert (code, f"garbage  release {released.version}" in said) == (0, True), said
        assert digests(store) == {released.digest}
        code, said = lockgate("store", "gc")
        assert (code, f"removed  release {released.version}" in said) == (0, True), said
        assert digests(store) == set()

    def test_the_grace_is_given_in_days(self, lockgate, store, released, age):
        age(3)
        lockgate("store", "gc", "--older-than", "4")
        assert digests(store) == {released.digest}
        lockgate("store", "gc", "--older-than", "3")
        assert digests(store) == set()

    def test_whoever_was_champion_once_is_never_garbage(self, lockgate, project, store, released, age):
        lockgate("promote", "staging")
        (project / "deploy/staging.yaml").write_text("environment: staging\n")
        git(project, "commit", "--all", "--quiet", "-m", "Serve nothing")
        age()
        lockgate("store", "gc")
        assert digests(store) == {released.digest}

    @pytest.mark.parametrize("where", ["branch", "tag", "detached"])
    def test_nor_is_a_champion_of_any_branch_or_tag(self, lockgate, project, store, released, age, where):
        before = git(project, "rev-parse", "HEAD")
        if where == "detached":
            (project / "deploy/staging.yaml").write_text(f"environment: staging\n# {released.digest}\n")
            git(project, "checkout", "--quiet", "--detach")
            git(project, "commit", "--all", "--quiet", "-m", "On no branch")
        else:
            lockgate("promote", "staging")
            git(project, where, "kept", "HEAD")
            git(project, "reset", "--quiet", "--hard", before)
        age()
        lockgate("store", "gc")
        assert digests(store) == {released.digest}

    def test_nor_is_what_a_signed_or_other_tag_names(self, lockgate, project, store, released, age):
        git(project, "tag", "-a", "-m", f"Release {released.digest}", "lockgate/approved")
        age()
        lockgate("store", "gc")
        assert digests(store) == {released.digest}

    def test_what_is_not_committed_yet_counts(self, lockgate, project, store, released, age):
        (project / "deploy/staging.yaml").write_text(f"environment: staging\n# {released.digest}\n")
        age()
        lockgate("store", "gc")
        assert digests(store) == {released.digest}

    def test_only_what_nobody_names_goes(self, lockgate, store, released, another, age):
        lockgate("promote", "staging", "--release", released.version)
        second = another()
        age()
        _, said = lockgate("store", "gc", "-v")
        assert digests(store) == {released.digest}
        assert f"removed  release {second.version}" in said
        assert f"kept  release {released.version}" in said
        assert "git names it" in said

    def test_another_repositorys_release_and_another_models_are_not_touched(
        self, lockgate, store, released, age, tmp_path
    ):
        theirs = write_bundle(tmp_path / "theirs", builders.DOCUMENTS, builders.FILES)
        store.put(theirs.digest, tmp_path / "theirs")
        age()
        _, said = lockgate("store", "gc", "-v")
        assert digests(store) == {theirs.digest}
        assert "of another repository" in said

    def test_a_record_that_a_commit_names_is_kept(self, lockgate, project, store, released, age):
        verdict = (project / "build/verdict.json").read_bytes()
        named, unnamed, foreign = store.keep(verdict), store.keep(verdict + b"\n"), store.keep(b"{}")
        git(project, "commit", "--quiet", "--allow-empty", "-m", f"Promote\n\nVerdict: {named}")
        age()
        lockgate("store", "gc")
        assert {each.digest for each in store.records()} == {named, foreign}
        assert store.record(unnamed) is None

    def test_what_was_begun_and_left_goes(self, lockgate, store, released, own_store, age):
        (own_store / "releases" / released.digest.hex / MANIFEST).unlink()
        age()
        lockgate("store", "gc")
        assert store.unfinished() == ()

    def test_a_shallow_clone_removes_nothing(self, lockgate, project, store, released, age, tmp_path):
        git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{project}", "shallow")
        age()
        code, said = lockgate("store", "gc", root=tmp_path / "shallow")
        assert (code, "this clone is shallow" in said, "git fetch --unshallow" in said) == (2, True, True), said
        assert digests(store) == {released.digest}

    def test_a_clone_that_lacks_a_branch_removes_nothing(self, lockgate, project, store, released, age, tmp_path):
        git(tmp_path, "clone", "--quiet", f"file://{project}", "clone")
        git(project, "checkout", "--quiet", "-b", "later")
        git(project, "commit", "--quiet", "--allow-empty", "-m", "Not fetched")
        age()
        code, said = lockgate("store", "gc", root=tmp_path / "clone")
        assert (code, "origin refs/heads/later" in said) == (2, True), said
        assert digests(store) == {released.digest}
        git(tmp_path / "clone", "fetch", "--quiet")
        assert lockgate("store", "gc", root=tmp_path / "clone")[0] == 0
        assert digests(store) == set()


def test_a_store_that_is_down_loses_nothing_and_gets_it_later(lockgate, project, own_store, store):
    assert lockgate("gate")[0] == 0
    release, _ = builders.sealed(project)
    own_store.parent.mkdir(parents=True)
    own_store.write_text("a file stands where the mount was")
    code, said = lockgate("store", "put")
    assert code == 1
    assert f"release {release.version} is sealed in build/releases/{release.version} and not in the store" in said
    assert f"the store {own_store}" in said
    assert "nothing is lost" in said
    own_store.unlink()
    assert lockgate("store", "put")[0] == 0
    assert digests(store) == {release.digest}
