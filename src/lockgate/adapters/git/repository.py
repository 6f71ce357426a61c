"""The project's git repository, through the git command: one file is committed, restored, and the commit pushed."""

from collections.abc import Callable
from pathlib import Path

from lockgate.adapters.git.command import failed
from lockgate.adapters.git.history import GitHistory
from lockgate.errors import SourceError


class GitRepository(GitHistory):
    """The repository port on the git command."""

    def commit(self, path: Path, message: str, means: Callable[[bytes], bool] | None = None) -> str:
        """Commit that one file and nothing else; the new commit's hash. Hooks run, and may give it another form.

        Raises ``ToolError`` with the words of git or of a hook, ``SourceError`` where a hook changed what it means.
        """
        before, means = self.head(), means or _equal_to(path.read_bytes())
        try:
            for last in (False, True):
                if self._attempt(path, message, means, again=not last):
                    return self._settled(path, means)
                if self.head() != before:
                    self._git("update-ref", "HEAD", before)
            return self._settled(path, means)
        except BaseException:
            self._undo(path, before, means)
            raise

    def _attempt(self, path: Path, message: str, means: Callable[[bytes], bool], *, again: bool) -> bool:
        """Commit; ``False`` where a hook has rewritten the file, which may be tried ``again`` with what it left."""
        name, written = self._name(path), path.read_bytes()
        if not self._git("ls-files", "-z", "--", f":(literal){name}"):
            self._git("update-index", "--add", "--", name)
        options = ("--quiet", "--only", "--cleanup=whitespace", "--file=-")
        done = self._run("commit", *options, "--", f":(literal){name}", stdin=message.encode(), foreign=True)
        left = path.read_bytes() if path.exists() else b""
        rewritten = left != written and means(left)
        if done.returncode and not (again and rewritten):
            raise failed("commit", done)
        return not (again and rewritten and self.uncommitted(path))

    def _settled(self, path: Path, means: Callable[[bytes], bool]) -> str:
        """The commit that was made, with index and file as it has them."""
        committed = self.content(path)
        if committed is None or not means(committed):
            raise SourceError(
                f"a hook changed what {self._name(path)} says; nothing was committed",
                hint="see the hooks of this repository: git config core.hooksPath, or .git/hooks",
            )
        self._git("reset", "--quiet", "HEAD", "--", f":(literal){self._name(path)}")
        if self.uncommitted(path):
            self.restore(path)
        return self.head()

    def _undo(self, path: Path, before: str, means: Callable[[bytes], bool]) -> None:
        """Leave no half of a commit: one that was made before the error stays if it says what it should."""
        committed = self.content(path) if self.head() != before else None
        if committed is not None and means(committed):
            self._settled(path, means)
            return
        if self.head() != before:
            self._git("update-ref", "HEAD", before)
        self._git("reset", "--quiet", "HEAD", "--", f":(literal){self._name(path)}")

    def restore(self, path: Path) -> None:
        """Make that one file what the commit says."""
        self._git("checkout", "--quiet", "HEAD", "--", f":(literal){self._name(path)}")

    def push(self, branch: str) -> None:
        """Push the commit to that branch of `origin`, from a detached HEAD as well."""
        done = self._run("push", "--quiet", "--no-follow-tags", "origin", f"HEAD:refs/heads/{branch}", foreign=True)
        if done.returncode:
            raise failed("push", done)


def _equal_to(content: bytes) -> Callable[[bytes], bool]:
    """Whether bytes are the same but for line ends, which git may convert."""
    return lambda other: other.replace(b"\r\n", b"\n") == content.replace(b"\r\n", b"\n")
