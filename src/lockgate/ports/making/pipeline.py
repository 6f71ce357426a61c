"""The reproducible stages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from lockgate.domain.identity import Digest
from lockgate.domain.making.stage_files import FileState
from lockgate.domain.making.stage_records import Stage


class StageState(StrEnum):
    """What became of a stage."""

    RAN = "ran"
    RESTORED = "restored"
    CACHED = "cached"
    FAILED = "failed"


@dataclass(frozen=True)
class StageReport:
    """One stage of a run: what became of it, why, how long it took in seconds, and how it ended."""

    stage: str
    state: StageState
    why: str
    seconds: float = 0.0
    exit_code: int = 0

    @property
    def candidate(self) -> str | None:
        """The candidate whose stage it is; ``None`` for a stage that all share."""
        return self.stage.partition("@")[2] or None


class StageLock(Protocol):
    """What was recorded when the stages last ran, and what there is now of what they read and made."""

    def stages(self) -> Sequence[Stage]:
        """Every stage as it last ran. Raises ``DocumentError`` where there is no record or it cannot be read."""

    def defined(self, name: str) -> Stage | None:
        """The stage of that name as it is defined now, as far as that can be told; ``None`` where there is none."""

    def params(self, file: str) -> Any:
        """A file of params as it is now; empty where it is not there or cannot be read."""

    def digest(self, path: str) -> str:
        """The hash of a file or folder as it is now, in the form of the record; ``ABSENT`` where there is none."""

    def pointer(self, path: str) -> str:
        """The `.dvc` file that names this data, or the folder that it lies in; empty where there is none."""

    def states(self, path: str) -> Mapping[str, FileState]:
        """A file, or every file of a folder, by its path, as it is now; empty where there is none."""


class SourceReads(Protocol):
    """Takes notice of what this process reads of the project."""

    def watching(self) -> AbstractContextManager[None]:
        """Take notice in a block."""

    def found(self) -> Mapping[str, str]:
        """The files that were read, from the project's root, with the MD5 that each had when it was read first."""


class Pipeline(Protocol):
    """The reproducible stages and the data they start from."""

    def fetch(self) -> Sequence[str]:
        """Pull the raw data that is missing; the paths pulled. Raises ``DataError`` when data is missing or altered."""

    def heal(self, candidate: str | None, report: Callable[[str], None]) -> None:
        """Remove results that are not what the stages made, and tell which; they are made again."""

    def pending(self, candidate: str | None) -> Sequence[str]:
        """The stages that have a reason of their own to run, before anything runs."""

    def reproduce(self, candidate: str | None, report: Callable[[str], None]) -> Iterator[StageReport]:
        """Run what has changed, stage by stage; ``report`` gets the stages' own lines as they come.

        A stage that fails is reported as such; stages that do not need it go on.
        """

    def hashes(self) -> Mapping[str, Digest]:
        """Every file that the stages read or write, by its DVC hash."""
