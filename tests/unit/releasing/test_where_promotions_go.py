"""The branch that a change of desired state goes to: whose policy counts, who was first, and HEAD on no branch."""

import shutil

import builders
import pytest
from builders import git
from signers import Person

from lockgate.usecases.releasing.desired_state import promote

STAGING = "deploy/staging.yaml"
RULE = "approvals: {staging: {count: 1}}\n"


@pytest.fixture(scope="session")
def anna(tmp_path_factory):
    return Person(tmp_path_factory.mktemp("anna"), "Anna")


@pytest.fixture
def origin(released_project, tmp_path):
    git(tmp_path, "clone", "--quiet", "--bare", str(released_project), "origin.git")
    return tmp_path / "origin.git"


@pytest.fixture
def project(released_project, origin, tmp_path):
    """A clone that has pushed all that it has."""
    root = shutil.copytree(released_project, tmp_path / "project")
    git(root, "remote", "add", "origin", str(origin))
    git(root, "fetch", "--quiet", "origin")
    return root


@pytest.fixture
def other(origin, tmp_path):
    """Another clone, with nothing but what git has."""
    git(tmp_path, "clone", "--quiet", str(origin), "other")
    root = tmp_path / "other"
    git(root, "config", "user.name", "Ben")
    git(root, "config", "user.email", "ben@example.org")
    return root


def pushed(root, file, text, message):
    """A commit of that file, on main of origin."""
    (root / file).write_text(text)
    git(root, "add", file)
    git(root, "commit", "--quiet", "-m", message)
    git(root, "push", "--quiet", "origin", "main")


def version(project):
    (folder,) = (project / "build/releases").iterdir()
    return folder.name


def test_on_a_detached_head_a_promotion_says_where_to_push_it(lockgate, project, origin):
    git(project, "checkout", "--quiet", "--detach")
    head = git(project, "rev-parse", "HEAD")
    code, said = lockgate("promote", "staging")
    assert (code, f"lockgate promote staging --release {version(project)} --push BRANCH" in said) == (2, True), said
    assert (git(project, "rev-parse", "HEAD"), git(project, "status", "--porcelain", "--untracked-files=no")) == (
        head,
        "",
    )
    assert lockgate("promote", "staging", "--push", "main")[0] == 0
    assert git(origin, "rev-parse", "main~1") == head
    code, said = lockgate("rollback", "staging", "--to", version(project))
    assert (code, "it did already" in said) == (0, True), said


def test_commits_that_others_pushed_are_named_before_anything_is_judged(lockgate, project, other, monkeypatch):
    monkeypatch.setattr(promote, "judge_promotion", None)
    pushed(other, "notes.txt", "of another", "Take a note")
    code, said = lockgate("promote", "staging", "--push", "main")
    assert (code, "main of origin has what is not here" in said) == (1, True), said
    assert "by Ben, 'Take a note'" in said
    assert "git pull --ff-only && lockgate status; then: lockgate promote staging" in said


def test_what_was_pushed_while_it_was_judged_takes_the_promotion_back(lockgate, project, origin, other, monkeypatch):
    def push_first(*_, **__):
        pushed(other, STAGING, "environment: staging\n# Ben was here\n", "Promote something else to staging")

    monkeypatch.setattr(promote, "publish", push_first)
    head = git(project, "rev-parse", "HEAD")
    code, said = lockgate("promote", "staging", "--push", "main")
    assert (code, "by Ben, 'Promote something else to staging'" in said) == (1, True), said
    assert git(project, "rev-parse", "HEAD") == head
    assert git(project, "status", "--porcelain", "--untracked-files=all").replace("?? dvc.lock", "") == ""
    assert git(origin, "log", "-1", "--format=%an", "main") == "Ben"


@pytest.mark.parametrize("push", [[], ["--push", "main"]])
def test_a_policy_that_is_not_on_the_branch_asks_for_nothing_less(lockgate, project, push):
    """The change that asks may not say by itself how many must approve it."""
    pushed(project, "params.yaml", builders.PARAMS + RULE, "One must approve")
    (project / "params.yaml").write_text(builders.PARAMS)
    git(project, "commit", "--all", "--quiet", "-m", "Nobody must approve")
    code, said = lockgate("promote", "staging", *push)
    assert (code, "demands 1 approval" in said, "(the policy is that of main of origin)" in said) == (3, True, True), (
        said
    )


def test_a_signer_who_is_not_on_the_branch_is_nobody(lockgate, project, anna):
    pushed(project, "params.yaml", builders.PARAMS + RULE, "One must approve")
    anna.at(project)
    (project / "deploy/allowed_signers").write_text(anna.allowed)
    git(project, "add", "--all", "deploy")
    git(project, "commit", "--quiet", "-m", "I may")
    code, said = lockgate("approve", version(project), "--environment", "staging")
    assert (code, "is nobody's" in said) == (3, True), said
    git(project, "push", "--quiet", "origin", "main")
    assert lockgate("approve", version(project), "--environment", "staging")[0] == 0


def test_another_clone_approves_and_promotes_by_git_and_the_store_alone(lockgate, project, other, anna, own_store):
    (project / "deploy/allowed_signers").write_text(anna.allowed)
    pushed(project, "params.yaml", builders.PARAMS + RULE, "One must approve")
    git(project, "add", "deploy")
    git(project, "commit", "--quiet", "-m", "Anna may")
    git(project, "push", "--quiet", "origin", "main")
    assert lockgate("store", "put")[0] == 0
    release = version(project)
    git(other, "pull", "--quiet", "--ff-only")
    anna.at(other)
    assert lockgate("approve", release[:8], "--environment", "staging", "--push", root=other)[0] == 0
    assert "refs/tags/lockgate/approved/staging/" in git(project, "ls-remote", "origin")
    code, said = lockgate("promote", "staging", "--push", "main")
    assert (code, f"staging names example {release}" in said) == (0, True), said
    assert "- anna@example.org (SHA256:" in git(project, "log", "-1", "--format=%B")


def test_a_tag_that_origin_has_otherwise_was_moved(lockgate, project, other, anna, own_store):
    (project / "deploy/allowed_signers").write_text(anna.allowed)
    git(project, "add", "deploy")
    pushed(project, "params.yaml", builders.PARAMS + RULE, "One must approve")
    anna.at(project)
    assert lockgate("approve", version(project), "--environment", "staging", "--push")[0] == 0
    name = git(project, "tag", "--list", "lockgate/*")
    git(other, "tag", name, "HEAD")
    git(other, "push", "--quiet", "--force", "origin", f"refs/tags/{name}")
    code, said = lockgate("promote", "staging", "--push", "main")
    assert (code, "origin has another tag of this name: one of them was moved" in said) == (3, True), said


def test_a_dry_run_says_everything_that_refuses_and_the_exit_code_of_the_first(lockgate, project):
    strict = builders.PARAMS.replace("floor: 0.9", "floor: 0.999")
    pushed(project, "params.yaml", strict + RULE, "One must approve, and nothing is good enough")
    head = git(project, "rev-parse", "HEAD")
    code, said = lockgate("promote", "staging", "--dry-run")
    assert (code, [line.partition(":")[0] for line in said.splitlines()].count("refused")) == (3, 2), said
    assert "demands 1 approval" in said
    assert "at least 0.9990 demanded" in said
    assert "would be committed, if nothing refused" in said
    assert git(project, "rev-parse", "HEAD") == head
    assert git(project, "status", "--porcelain", "--untracked-files=no") == ""
