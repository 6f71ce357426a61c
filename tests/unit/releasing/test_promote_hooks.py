"""A promotion is a commit or nothing: hooks, signing and signals may stop it at any point, or rewrite what it wrote."""

import os
import re
import shutil
from pathlib import Path

import builders
import pytest
from builders import git

from lockgate.errors import SourceError

STAGING = "deploy/staging.yaml"


@pytest.fixture
def project(released_project, tmp_path):
    return shutil.copytree(released_project, tmp_path / "project")


def state(root):
    """All that a promotion may touch."""
    return git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain"), (root / STAGING).read_bytes()


def hook(root, name, script):
    path = root / ".git/hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def refusing_hook(project, monkeypatch):
    hook(project, "pre-commit", "echo 'not on a Friday' >&2; exit 1")
    return "not on a Friday"


def refusing_message_hook(project, monkeypatch):
    hook(project, "commit-msg", "echo 'no ticket in the message'; exit 1")
    return "no ticket in the message"


def silent_hook(project, monkeypatch):
    hook(project, "pre-commit", "exit 3")
    return "git commit failed: it ended with exit code 1"


def failing_signature(project, monkeypatch):
    git(project, "config", "commit.gpgSign", "true")
    git(project, "config", "gpg.program", "false")
    return "failed to sign"


def nobody(project, monkeypatch):
    monkeypatch.setenv("LOCKGATE_SIGNING_KEY", str(next(Path.home().glob(".config/lockgate/keys/*.pem"))))
    monkeypatch.setenv("HOME", str(project))
    git(project, "config", "--unset", "user.email")
    git(project, "config", "user.useConfigOnly", "true")
    return "user.email"


def locked_index(project, monkeypatch):
    (project / ".git/index.lock").touch()
    return "index.lock"


def locked_branch(project, monkeypatch):
    (project / ".git/refs/heads/main.lock").touch()
    return "main.lock"


FAILING = [refusing_hook, silent_hook, refusing_message_hook, failing_signature, nobody, locked_index, locked_branch]


@pytest.mark.parametrize("failing", FAILING)
def test_a_commit_that_fails_leaves_everything_as_it_was_and_says_why(lockgate, project, monkeypatch, failing):
    before, reason = state(project), failing(project, monkeypatch)
    code, said = lockgate("promote", "staging")
    assert (code, reason in said) == (1, True), said
    assert "nothing was promoted: deploy/staging.yaml, deploy/keys.yaml and the index are as before" in said
    assert state(project) == before
    assert "champion of staging: none yet" in lockgate("status")[1]


REFORMAT = "sed -i -e 's/^environment: staging$/environment: \"staging\"/' -e '/^$/d' deploy/staging.yaml"
AS_FORMATTERS_DO = {
    "and refuses, as pre-commit does": f"cp {STAGING} .git/was; {REFORMAT}; cmp -s {STAGING} .git/was",
    "and adds it": f"{REFORMAT}; git add {STAGING}",
    "and adds nothing": REFORMAT,
    "anew every time": f'echo "# $$" >> {STAGING}',
    "anew every time, and adds it": f'echo "# $$" >> {STAGING}; git add {STAGING}',
}


@pytest.mark.parametrize("rewriting", AS_FORMATTERS_DO.values(), ids=AS_FORMATTERS_DO)
def test_a_hook_may_give_the_file_another_form(lockgate, project, deployed, rewriting):
    hook(project, "pre-commit", rewriting)
    _, status, _ = state(project)
    before = git(project, "rev-parse", "HEAD")
    code, said = lockgate("promote", "staging")
    assert code == 0, said
    assert deployed() is not None
    assert git(project, "show", f"HEAD:{STAGING}") == (project / STAGING).read_text().rstrip("\n")
    assert git(project, "status", "--porcelain") == status
    assert git(project, "rev-parse", "HEAD^") == before


OTHER = f"sed -i 's/^  release: .*/  release: sha256:{'0' * 64}/' {STAGING}"


