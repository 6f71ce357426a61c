"""The project's git repository, through the git command: one file is committed, restored, and the commit pushed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lockgate.adapters.git.command import failed, text_of
from lockgate.adapters.git.history import GitHistory
from lockgate.errors import Busy, SourceError

NO_SUCH_REF = 2
"""The exit code of `git ls-remote --exit-code` where nothing has that name."""


class GitRepository(GitHistory):
    """The repository port on the git command."""

    def commit(
        self,
        path: Path,
        message: str,
        means: Callable[[bytes], bool] | None = None,
        *,
        onto: str | None = None,
        also: Sequence[Path] = (),
    ) -> str:
        """Commit that file, those that go with it, and nothing else; the hash. Hooks run, and may give it another form.

        Raises ``ToolError`` with the words of git or of a hook, ``SourceError`` where a hook changed what it means,
        ``Busy`` where the latest commit is not, or not any more, the one that this is to follow.
        """
        making = _Making(path, tuple(also), message, means or _equal_to(path.read_bytes()), self.head())
        if onto is not None and making.before != onto:
            raise _overtaken(onto, making.before)
        try:
            for last in (False, True):
                if self._attempt(making, again=not last):
                    return self._settled(making)
                if self.head() != making.before:
                    self._git("update-ref", "HEAD", making.before, self.head())
            return self._settled(making)
        except BaseException:
            self._undo(making)
            raise

    def _attempt(self, making: "_Making", *, again: bool) -> bool:
        """Commit; ``False`` where a hook has rewritten the file, which may be tried ``again`` with what it left."""
        path, written = making.path, making.path.read_bytes()
        names = [self._exactly(each) for each in making.paths]
        known = self._git("ls-files", "-z", "--", *names).split("\0")
        if new := [name for each in making.paths if (name := self._name(each)) not in known]:
            self._git("update-index", "--add", "--", *new)
        options = ("--quiet", "--only", "--cleanup=whitespace", "--file=-")
        done = self._run("commit", *options, "--", *names, stdin=making.message.encode(), foreign=True)
        left = path.read_bytes() if path.exists() else b""
        rewritten = left != written and making.means(left)
        if done.returncode and not (again and rewritten):
            raise failed("commit", done)
        if not done.returncode:
            self._demand_next(making)
        return not (again and rewritten and self.uncommitted(path))

    def _demand_next(self, making: "_Making") -> None:
        """Raise ``Busy`` where somebody else committed in between, after their commit is the latest one again."""
        made = self.head()
        if (between := self._parent(made)) != making.before:
            self._git("update-ref", "HEAD", between, made)
            raise _overtaken(making.before, between)

    def _settled(self, making: "_Making") -> str:
        """The commit that was made, with index and files as it has them."""
        committed = self.content(making.path)
        if committed is None or not making.means(committed):
            raise SourceError(
                f"a hook changed what {self._name(making.path)} says; nothing was committed",
                hint="see the hooks of this repository: git config core.hooksPath, or .git/hooks",
            )
        self._unstage(making)
        for path in self.uncommitted(*making.paths):
            self.restore(path)
        return self.head()

    def _undo(self, making: "_Making") -> None:
        """Leave no half of a commit: one that was made before the error stays if it says what it should.

        What somebody else has committed meanwhile stays whatever it says.
        """
        head = self.head()
        if head != making.before and self._parent(head) == making.before and self._is(making, head):
            committed = self.content(making.path)
            if committed is not None and making.means(committed):
                self._settled(making)
                return
            self._git("update-ref", "HEAD", making.before, head)
        self._unstage(making)

    def _is(self, making: "_Making", commit: str) -> bool:
        """Whether that commit on top of the one before may be the one that is being made: no other files are in it."""
        changed = self._git("diff-tree", "-r", "-z", "--no-commit-id", "--name-only", "--relative", commit)
        names = {*map(self._name, making.paths)}
        return {name for name in changed.split("\0") if name} <= names

    def _unstage(self, making: "_Making") -> None:
        self._git("reset", "--quiet", "HEAD", "--", *map(self._exactly, making.paths))

    def _parent(self, commit: str) -> str:
        """The first parent of a commit; empty where there is none."""
        return self._objects.commit(f"{commit}^1") or ""

    def take_back(self, commit: str, *paths: Path) -> None:
        """Undo the latest commit, if it is this one; those files are as in the one before it."""
        before, head = self._parent(commit), self.head()
        if head != commit or self._run("update-ref", "HEAD", before, commit).returncode:
            raise _overtaken(commit, self.head())
        names = [self._exactly(path) for path in paths]
        self._git("reset", "--quiet", "HEAD", "--", *names)
        for path in paths:
            if self.content(path) is None:
                path.unlink(missing_ok=True)
            else:
                self.restore(path)

    def restore(self, path: Path) -> None:
        """Make that one file what the commit says."""
        self._git("checkout", "--quiet", "HEAD", "--", self._exactly(path))

    def push(self, branch: str) -> None:
        """Push the commit to that branch of `origin`, from a detached HEAD as well."""
        done = self._run("push", "--quiet", "--no-follow-tags", "origin", f"HEAD:refs/heads/{branch}", foreign=True)
        if done.returncode:
            raise failed("push", done)

    def unfetched(self) -> tuple[str, ...]:
        """The branches and tags of all remotes whose commits are not here: each remote is asked now."""
        found: dict[str, str] = {}
        for remote in self._git("remote").split():
            asked = self._run("ls-remote", "--heads", "--tags", remote, foreign=True)
            if asked.returncode:
                raise failed("ls-remote", asked)
            lines = (line.partition("\t") for line in text_of(asked.stdout).splitlines())
            found |= {f"{remote} {name}": commit for commit, _, name in lines if name}
        asked = self._run("cat-file", "--batch-check", stdin="".join(f"{each}\n" for each in found.values()).encode())
        states = text_of(asked.stdout).splitlines()
        return tuple(name for name, state in zip(found, states, strict=True) if state.endswith(" missing"))

    def fetch(self, branch: str) -> str | None:
        """The commit that this branch of `origin` has now, and fetch it; ``None``: `origin` has no such branch."""
        name = f"refs/heads/{branch}"
        asked = self._run("ls-remote", "--exit-code", "origin", name, foreign=True)
        if asked.returncode == NO_SUCH_REF:
            return None
        if asked.returncode:
            raise failed("ls-remote", asked)
        found = {
            ref: commit for commit, _, ref in (line.partition("\t") for line in text_of(asked.stdout).splitlines())
        }
        if (commit := found.get(name)) is None:
            return None
        if self._objects.commit(commit) is None:
            self._fetched(name)
        return commit

    def _fetched(self, name: str) -> None:
        done = self._run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "origin", name, foreign=True)
        if done.returncode:
            raise failed("fetch", done)

    def _exactly(self, path: Path) -> str:
        return f":(literal){self._name(path)}"


@dataclass(frozen=True)
class _Making:
    """A commit that is being made: of which files, with which message, on top of what ``before`` was the latest."""

    path: Path
    also: tuple[Path, ...]
    message: str
    means: Callable[[bytes], bool]
    before: str

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.path, *self.also)


def _overtaken(expected: str, found: str) -> Busy:
    return Busy(
        f"the latest commit is {found[:12]}, and no longer {expected[:12]}: somebody has committed meanwhile",
        hint="look at it (git log), and run this again",
    )


def _equal_to(content: bytes) -> Callable[[bytes], bool]:
    """Whether bytes are the same but for line ends, which git may convert."""
    return lambda other: other.replace(b"\r\n", b"\n") == content.replace(b"\r\n", b"\n")
