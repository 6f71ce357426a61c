"""The model behind the fakes: a logistic function in a file of JSON, or what suits another task."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lockgate.domain.model.answers import LIKELIER
from lockgate.domain.model.signature import ANSWERS, Array, Column, Columns, Output
from lockgate.domain.model.task import POINT, Task, TaskKind, task_of
from lockgate.domain.statistics.sample import Floats
from lockgate.errors import ModelError


@dataclass(frozen=True)
class Remembered:
    """Rows that a fake model knows by heart: by the value of a float32 column, the probability of the second class."""

    column: str
    probabilities: Mapping[float, float]


def fake_model(
    inputs: Sequence[Column],
    classes: Sequence[str],
    weights: Mapping[str, float],
    bias: float = 0.0,
    remembered: Remembered | None = None,
    *,
    task: TaskKind = "binary",
    quantiles: Sequence[float] = (),
) -> bytes:
    """The file of a model that sees one number in a row: the sum of ``bias`` and the weighted columns.

    A number counts as itself, NaN as 0; a text as 1, an empty one as 0; of a tensor the mean of its cells counts. A
    binary model answers the logistic function of the sum. Of several ``classes`` the place that lies nearest to it is
    the likeliest; each label of several has the logistic function of the sum less its place; the first target of a
    regression is the sum itself, each further one is 1 more, and a quantile lies as far from the middle as its level
    does. ``FakeFramework`` loads such a file. Rows that are ``remembered`` are answered by heart, by a binary one.
    """
    by_heart = {} if remembered is None else {"column": remembered.column, "rows": [*remembered.probabilities.items()]}
    document = {
        "fake": "lockgate",
        "inputs": [column.name for column in inputs],
        "classes": list(classes),
        "weights": dict(weights),
        "bias": bias,
        **({"remembered": by_heart} if by_heart else {}),
        **({} if task == "binary" else {"task": task}),
        **({"quantiles": list(quantiles)} if quantiles else {}),
    }
    return json.dumps(document, sort_keys=True).encode()


@dataclass(frozen=True)
class LogisticModel:
    """What ``fake_model`` makes, read."""

    inputs: tuple[str, ...]
    classes: tuple[str, ...]
    weights: Mapping[str, float]
    bias: float
    remembered: Remembered | None = None
    kind: TaskKind = "binary"
    quantiles: tuple[float, ...] = ()

    @cached_property
    def task(self) -> Task:
        """What it answers; the positive class of two is not known here."""
        return task_of(self.kind, self.classes, quantiles=self.quantiles)

    def outputs(self) -> tuple[Output, ...]:
        """The label, where its task has one, and a number for each column of the task."""
        numbers = Output(self.task.output, "float32", (self.task.width,))
        return (Output(ANSWERS[0], "string"), numbers) if self.task.labelled else (numbers,)

    @classmethod
    def read(cls, path: Path) -> "LogisticModel":
        """Raises ``ModelError`` for a file that is no fake model."""
        try:
            document: dict[str, Any] = json.loads(path.read_bytes())
            names = tuple(document["inputs"])
            by_heart = document.get("remembered")
            model = cls(
                names,
                tuple(document["classes"]),
                document["weights"],
                float(document["bias"]),
                by_heart and Remembered(by_heart["column"], dict(by_heart["rows"])),
                document.get("task", "binary"),
                tuple(document.get("quantiles", ())),
            )
        except FileNotFoundError as error:
            raise ModelError(f"{path}: missing") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path}: not a fake model: {error}", hint="lockgate.testing.fake_model makes one") from (
                error
            )
        if model.kind == "binary" and len(model.classes) != 2:  # noqa: PLR2004
            raise ModelError(f"{path}: a fake model has two classes")
        return model

    def answer(self, columns: Columns) -> dict[str, Array]:
        """Numbers ``(rows, width)`` in float64, one for each column of the task, and the label ``(rows,)`` if any."""
        rows = len(next(iter(columns.values()))) if columns else 0
        score = np.full(rows, self.bias)
        for name in self.inputs:
            score += self.weights.get(name, 0.0) * as_numbers(columns[name])
        numbers = self._numbers(score, columns)
        found: dict[str, Array] = {self.task.output: numbers}
        if not self.task.labelled:
            return found
        two = self.kind == "binary"  # the first where both are as likely
        best = (numbers[:, -1] > LIKELIER).astype(np.intp) if two else numbers.argmax(axis=1)
        return {ANSWERS[0]: np.array([self.classes[place] for place in best], dtype=object), **found}

    def _numbers(self, score: Floats, columns: Columns) -> Floats:
        places = np.arange(len(self.classes))
        if self.kind == "multiclass":
            likely = np.exp(-np.square(score[:, None] - places))
            return np.asarray(likely / likely.sum(axis=1, keepdims=True))
        if self.kind == "multilabel":
            return np.asarray(1.0 / (1.0 + np.exp(places - score[:, None])))
        if self.kind == "regression":
            apart = np.array(self.quantiles) - POINT if self.quantiles else places
            return np.asarray(score[:, None] + apart)
        positive = self._by_heart(1.0 / (1.0 + np.exp(-score)), columns)
        return np.array([1.0 - positive, positive]).T

    def _by_heart(self, positive: Floats, columns: Columns) -> Floats:
        if self.remembered is None:
            return positive
        known = self.remembered.probabilities
        values = np.asarray(columns[self.remembered.column], dtype=np.float32).tolist()
        return np.array([known.get(value, by) for value, by in zip(values, positive.tolist(), strict=True)])


def as_numbers(values: Array) -> Any:
    """A number as itself, NaN as 0; a text as 1, an empty one as 0; of a tensor the mean of its cells."""
    if values.dtype.kind in "OUST":
        return np.array([float(str(value) != "") for value in values])
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        numbers = np.nan_to_num(numbers, nan=0.0)
    return numbers.reshape(len(numbers), -1).mean(axis=1) if numbers.ndim > 1 else numbers
