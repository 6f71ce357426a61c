"""What the commits of the repository say: who changed a file and when, and what other branches have."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lockgate.domain.source import Commit

__all__ = ["Commit", "CommitLog", "FileVersion"]


@dataclass(frozen=True)
class FileVersion:
    """What a commit made of a file; ``content`` is ``None`` where it removed it."""

    commit: Commit
    content: bytes | None


class CommitLog(Protocol):
    """The history of the project's repository. It changes nothing, and asks no server.

    A ``revision`` is what git takes for a commit: a hash or its start, a branch, a tag, ``origin/main``.
    """

    def shallow(self) -> bool:
        """Whether this clone has only the latest commits: what it does not find may still have been."""

    def branch(self) -> str | None:
        """The branch that is checked out; ``None`` for a detached HEAD, as Jenkins checks out."""

    def committer(self) -> str:
        """Who would commit here, as git writes a person: ``Name <address>``; empty where git knows nobody."""

    def resolve(self, revision: str) -> str | None:
        """The hash of the commit that a revision names; ``None`` where this clone has none."""

    def commit(self, revision: str) -> Commit | None:
        """The commit that a revision names; ``None`` where this clone has none."""

    def is_ancestor(self, commit: str, of: str) -> bool | None:
        """Whether a commit is in the history of another, or is that one.

        ``None`` where this clone cannot tell: it is shallow, and has no way from one to the other.
        """

    def branches(self, commit: str) -> tuple[str, ...]:
        """The branches, of this clone and of others as they were last fetched, whose history has a commit; in order."""

    def versions(self, path: Path, revision: str = "HEAD") -> tuple[FileVersion, ...]:
        """Every version of a file on the first line of that revision's history, the newest first.

        A merge counts as one commit: that of its time, with what it brought.
        """

    def message(self, commit: str) -> str | None:
        """The whole message of a commit; ``None`` where it is not here."""

    def differing(self, old: str, new: str) -> tuple[str, ...] | None:
        """The paths that two commits have otherwise, as seen from the project, in order; ``None`` where one of them is
        not here."""

    def content_at(self, revision: str, path: Path) -> bytes | None:
        """That file's bytes in a commit; ``None`` where it has none, or is not here."""

    def files_at(self, revision: str) -> frozenset[str]:
        """The paths of the files of the project's folder in a commit; none where it is not here."""

    def ever(self, folder: Path) -> Iterator[bytes]:
        """Every content that any file of a folder ever had, in any commit of any branch or tag that is here."""

    def messages(self) -> Iterator[str]:
        """The message of every commit of any branch or tag that is here, and of every tag, with its name."""

    def commits(self, revision: str, since: str | None = None, *paths: Path) -> tuple[Commit, ...]:
        """The commits of a revision's history that ``since`` does not have, the newest first.

        With ``paths`` those that changed one of them.
        """
