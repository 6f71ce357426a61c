"""What status names: champions that a commit made, and what has changed since a verdict."""

import shutil

import builders
import pytest
from builders import git

from lockgate.domain.releasing.deployment import Deployment

STAGING = "deploy/staging.yaml"


@pytest.fixture
def project(released_project, tmp_path):
    return shutil.copytree(released_project, tmp_path / "project")


@pytest.fixture
def status(lockgate):
    def ask():
        code, said = lockgate("status")
        assert code == 0, said
        return said

    return ask


def test_after_its_promotion_the_candidate_is_said_to_serve_and_nothing_blocks_it(lockgate, project, status):
    assert "served by" not in status()
    lockgate("promote", "staging")
    said = status()
    assert "served by staging, verdict passed" in said
    assert "blocked" not in said
    (project / "build/verdict.json").unlink()
    assert "blocked" not in status()


def test_two_environments_are_told_apart(lockgate, project, status):
    git(project, "commit", "--quiet", "--allow-empty", "-m", "Another")
    for environment in ("staging", "production"):
        assert lockgate("promote", environment)[0] == 0
    said = status()
    assert "served by staging and production, verdict passed" in said
    assert "blocked" not in said


@pytest.mark.parametrize("staged", [False, True])
def test_a_champion_that_no_commit_made_is_none(lockgate, project, status, staged):
    lockgate("promote", "staging")
    git(project, "reset", "--quiet", "--soft", "HEAD~1")
    if not staged:
        git(project, "reset", "--quiet")
    said = status()
    assert "champion of staging: none yet; deploy/staging.yaml here is not as committed" in said
    assert "served by" not in said


def test_a_champion_that_is_overwritten_here_is_still_the_committed_one(lockgate, project, status):
    lockgate("promote", "staging")
    named = builders.DOCUMENTS.read_settings(project / STAGING, Deployment).champion
    for broken in ("environment: staging\n", "x: [\n", "<<<<<<< HEAD\n"):
        (project / STAGING).write_text(broken)
        assert f"champion of staging: release {named.release.short}, content {named.content.short}; " in status()
    (project / STAGING).unlink()
    assert f"champion of staging: release {named.release.short}" in status()


def test_an_environment_that_no_commit_has_is_said_so(lockgate, project, status):
    git(project, "rm", "--quiet", "--cached", "deploy/production.yaml")
    git(project, "commit", "--quiet", "-m", "One environment less")
    assert "champion of production: none yet; deploy/production.yaml here is not as committed" in status()


def test_an_uncommitted_file_that_was_made_and_removed_is_named(lockgate, project, status):
    builders.write_read(project / "notes.txt")
    lockgate("gate")
    assert "judged" not in status()
    (project / "notes.txt").unlink()
    said = status()
    assert "blocked by judged with uncommitted changes that are gone or committed now, of notes.txt" in said
    assert "judged at" not in said


def test_an_uncommitted_file_that_is_new_is_named(lockgate, project, status):
    builders.write_read(project / "notes.txt")
    said = status()
    assert "blocked by judged before the uncommitted changes of notes.txt: lockgate deliver" in said


def test_what_commits_changed_since_the_verdict_is_named(lockgate, project, status):
    judged = git(project, "rev-parse", "HEAD")
    for number in range(17):
        (project / f"new{number}.py").write_text("x = 1\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "More")
    said = status()
    assert f"blocked by judged at {judged[:12]}, and commits since then changed new0.py" in said
    assert "and 7 more: lockgate deliver" in said


def test_a_commit_that_changes_nothing_or_only_what_dvc_wrote_blocks_nothing(lockgate, project, status):
    git(project, "commit", "--allow-empty", "--quiet", "-m", "More")
    (project / "dvc.lock").write_text((project / "dvc.lock").read_text() + "\n")
    git(project, "commit", "--quiet", "-am", "What was made")
    assert "blocked" not in status()


def test_a_verdict_of_a_commit_that_this_clone_does_not_have_is_said_so(lockgate, project, status):
    git(project, "commit", "--amend", "--quiet", "-m", "Rewritten")
    git(project, "reflog", "expire", "--expire=now", "--all")
    git(project, "gc", "--quiet", "--prune=now")
    assert "which is no commit of this clone: lockgate deliver" in status()


def test_another_champion_than_it_was_judged_against_is_named(lockgate, project, status):
    lockgate("promote", "staging")
    champion = builders.DOCUMENTS.read_settings(project / STAGING, Deployment).champion
    builders.write_candidate(project, weight=0.02)
    lockgate("gate", "--against", "production")
    assert "the champion" not in status()
    builders.write_champion(project, champion.release)
    lockgate("gate")
    git(project, "revert", "--no-edit", "HEAD^")
    lockgate("gate")
    git(project, "reset", "--quiet", "--hard", "HEAD~1")
    said = status()
    assert f"judged without a champion, the champion of staging is {champion.release.short} now" in said


def test_a_project_in_a_folder_of_the_repository_has_the_same_status(lockgate, project, tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    shutil.copytree(project, outer / "model", ignore=shutil.ignore_patterns(".git"))
    builders.make_repository(outer)
    inner = outer / "model"
    assert lockgate("check", "tests", root=inner)[0] in {0, 2}
    builders.write_candidate(inner)
    assert lockgate("gate", root=inner)[0] == 0
    builders.sealed(inner)
    code, said = lockgate("promote", "staging", root=inner)
    assert code == 0, said
    said = lockgate("status", root=inner)[1]
    assert "served by staging, verdict passed" in said
    assert "blocked" not in said
    (outer / "elsewhere.txt").write_text("x")
    git(outer, "add", "--all")
    git(outer, "commit", "--quiet", "-m", "Beside it")
    assert "commits since then changed ../elsewhere.txt" in lockgate("status", root=inner)[1]


def test_an_environment_without_a_file_is_told_as_a_delivery_tells_it(lockgate, project):
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("environments: [staging", "environments: [later, staging"))
    code, said = lockgate("status")
    assert code == 2
    assert "deploy/later.yaml: missing, and params.yaml names later\n  write it with the line" in said
