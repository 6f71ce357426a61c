"""The git repository around the project."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from lockgate.domain.source import Source


class Repository(Protocol):
    """The git repository of the project."""

    def head(self) -> str:
        """The latest commit. Raises ``SourceError`` where there is none, or where git refuses the folder."""

    def source(self) -> Source:
        """The commit, and what differs from it. Raises ``SourceError`` where there is no commit."""

    def untracked(self) -> tuple[str, ...]:
        """The files that git neither has nor ignores; `source` names them among the changed ones."""

    def source_and_untracked(self) -> tuple[Source, tuple[str, ...]]:
        """`source` and `untracked`, as of one moment."""

    def plain_files(self) -> frozenset[str]:
        """The files that the latest commit has in the project's folder, without links and submodules."""

    def read_when_asked(self) -> tuple[Path, ...]:
        """Files of git's own that whoever asks it anything here reads."""

    def committed(self, path: Path) -> bool:
        """Whether that file is in the latest commit as it is here."""

    def uncommitted(self, *paths: Path) -> tuple[Path, ...]:
        """Those of the files that are not here as in the latest commit: altered, added or gone, ignored ones too."""

    def content(self, path: Path) -> bytes | None:
        """That file's bytes in the latest commit; ``None`` where it has no such file."""

    def changed_since(self, commit: str) -> tuple[str, ...] | None:
        """The paths that differ between that commit and the latest one; ``None`` where that commit is not here.

        The lock file that DVC writes is a result, and never one of them.
        """

    def commit(
        self,
        path: Path,
        message: str,
        means: Callable[[bytes], bool] | None = None,
        *,
        onto: str | None = None,
        also: Sequence[Path] = (),
    ) -> str:
        """Commit that one file, those that go ``also`` with it, and nothing else; the new commit's hash.

        A hook may give the file another form: it is committed so where ``means`` says of its bytes that they mean the
        same, and the file here is as committed in the end. Without ``means``, only equal lines do. Where it raises, the
        latest commit and the index are as before, or the commit was made and the file is as committed.

        ``onto`` is the commit that it must follow: raises ``Busy`` where somebody has committed since, and then their
        commit is the latest one.
        """

    def take_back(self, commit: str, *paths: Path) -> None:
        """Undo the latest commit, if it is this one: the one before it is the latest, and those files are as in it.

        Raises ``Busy`` where another commit is the latest.
        """

    def restore(self, path: Path) -> None:
        """Make that one file what the commit says."""

    def push(self, branch: str) -> None:
        """Push the commit to that branch of `origin`, from a detached HEAD as well."""

    def unfetched(self) -> tuple[str, ...]:
        """The branches and tags of all remotes whose commits are not here: each remote is asked now."""

    def fetch(self, branch: str) -> str | None:
        """The commit that this branch of `origin` has now, and fetch it; ``None``: `origin` has no such branch."""
