"""A plug-in that trains fake models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.signature import Column, Columns
from lockgate.domain.model.splits import SPLITS
from lockgate.ports import SourceModel, TrainingRun
from lockgate.testing.fakes.making.frameworks import FakeFramework
from lockgate.testing.fakes.making.logistic_model import fake_model

INPUTS = (Column("age", "float32"), Column("job", "string"))
CLASSES = ("no", "yes")


@dataclass(frozen=True)
class FakePlugin:
    """Trains a fake model in a few epochs; ``losses`` are what it reports, NaN included."""

    rows: int = 40
    losses: Sequence[float] = (0.7, 0.5)

    def data(self) -> Mapping[str, Columns]:
        """The three tables, each of ``rows`` rows."""
        return {split: self._table(seed) for seed, split in enumerate(SPLITS)}

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
        return FakeFramework().load(folder / trained.model, trained.inputs, trained.answered)

    def _table(self, seed: int) -> Columns:
        random = np.random.default_rng(seed)
        age = random.integers(10, 60, self.rows).astype(np.float32)
        return {
            "age": age,
            "job": random.choice(np.array(["a", "b", ""], dtype=object), self.rows),
            "outcome": np.where(age > 30, "yes", "no").astype(object),  # noqa: PLR2004
        }
