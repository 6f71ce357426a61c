"""Git is asked in a form that no setting changes, and where it refuses, its own words reach the user."""

import subprocess

import builders
import pytest
from builders import git

from lockgate.adapters.git.health import probe
from lockgate.domain.project.health import State
from lockgate.errors import MissingTool, SourceError

HOSTILE = {
    "advice.addIgnoredFile": "false",
    "blame.date": "relative",
    "color.branch": "always",
    "color.diff": "always",
    "color.status": "always",
    "color.ui": "always",
    "commit.cleanup": "scissors",
    "commit.status": "false",
    "commit.verbose": "true",
    "core.abbrev": "4",
    "core.commentChar": "P",
    "core.editor": "false",
    "core.fsmonitor": "FSMONITOR",
    "core.pager": "false",
    "core.quotePath": "true",
    "core.safecrlf": "true",
    "core.autocrlf": "input",
    "diff.external": "false",
    "diff.mnemonicPrefix": "true",
    "diff.noprefix": "true",
    "diff.relative": "true",
    "diff.renames": "copies",
    "format.pretty": "oneline",
    "help.autoCorrect": "immediate",
    "i18n.commitEncoding": "ISO-8859-1",
    "i18n.logOutputEncoding": "UTF-16",
    "log.abbrevCommit": "true",
    "log.date": "relative",
    "log.decorate": "full",
    "log.follow": "true",
    "log.showRoot": "false",
    "log.showSignature": "true",
    "pager.log": "false",
    "pager.status": "true",
    "push.followTags": "true",
    "status.branch": "true",
    "status.relativePaths": "false",
    "status.renames": "copies",
    "status.short": "true",
    "status.showStash": "true",
    "status.showUntrackedFiles": "no",
}
VARIABLES = {
    "GIT_DIR": "/nowhere",
    "GIT_EXTERNAL_DIFF": "false",
    "GIT_INDEX_FILE": "/nowhere/index",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NAMESPACE": "other",
    "GIT_PAGER": "false",
    "GIT_PREFIX": "deploy/",
    "GIT_WORK_TREE": "/nowhere",
    "LANGUAGE": "de",
    "LC_ALL": "de_DE.UTF-8",
    "PAGER": "false",
}
SIGNED = """\
tree {tree}
parent {parent}
author A. Person <a@example.org> 1700000000 +0100
committer A. Person <a@example.org> 1700000000 +0100
gpgsig -----BEGIN PGP SIGNATURE-----
 nobody can verify this
 -----END PGP SIGNATURE-----

Signed
"""


@pytest.fixture
def root(tmp_path):
    """A repository with a signed commit, a file that was altered, and a new one with an odd name."""
    root = tmp_path / "project"
    (root / "deploy").mkdir(parents=True)
    (root / "deploy/staging.yaml").write_text("environment: staging\n")
    (root / "params.yaml").write_text("model: example\n")
    builders.make_repository(root)
    parts = {"tree": git(root, "rev-parse", "HEAD^{tree}"), "parent": git(root, "rev-parse", "HEAD")}
    command = ["git", "-C", str(root), "hash-object", "-t", "commit", "-w", "--stdin"]
    made = subprocess.run(command, input=SIGNED.format(**parts), check=True, capture_output=True, text=True)
    git(root, "reset", "--quiet", "--hard", made.stdout.strip())
    (root / "params.yaml").write_text("model: other\n")
    (root / "über uns.txt").write_text("new")
    return root


def answers(root):
    repository = builders.GitRepository(root)
    params, staging = root / "params.yaml", root / "deploy/staging.yaml"
    return repository.head(), repository.source(), repository.uncommitted(params, staging), probe(root)


@pytest.fixture
def hostile(root, tmp_path, monkeypatch):
    """Every setting at once that might change what git says."""
    monitor = tmp_path / "monitor"
    monitor.write_text("#!/bin/sh\nprintf 'nothing was altered\\0'\n")
    monitor.chmod(0o755)

    def apply():
        for name, value in HOSTILE.items():
            git(root, "config", name, value.replace("FSMONITOR", str(monitor)))
        for name, value in VARIABLES.items():
            monkeypatch.setenv(name, value)

    return apply


def test_no_setting_changes_what_git_answers(root, hostile):
    before = answers(root)
    assert before[1].changed == ("params.yaml", "über uns.txt")
    assert before[1].committed_at == "2023-11-14T23:13:20+01:00"
    hostile()
    assert answers(root) == before


def test_no_setting_changes_what_is_committed(root, hostile, monkeypatch):
    hostile()
    staging = root / "deploy/staging.yaml"
    staging.write_bytes(b"environment: staging\r\nchampion: null\r\n")
    commit = builders.GitRepository(root).commit(staging, "Promote über\n\nPPP\n")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    said = subprocess.run(
        ["git", "-C", str(root), "cat-file", "commit", commit], check=True, capture_output=True
    ).stdout.decode()
    assert said.endswith("\n\nPromote über\n\nPPP\n")
    assert "encoding" not in said


def test_a_commit_that_was_replaced_here_is_asked_as_everybody_has_it(root):
    before = answers(root)
    git(root, "replace", "HEAD", "HEAD~1")
    assert answers(root) == before


def test_the_time_of_a_commit_in_utc_is_written_in_one_way_by_every_git(root, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1700000000 +0000")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "In UTC")
    assert builders.GitRepository(root).source().committed_at == "2023-11-14T22:13:20+00:00"


def test_a_folder_of_somebody_else_is_told_in_gits_own_words_and_with_its_remedy(root, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    repository = builders.GitRepository(root)
    for asked in (repository.head, repository.source, lambda: repository.uncommitted(root / "params.yaml")):
        with pytest.raises(SourceError, match="dubious ownership") as raised:
            asked()
        assert raised.value.hint.endswith(f"git config --global --add safe.directory {root}")
    (part,) = probe(root)
    assert (part.state, part.remedy) == (State.WRONG, raised.value.hint)


def test_a_configuration_that_git_cannot_read_is_told_in_gits_own_words(root):
    with (root / ".git/config").open("a") as config:
        config.write("[core\n")
    with pytest.raises(SourceError, match=r"bad config line \d+ in file") as raised:
        builders.GitRepository(root).source()
    assert "git init" not in str(raised.value)


def test_without_git_the_package_of_the_system_is_named(root, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingTool, match="git is not installed") as raised:
        builders.GitRepository(root).head()
    assert raised.value.hint.startswith("apt-get install git")
    (part,) = probe(root)
    assert (part.state, part.remedy) == (State.MISSING, raised.value.hint)


def test_a_repository_with_a_commit_and_somebody_to_commit_as_is_there(root):
    (part,) = probe(root)
    assert part.state is State.THERE


def test_nobody_to_commit_as_is_told_before_a_promotion_needs_it(root, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    git(root, "config", "--unset", "user.email")
    (part,) = probe(root)
    assert (part.state, part.optional) == (State.WRONG, True)
    assert "nobody to commit a promotion as" in part.found
