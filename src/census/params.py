"""The project's own part of ``params.yaml``: ``data`` and ``train``."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Data:
    """``data``: the share of rows, in percent, that validation gets, and the switch for sensitive inputs."""

    validation_percent: int
    sensitive_as_inputs: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.validation_percent <= 50:  # noqa: PLR2004 - more validation than training is a mistake
            raise ValueError("validation_percent must be from 1 to 50")


@dataclass(frozen=True)
class GradientBoosting:
    """``train.sklearn``: what scikit-learn's HistGradientBoostingClassifier calls them."""

    learning_rate: float
    max_iter: int
    max_leaf_nodes: int
    min_samples_leaf: int
    l2_regularization: float
    seed: int


@dataclass(frozen=True)
class Network:
    """``train.torch`` and ``train.tensorflow``: layers, optimizer, when to stop, and where to run.

    ``patience`` is in epochs; ``device`` is ``cpu``, ``cuda`` or ``auto``.
    """

    hidden: tuple[int, ...]
    dropout: float
    learning_rate: float
    weight_decay: float
    batch_size: int
    epochs: int
    patience: int
    seed: int
    device: Literal["cpu", "cuda", "auto"] = "cpu"
