"""A repository without git."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from lockgate.domain.source import RESULTS, Source
from lockgate.errors import Busy, SourceError, ToolError

EPOCH = "2026-01-01T00:00:{:02d}+00:00"


class FakeRepository:
    """A repository without git: what lies in ``root`` when it is made is the first commit.

    ``ignored`` are folders and files that do not count, as in ``.gitignore``; ``committed=False`` stands for a
    repository that has no commit yet. ``log`` and ``pushed`` are for the test to look at, and ``branch`` is for it to
    take away.
    """

    def __init__(self, root: Path, *, ignored: Sequence[str] = ("build",), committed: bool = True) -> None:
        self._root = root
        self._ignored = frozenset(ignored)
        self._committed: dict[str, bytes] = {}
        self._states: dict[str, dict[str, bytes]] = {}
        self.log: list[tuple[str, str]] = []
        self.branch: str | None = "main"
        self.pushed: dict[str, str] = {}
        if committed:
            self._committed = self._files()
            self._advance("first commit")

    def head(self) -> str:
        """The latest commit. Raises ``SourceError`` where there is none."""
        if not self.log:
            raise SourceError(f"{self._root} has no commit", hint="FakeRepository(root) commits what is there")
        return self.log[-1][0]

    def source(self) -> Source:
        """The commit, and what differs from it. Raises ``SourceError`` where there is no commit."""
        commit = self.head()
        now = self._files()
        names = sorted({*now, *self._committed})
        changed = tuple(name for name in names if now.get(name) != self._committed.get(name) and name not in RESULTS)
        return Source(commit, EPOCH.format(len(self.log) % 60), changed)

    def untracked(self) -> tuple[str, ...]:
        """What was never committed."""
        return tuple(name for name in self._files() if name not in self._committed and name not in RESULTS)

    def source_and_untracked(self) -> tuple[Source, tuple[str, ...]]:
        """`source` and `untracked`, as of one moment."""
        return self.source(), self.untracked()

    def plain_files(self) -> frozenset[str]:
        """What is committed."""
        return frozenset(self._committed)

    def read_when_asked(self) -> tuple[Path, ...]:
        """There is no git here to ask."""
        return ()

    def committed(self, path: Path) -> bool:
        """Whether that file is in the latest commit as it is here."""
        return path.exists() and not self.uncommitted(path)

    def uncommitted(self, *paths: Path) -> tuple[Path, ...]:
        """Those of the files that are not here as in the latest commit: altered, added or gone, ignored ones too."""
        here = {path: path.read_bytes() if path.exists() else None for path in paths}
        names = {path: path.relative_to(self._root).as_posix() for path in paths}
        return tuple(path for path in paths if self._committed.get(names[path]) != here[path])

    def content(self, path: Path) -> bytes | None:
        """That file's bytes in the latest commit; ``None`` where it has no such file."""
        return self._committed.get(path.relative_to(self._root).as_posix())

    def changed_since(self, commit: str) -> tuple[str, ...] | None:
        """The paths that differ between that commit and the latest one; ``None`` where that commit is not here."""
        before, now = self._states.get(commit), self._committed
        if before is None:
            return None
        return tuple(
            name for name in sorted({*before, *now}) if before.get(name) != now.get(name) and name not in RESULTS
        )

    def commit(
        self,
        path: Path,
        message: str,
        means: Callable[[bytes], bool] | None = None,
        *,
        onto: str | None = None,
        also: Sequence[Path] = (),
    ) -> str:
        """Commit that file and those that go with it; the new commit's hash. No hook gives it another form."""
        name = path.relative_to(self._root).as_posix()
        if onto is not None and self.head() != onto:
            raise Busy(f"the latest commit is {self.head()}, and no longer {onto}")
        if means is not None and not means(path.read_bytes()):
            raise SourceError(f"{name} does not say what is to be committed")
        if self._committed.get(name) == path.read_bytes():
            raise ToolError(f"nothing to commit: {name} is as committed")
        for each in (path, *also):
            self._committed[each.relative_to(self._root).as_posix()] = each.read_bytes()
        return self._advance(message)

    def take_back(self, commit: str, *paths: Path) -> None:
        """Undo the latest commit, if it is this one; those files are as in the one before it."""
        if self.head() != commit:
            raise Busy(f"the latest commit is {self.head()}, and no longer {commit}")
        self.log.pop()
        self._committed = dict(self._states[self.log[-1][0]])
        for path in paths:
            content = self.content(path)
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)

    def restore(self, path: Path) -> None:
        """Make that one file what was committed."""
        path.write_bytes(self._committed[path.relative_to(self._root).as_posix()])

    def push(self, branch: str) -> None:
        """Remember the commit under that branch."""
        self.pushed[branch] = self.source().commit

    def unfetched(self) -> tuple[str, ...]:
        """Nobody else pushes."""
        return ()

    def fetch(self, branch: str) -> str | None:
        """What was pushed to that branch."""
        return self.pushed.get(branch)

    def state(self, commit: str) -> dict[str, bytes] | None:
        """Every file of a commit; ``None`` where there is no such commit."""
        return self._states.get(commit)

    def _advance(self, message: str) -> str:
        state = hashlib.sha1(usedforsecurity=False)
        for part in (self.log[-1][0] if self.log else "", message, *sorted(self._committed)):
            state.update(part.encode() + b"\0" + self._committed.get(part, b""))
        self.log.append((state.hexdigest(), message))
        self._states[state.hexdigest()] = dict(self._committed)
        return state.hexdigest()

    def _files(self) -> dict[str, bytes]:
        found = ((path.relative_to(self._root), path) for path in sorted(self._root.rglob("*")) if path.is_file())
        return {
            name.as_posix(): path.read_bytes()
            for name, path in found
            if name.parts[0] != ".git" and name.as_posix() not in self._ignored and name.parts[0] not in self._ignored
        }
