"""Runs on a tracking server."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lockgate.domain.identity import Digest


@dataclass(frozen=True)
class DatasetVersion:
    """A table that a training read: what for, its path, and its DVC hash."""

    context: str
    path: str
    digest: Digest


@dataclass(frozen=True)
class TrainingRecord:
    """What is known of a training before it starts."""

    candidate: str
    params: Mapping[str, object]
    tags: Mapping[str, str]
    datasets: Sequence[DatasetVersion]


class Tracked(Protocol):
    """A run on the tracking server."""

    @property
    def where(self) -> str:
        """Its URL, or where to find it; empty where the delivery around it knows."""

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Metrics of one step. Waits for no server: what could not be sent is kept, and sent at the end or later."""

    def artefact(self, path: Path) -> None:
        """A file or folder. Waits for no server, as ``log``."""


class Tracker(Protocol):
    """Tracks deliveries and trainings."""

    def delivery(
        self, name: str, tags: Mapping[str, str], on_training: Callable[[str, str], None]
    ) -> AbstractContextManager[str]:
        """A parent run, and where to find it; trainings in its block, here or in stages, are its children.

        ``on_training`` gets the name of each and where to find it. Raises ``ToolError`` where the server does not
        answer at the start; later it may go away, and nothing waits for it.
        """

    def catch_up(self) -> None:
        """Send what an earlier server did not take, where there is any. Waits for no server that does not answer."""

    def training(self, name: str, record: TrainingRecord) -> AbstractContextManager[Tracked]:
        """A run of one training. Without a delivery around it, raises ``ToolError`` where the server does not answer
        at the start."""


class TrackingStore(Protocol):
    """Where runs and releases are kept, looked at without the tool that keeps them."""

    def begun(self) -> bool:
        """Whether there may be anything in it: a server, or a database in the project that somebody has made."""

    def look(self) -> str:
        """What is there. Raises ``ToolError`` where nothing answers, ``InputError`` where what answers will not do."""
