"""The state of the source that something was made from: a commit, and what differs from it; and commits as told."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

RESULTS: Final = frozenset({"dvc.lock", "measuring.yaml"})
"""What a run of the stages writes beside what git has: results, so that a change in one is no change of the source."""

PROSE: Final = frozenset({".md", ".rst", ".adoc"})
"""How the names of pages end that are for people. What any other file is for, its name does not tell."""

BUILDERS: Final = frozenset({"conf.py", "Cargo.toml", "CMakeLists.txt", "meson.build", "go.mod", "package.json"})
"""Files of tools that may have read a page before, and keep what they made of it: Sphinx, and compilers."""


def pages_alone(names: Collection[str]) -> frozenset[str]:
    """The pages of prose among all files of a project that nothing is likely to stand for.

    What was made of a page earlier is read in its place, and the page is not: code that is installed brings the pages
    beside it, as does what is below its folder; a file beside it that differs in its ending alone was made of it, or it
    of that; and where a tool of ``BUILDERS`` has a file, no page is alone.
    """
    paths = [PurePosixPath(name) for name in names]
    if any(path.name in BUILDERS for path in paths):
        return frozenset()
    code = {path.parent for path in paths if path.suffix == ".py" and path.parent.name}
    twins = Counter(path.with_suffix("") for path in paths)
    return frozenset(
        str(path)
        for path in paths
        if path.suffix in PROSE and twins[path.with_suffix("")] == 1 and code.isdisjoint(path.parents)
    )


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


LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
"""How a file begins that stands in the place of one which Git LFS has."""
LFS_TOLD: Final = ("a pointer of Git LFS stands in its place", "have the file itself: git lfs pull")
"""What is said of it, and what helps."""
