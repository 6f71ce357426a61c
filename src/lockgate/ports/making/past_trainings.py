"""Trainings that were tracked, looked for afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class PastTraining:
    """A training: where to look at it, its commit, its times (ISO 8601), its params as texts, its tables by hash."""

    where: str
    commit: str
    started_at: str
    ended_at: str | None
    params: Mapping[str, str]
    tables: frozenset[str]


class PastTrainings(Protocol):
    """Trainings of before. Nothing is made where there is nothing."""

    def of(self, model: str, candidate: str) -> Sequence[PastTraining]:
        """Those of a candidate that ended well, the newest first. Raises ``ToolError`` where it cannot be told."""
