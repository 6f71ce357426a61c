"""A fake plug-in and a fake tracker: small, deterministic, nothing heavy."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lockgate.domain.candidate import Trained
from lockgate.domain.signature import Column, Columns
from lockgate.ports import ModelPlugin, SourceModel, Tracked, Tracker, TrainingRecord, TrainingRun
from lockgate.testing.fakes import FakeFramework, fake_model

INPUTS = (Column("age", "float32"), Column("job", "string"))
CLASSES = ("no", "yes")


@dataclass(frozen=True)
class FakePlugin:
    """Trains a fake model in a few epochs; ``losses`` are what it reports, NaN included."""

    rows: int = 40
    losses: Sequence[float] = (0.7, 0.5)

    def data(self) -> Mapping[str, Columns]:
        """The three tables, each of ``rows`` rows."""
        return {split: self._table(seed) for seed, split in enumerate(("training", "validation", "test"))}

    def inputs(self) -> Sequence[Column]:
        """A number and a text."""
        return INPUTS

    def train(self, run: TrainingRun) -> Trained:
        """Report the epochs and write the model."""
        for number, loss in enumerate(self.losses, 1):
            run.epoch(number, len(self.losses), loss=loss)
        (run.folder / "model.fake").write_bytes(fake_model(INPUTS, CLASSES, {"age": 0.1}, -3.0))
        return Trained("fake", "model.fake", INPUTS, CLASSES)

    def open(self, trained: Trained, folder: Path) -> SourceModel:
        """By the fake framework."""
        return FakeFramework().load(folder / trained.model, trained.inputs, trained.classes)

    def _table(self, seed: int) -> Columns:
        random = np.random.default_rng(seed)
        age = random.integers(10, 60, self.rows).astype(np.float32)
        return {
            "age": age,
            "job": random.choice(np.array(["a", "b", ""], dtype=object), self.rows),
            "outcome": np.where(age > 30, "yes", "no").astype(object),  # noqa: PLR2004
        }


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


def _keeps_the_ports() -> tuple[object, ...]:
    """Never called: mypy checks here that each fake is what its port demands."""
    plugin: ModelPlugin = FakePlugin()
    tracker: Tracker = FakeTracker()
    return plugin, tracker
