"""The history of a repository without git."""

from collections.abc import Iterator
from pathlib import Path

from lockgate.ports.project.commit_log import Commit, FileVersion
from lockgate.testing.fakes.project.repository import EPOCH, FakeRepository

AUTHOR, EMAIL = "Somebody", "somebody@example.org"


class FakeCommitLog:
    """The one line of history of a ``FakeRepository``; a revision is a commit or its start, ``HEAD`` or the branch."""

    def __init__(self, repository: FakeRepository, root: Path) -> None:
        self._repository = repository
        self._root = root

    def shallow(self) -> bool:
        """It is whole."""
        return False

    def branch(self) -> str | None:
        """The branch that is checked out."""
        return self._repository.branch

    def committer(self) -> str:
        """The one person."""
        return f"{AUTHOR} <{EMAIL}>"

    def resolve(self, revision: str) -> str | None:
        """The hash of the commit that a revision names; ``None`` where there is none."""
        hashes = [name for name, _ in self._repository.log]
        if revision in {"HEAD", self._repository.branch}:
            return hashes[-1] if hashes else None
        found = [name for name in hashes if revision and name.startswith(revision)]
        return found[0] if len(found) == 1 else None

    def commit(self, revision: str) -> Commit | None:
        """The commit that a revision names; ``None`` where there is none."""
        found = self.resolve(revision)
        return None if found is None else self._commit(self._position(found))

    def is_ancestor(self, commit: str, of: str) -> bool | None:
        """Whether a commit is in the history of another, or is that one."""
        old, new = self.resolve(commit), self.resolve(of)
        if new is None:
            return None
        return old is not None and self._position(old) <= self._position(new)

    def branches(self, commit: str) -> tuple[str, ...]:
        """The one branch, where it has the commit."""
        branch = self._repository.branch
        return () if branch is None or self.resolve(commit) is None else (branch,)

    def versions(self, path: Path, revision: str = "HEAD") -> tuple[FileVersion, ...]:
        """Every version of a file, the newest first."""
        found: list[FileVersion] = []
        before: bytes | None = None
        for commit in reversed(self.commits(revision)):
            if (content := self.content_at(commit.hash, path)) != before:
                found.insert(0, FileVersion(commit, content))
            before = content
        return tuple(found)

    def message(self, commit: str) -> str | None:
        """The whole message of a commit; ``None`` where it is not here."""
        found = self.resolve(commit)
        return None if found is None else self._repository.log[self._position(found)][1].rstrip("\n") + "\n"

    def differing(self, old: str, new: str) -> tuple[str, ...] | None:
        """The paths that two commits have otherwise; ``None`` where one of them is not here."""
        before, now = (self._repository.state(self.resolve(each) or "") for each in (old, new))
        if before is None or now is None:
            return None
        return tuple(sorted(name for name in {*before, *now} if before.get(name) != now.get(name)))

    def content_at(self, revision: str, path: Path) -> bytes | None:
        """That file's bytes in a commit; ``None`` where it has none."""
        state = self._repository.state(self.resolve(revision) or "")
        return None if state is None else state.get(path.relative_to(self._root).as_posix())

    def files_at(self, revision: str) -> frozenset[str]:
        """The paths of the files of a commit; none where it is not here."""
        return frozenset(self._repository.state(self.resolve(revision) or "") or {})

    def ever(self, folder: Path) -> Iterator[bytes]:
        """Every content that any file of a folder ever had."""
        place = folder.relative_to(self._root).as_posix()
        states = [self._repository.state(name) or {} for name, _ in self._repository.log]
        yield from {content for state in states for name, content in state.items() if name.startswith(f"{place}/")}

    def messages(self) -> Iterator[str]:
        """The message of every commit."""
        return (message for _, message in self._repository.log)

    def commits(self, revision: str, since: str | None = None, *paths: Path) -> tuple[Commit, ...]:
        """The commits up to that one which ``since`` does not have, the newest first."""
        last, first = self.resolve(revision), None if since is None else self.resolve(since)
        if last is None:
            return ()
        start = 0 if first is None else self._position(first) + 1
        positions = range(start, self._position(last) + 1)
        return tuple(self._commit(each) for each in reversed(positions) if not paths or self._changed(each, paths))

    def _changed(self, position: int, paths: tuple[Path, ...]) -> bool:
        now = self._repository.log[position][0]
        before = self._repository.log[position - 1][0] if position else ""
        return any(self.content_at(now, path) != self.content_at(before, path) for path in paths)

    def _position(self, commit: str) -> int:
        return [name for name, _ in self._repository.log].index(commit)

    def _commit(self, position: int) -> Commit:
        name, message = self._repository.log[position]
        return Commit(name, AUTHOR, EMAIL, EPOCH.format((position + 1) % 60), message.partition("\n")[0])