@pytest.mark.parametrize("rewriting", [f"{OTHER}; git add {STAGING}", OTHER, f"{OTHER}; exit 1", f"rm {STAGING}"])
def test_a_hook_that_makes_it_name_another_release_is_told_and_nothing_is_promoted(lockgate, project, rewriting):
    before = state(project)
    hook(project, "pre-commit", rewriting)
    code, said = lockgate("promote", "staging")
    # What a hook leaves uncommitted is undone: git has what was promoted.
    if code:
        assert "nothing was" in said
        assert state(project) == before
    else:
        assert git(project, "show", f"HEAD:{STAGING}") == (project / STAGING).read_text().rstrip("\n")
        assert "0" * 64 not in (project / STAGING).read_text()
        assert git(project, "status", "--porcelain") == before[1]


def test_a_promotion_that_is_ended_in_its_commit_leaves_everything_as_it_was(lockgate, project):
    before = state(project)
    hook(project, "pre-commit", f"kill -TERM {os.getpid()}; exec sleep 60")
    code, said = lockgate("promote", "staging")
    assert code == 130, said
    assert state(project) == before
    (project / ".git/hooks/pre-commit").unlink()
    assert lockgate("promote", "staging")[0] == 0


def test_a_promotion_that_is_ended_after_its_commit_has_made_it_whole(lockgate, project, deployed):
    _, status, _ = state(project)
    hook(project, "post-commit", f"kill -TERM {os.getpid()}; exec sleep 60")
    code, said = lockgate("promote", "staging")
    assert code == 130, said
    assert deployed() is not None
    assert git(project, "status", "--porcelain") == status
    assert "nothing to commit" in lockgate("promote", "staging")[1]


def test_what_others_staged_stays_staged_when_a_promotion_fails(lockgate, project):
    (project / "notes.txt").write_text("not of this commit")
    git(project, "add", "notes.txt")
    before = state(project)
    hook(project, "pre-commit", f"{REFORMAT}; git add {STAGING}; exit 1")
    assert lockgate("promote", "staging")[0] == 1
    assert state(project) == before


def test_a_new_file_that_cannot_be_committed_is_unknown_to_git_again(project):
    hook(project, "pre-commit", "exit 1")
    new = project / "deploy/canary.yaml"
    new.write_text("environment: canary\n")
    before = git(project, "status", "--porcelain")
    with pytest.raises(Exception, match="git commit failed"):
        builders.GitRepository(project).commit(new, "Promote")
    assert git(project, "status", "--porcelain") == before


def test_a_push_that_fails_says_what_holds_and_what_to_run(lockgate, project, tmp_path):
    before = state(project)
    git(tmp_path, "clone", "--quiet", "--bare", str(project), "origin.git")
    git(project, "remote", "add", "origin", str(tmp_path / "origin.git"))
    (tmp_path / "origin.git/hooks").mkdir(exist_ok=True)
    refuses = tmp_path / "origin.git/hooks/pre-receive"
    refuses.write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
    refuses.chmod(0o755)
    code, said = lockgate("promote", "staging", "--push", "main")
    made = git(project, "rev-parse", "HEAD")
    assert (code, "main is protected" in said) == (1, True), said
    assert f"in commit {made[:12]} here, and main of origin does not have it" in said
    assert state(project)[1] == before[1]
    again = re.search(r"then: lockgate (promote staging --release \w+ --push main)$", said, re.MULTILINE)[1].split()
    code, said = lockgate(*again)
    assert (code, "main is protected" in said) == (1, True), said
    refuses.unlink()
    assert lockgate(*again)[0] == 0
    assert git(tmp_path / "origin.git", "rev-parse", "main") == made


def test_without_a_say_in_the_matter_only_the_same_lines_are_committed(project):
    hook(project, "pre-commit", f"{REFORMAT}; git add {STAGING}")
    head = git(project, "rev-parse", "HEAD")
    (project / STAGING).write_text("environment: staging\nchampion:\n")
    with pytest.raises(SourceError, match="a hook changed what deploy/staging"):
        builders.GitRepository(project).commit(project / STAGING, "Promote")
    assert git(project, "rev-parse", "HEAD") == head
