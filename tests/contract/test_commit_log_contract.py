"""The commit-log port, on git and on its fake; and what git alone has: clones, branches, merges, no branch at all."""

import subprocess

from lockgate.adapters.git.log import GitLog
from lockgate.adapters.git.repository import GitRepository
from lockgate.testing import FakeCommitLog, FakeRepository
from lockgate.testing.contracts import CommitLogContract


def git(root, *arguments):
    command = ["git", "-C", str(root), "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class TestFakeCommitLog(CommitLogContract):
    def make(self, root):
        repository = FakeRepository(root)
        return repository, FakeCommitLog(repository, root)


class TestGitLog(CommitLogContract):
    def make(self, root):
        git(root, "init", "--quiet")
        git(root, "config", "user.name", "Lock Keeper")
        git(root, "config", "user.email", "keeper@example.org")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "-m", "first commit")
        return GitRepository(root), GitLog(root)

    def test_a_shallow_clone_says_what_it_cannot_tell(self, made, root, tmp_path):
        first = git(root, "rev-list", "--max-parents=0", "HEAD")
        git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{root}", "clone")
        log = GitLog(tmp_path / "clone")
        assert log.shallow()
        assert log.is_ancestor(first, "HEAD") is None
        assert log.is_ancestor("HEAD", "HEAD")

    def test_a_detached_head_is_on_no_branch(self, made, root):
        assert made[1].branch() == "main"
        git(root, "checkout", "--quiet", "--detach")
        assert made[1].branch() is None

    def test_a_commit_of_a_branch_that_was_never_merged_is_no_ancestor(self, made, root):
        git(root, "checkout", "--quiet", "-b", "private")
        git(root, "commit", "--quiet", "--allow-empty", "-m", "private")
        private = made[0].head()
        git(root, "checkout", "--quiet", "main")
        assert made[1].is_ancestor(private, "HEAD") is False

    def test_a_merge_is_one_version_of_its_own_time(self, made, root):
        path = root / "deploy" / "staging.yaml"
        git(root, "checkout", "--quiet", "-b", "promotion")
        path.write_text("fourth\n")
        made[0].commit(path, "Promote")
        git(root, "checkout", "--quiet", "main")
        git(root, "merge", "--quiet", "--no-ff", "-m", "Merge the promotion", "promotion")
        found = made[1].versions(path)
        assert [each.commit.subject for each in found[:2]] == ["Merge the promotion", "Make it third"]
        assert found[0].content == b"fourth\n"

    def test_what_a_branch_or_a_tag_has_ever_had_is_told(self, made, root):
        path = root / "deploy" / "staging.yaml"
        git(root, "checkout", "--quiet", "-b", "other")
        path.write_text("of a branch\n")
        made[0].commit(path, "On a branch")
        git(root, "tag", "kept")
        git(root, "checkout", "--quiet", "main")
        git(root, "branch", "--quiet", "-D", "other")
        assert b"of a branch\n" in {*made[1].ever(root / "deploy")}

    def test_a_file_that_was_removed_has_no_content(self, made, root):
        git(root, "rm", "--quiet", "deploy/staging.yaml")
        git(root, "commit", "--quiet", "-m", "Remove it")
        assert made[1].versions(root / "deploy" / "staging.yaml")[0].content is None
