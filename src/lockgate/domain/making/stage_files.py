"""The files that a stage reads: as they were when it began, and as they are when it ends.

DVC records what a stage read as it finds it when the stage has ended (iterative/dvc#11058): a file that is changed
meanwhile would be recorded as what made the result.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from lockgate.domain.identity import md5
from lockgate.domain.making.stage_records import Stage, overlap

SOURCES: Final = "sources.json"
"""The file of ``StageSources`` in a folder that the stage made."""


HASHED_UP_TO: Final = 16 * 1024**2
"""The bytes of a file that is read to be hashed when a stage begins, when it is opened, and when the stage ends.

A larger one counts as written by its date, its inode and its size: to read it twice more would take seconds.
"""


@dataclass(frozen=True)
class FileState:
    """A file at one moment. ``modified`` is in nanoseconds; ``md5`` is left out above ``HASHED_UP_TO``.

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


@dataclass(frozen=True)
class StageSources:
    """What a stage began with: the MD5 of each file that it lists, empty for large ones, and its params as texts.

    It lies among the stage's results, so that it goes wherever DVC takes them. DVC's own record is made when the stage
    has ended, its process too; what was changed in between stands there, and not here.
    """

    stage: str
    files: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    schema: Literal["lockgate/stage-sources/1"] = "lockgate/stage-sources/1"


def hash_of_folder(files: Mapping[str, str]) -> str:
    """What DVC records for a folder, given the MD5 of each file by its path from there."""
    listed = [{"md5": files[path], "relpath": path} for path in sorted(files)]
    return f"{md5(json.dumps(listed, sort_keys=True).encode()).hex}.dir"


def as_text(value: Any) -> str:
    """A param's value in one form, so that a JSON document gives back what was written."""
    return json.dumps(value, sort_keys=True, default=str)


def written_between(before: Mapping[str, FileState], after: Mapping[str, FileState]) -> Iterator[str]:
    """The files that were written, added or removed in between."""
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            yield path


def loaded_otherwise(read: Mapping[str, str], before: Mapping[str, FileState]) -> Iterator[str]:
    """The files that were not read as they had been; ``read`` has the MD5 of each when it was read."""
    for path, hashed in read.items():
        state = before.get(path)
        if state is not None and hashed and state.md5 and hashed != state.md5:
            yield path


def unlisted(read: Iterable[str], stage: Stage) -> Iterator[str]:
    """What was read and is neither a dependency of the stage, nor made by it, nor a file of its params."""
    known = (*stage.deps, *stage.outs, *stage.params)
    for path in read:
        if not any(overlap(path, listed) for listed in known):
            yield path
