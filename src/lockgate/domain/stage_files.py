"""The files that a stage reads: as they were when it began, and as they are when it ends.

DVC records what a stage read as it finds it when the stage has ended (iterative/dvc#11058): a file that is changed
meanwhile would be recorded as what made the result.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lockgate.domain.lineage import Stage, overlap


@dataclass(frozen=True)
class FileState:
    """A file at one moment. ``modified`` is in nanoseconds; ``md5`` is left out where a file is large.

    Two that are equal were not written in between: a file that was changed and changed back has another ``modified``.
    """

    size: int
    modified: int
    inode: int
    md5: str = ""


@dataclass(frozen=True)
class StageReads:
    """What a stage may have read, when it ran last in this working copy, of the files that git does not have."""

    stage: str
    untracked: tuple[str, ...] = ()
    schema: Literal["lockgate/stage-reads/1"] = "lockgate/stage-reads/1"


def written_between(before: Mapping[str, FileState], after: Mapping[str, FileState]) -> Iterator[str]:
    """The files that were written, added or removed in between."""
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            yield path


def loaded_otherwise(read: Mapping[str, str], before: Mapping[str, FileState]) -> Iterator[str]:
    """The files that were not read as they had been; ``read`` has the MD5 of each when it was read."""
    for path, md5 in read.items():
        state = before.get(path)
        if state is not None and md5 and state.md5 and md5 != state.md5:
            yield path


def unlisted(read: Iterable[str], stage: Stage) -> Iterator[str]:
    """What was read and is neither a dependency of the stage, nor made by it, nor a file of its params."""
    known = (*stage.deps, *stage.outs, *stage.params)
    for path in read:
        if not any(overlap(path, listed) for listed in known):
            yield path
