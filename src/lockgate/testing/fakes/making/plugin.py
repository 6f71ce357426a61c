"""A plug-in that trains fake models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.signature import Column, Columns
from lockgate.domain.model.splits import SPLITS
from lockgate.domain.model.task import Binary, Task, quantiles_of
from lockgate.domain.statistics.sample import Floats
from lockgate.ports import SourceModel, TrainingRun
from lockgate.testing.fakes.making.frameworks import FakeFramework
from lockgate.testing.fakes.making.logistic_model import fake_model

INPUTS = (Column("age", "float32"), Column("job", "string"))
CLASSES = ("no", "yes")
BINARY = Binary(CLASSES, CLASSES[1])


@dataclass(frozen=True)
class FakePlugin:
    """Trains a fake model of ``task`` in a few epochs; ``losses`` are what it reports, NaN included.

    What is true stands in the column ``outcome``, or in one for each label or target: people between 10 and 60 years,
    of whom each class or label begins ten years later than the one before.
    """

    rows: int = 40
    losses: Sequence[float] = (0.7, 0.5)
    task: Task = BINARY

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
        kind, names, quantiles = self.task.kind, self.task.truths or self.task.columns, quantiles_of(self.task)
        content = fake_model(INPUTS, names, {"age": 0.1}, -3.0, task=kind, quantiles=quantiles)
        (run.folder / "model.fake").write_bytes(content)
        return Trained("fake", "model.fake", INPUTS, names, task=kind, quantiles=quantiles)

    def open(self, trained: Trained, folder: Path) -> SourceModel:
        """By the fake framework."""
        return FakeFramework().load(folder / trained.model, trained.inputs, trained.answered)

    def _table(self, seed: int) -> Columns:
        random = np.random.default_rng(seed)
        age = random.integers(10, 60, self.rows).astype(np.float32)
        job = random.choice(np.array(["a", "b", ""], dtype=object), self.rows)
        return {"age": age, "job": job, **self._truth(age.astype(np.float64) / 10 - 3)}

    def _truth(self, number: Floats) -> Columns:
        """Of the number that the model sees in a row."""
        names = self.task.columns
        if self.task.kind == "binary":
            return {"outcome": np.array(names, dtype=object)[(number > 0).astype(np.intp)]}
        if self.task.kind == "multiclass":
            places = np.clip(np.round(number), 0, len(names) - 1).astype(np.intp)
            return {"outcome": np.array(names, dtype=object)[places]}
        numbers = number[:, None] + (-1 if self.task.kind == "multilabel" else 1) * np.arange(len(self.task.truths))
        columns = numbers > 0 if self.task.kind == "multilabel" else numbers
        return dict(zip(self.task.truths, columns.T, strict=True))
