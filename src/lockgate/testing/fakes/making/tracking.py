"""A tracking server in memory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lockgate.ports import Tracked, TrainingRecord


@dataclass
class FakeTracked:
    """A run that remembers what it was told."""

    name: str
    parent: str | None = None
    record: TrainingRecord | None = None
    status: str = "RUNNING"
    metrics: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    artefacts: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """No server."""
        return f"run {self.name} in memory"

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Remember the metrics."""
        self.metrics.append((step, dict(metrics)))

    def artefact(self, path: Path) -> None:
        """Remember the name."""
        self.artefacts.append(path.name)


class FakeTracker:
    """A tracking server in memory; ``runs`` is for the test to look at."""

    def __init__(self) -> None:
        self.runs: list[FakeTracked] = []
        self._parent: str | None = None

    @contextmanager
    def delivery(self, name: str, tags: Mapping[str, str], on_training: Callable[[str, str], None]) -> Iterator[str]:
        """A parent run."""
        self._parent, self._on_training = name, on_training
        try:
            with self._running(FakeTracked(name, tags=dict(tags))) as tracked:
                yield tracked.where
        finally:
            self._parent = None

    def catch_up(self) -> None:
        """Nothing ever waits."""

    @contextmanager
    def training(self, name: str, record: TrainingRecord) -> Iterator[Tracked]:
        """A run of one training."""
        with self._running(FakeTracked(name, self._parent, record, tags=dict(record.tags))) as tracked:
            if self._parent:
                self._on_training(name, tracked.where)
            yield tracked

    @contextmanager
    def _running(self, tracked: FakeTracked) -> Iterator[FakeTracked]:
        self.runs.append(tracked)
        try:
            yield tracked
            tracked.status = "FINISHED"
        except BaseException as error:
            tracked.status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
            raise
