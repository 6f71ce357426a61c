"""The state of the source that something was made from: a commit, and what differs from it; and commits as told."""

from dataclasses import dataclass
from typing import Final

RESULTS: Final = frozenset({"dvc.lock", "measuring.yaml"})
"""What a run of the stages writes beside what git has: results, so that a change in one is no change of the source."""


@dataclass(frozen=True)
class Source:
    """A git commit, its time, and the paths of the working copy that differ from it.

    ``committed_at`` is the committer's date in ISO 8601: the only clock in a release, so that sealing the same commit
    again gives the same bytes. The lock file that DVC writes is no source and never counts as a change.
    """

    commit: str
    committed_at: str
    changed: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether the working copy is what the commit says."""
        return not self.changed


@dataclass(frozen=True)
class Commit:
    """A commit: its hash, who wrote it, when it was committed (ISO 8601), and the first line of its message."""

    hash: str
    author: str
    email: str
    committed_at: str
    subject: str

    @property
    def short(self) -> str:
        """The first 12 digits of its hash: for people."""
        return self.hash[:12]
