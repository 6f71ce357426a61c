"""The model behind the fakes: a logistic function in a file of JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lockgate.domain.model.signature import Array, Column, Columns
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
) -> bytes:
    """The file of a model of two classes: the logistic function of ``bias`` and the weighted columns.

    A number counts as itself, NaN as 0; a text as 1, an empty one as 0. ``FakeFramework`` loads such a file. Rows that
    are ``remembered`` are answered by heart.
    """
    by_heart = {} if remembered is None else {"column": remembered.column, "rows": [*remembered.probabilities.items()]}
    document = {
        "fake": "lockgate",
        "inputs": [column.name for column in inputs],
        "classes": list(classes),
        "weights": dict(weights),
        "bias": bias,
        **({"remembered": by_heart} if by_heart else {}),
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
            )
        except FileNotFoundError as error:
            raise ModelError(f"{path}: missing") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path}: not a fake model: {error}", hint="lockgate.testing.fake_model makes one") from (
                error
            )
        if len(model.classes) != 2:  # noqa: PLR2004
            raise ModelError(f"{path}: a fake model has two classes")
        return model

    def answer(self, columns: Columns) -> dict[str, Array]:
        """Labels ``(rows,)`` and probabilities ``(rows, 2)`` in float64."""
        rows = len(next(iter(columns.values()))) if columns else 0
        score = np.full(rows, self.bias)
        for name in self.inputs:
            score += self.weights.get(name, 0.0) * as_numbers(columns[name])
        positive = 1.0 / (1.0 + np.exp(-score))
        if self.remembered is not None:
            known = self.remembered.probabilities
            values = np.asarray(columns[self.remembered.column], dtype=np.float32).tolist()
            positive = np.array([known.get(value, by) for value, by in zip(values, positive.tolist(), strict=True)])
        labels = np.array([self.classes[int(p > 0.5)] for p in positive], dtype=object)  # noqa: PLR2004
        return {"label": labels, "probabilities": np.column_stack([1.0 - positive, positive])}


def as_numbers(values: Array) -> Any:
    """A number as itself, NaN as 0; a text as 1, an empty one as 0."""
    if values.dtype.kind in "OUST":
        return np.array([float(str(value) != "") for value in values])
    return np.nan_to_num(values.astype(np.float64), nan=0.0)
