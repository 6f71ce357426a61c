"""The repository port, on git and on its fake."""

import subprocess

from lockgate.adapters.git.repository import GitRepository
from lockgate.testing import FakeRepository
from lockgate.testing.contracts import RepositoryContract


def git(root, *arguments):
    command = ["git", "-C", str(root), "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class TestFakeRepository(RepositoryContract):
    def make(self, root):
        return FakeRepository(root)

    def make_empty(self, root):
        return FakeRepository(root, committed=False)

    def pushed(self, repository, root, branch):
        return repository.pushed.get(branch)


class TestGitRepository(RepositoryContract):
    def make(self, root):
        self.make_empty(root)
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "-m", "first commit")
        git(root.parent, "init", "--quiet", "--bare", "origin.git")
        git(root, "remote", "add", "origin", str(root.parent / "origin.git"))
        return GitRepository(root)

    def make_empty(self, root):
        git(root, "init", "--quiet")
        git(root, "config", "user.name", "Lock Keeper")
        git(root, "config", "user.email", "keeper@example.org")
        return GitRepository(root)

    def pushed(self, repository, root, branch):
        return git(root.parent / "origin.git", "rev-parse", branch)
