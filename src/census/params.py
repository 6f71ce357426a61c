"""The project's own part of ``params.yaml``: ``data`` and ``train``."""

from dataclasses import dataclass
from typing import Literal

from census.columns import SENSITIVE


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
class Mitigated(GradientBoosting):
    """``train.fairlearn``: gradient boosting under Fairlearn's grid search for equalized odds between groups.

    ``attribute`` is the column that groups people; the model never takes it. ``grid_size`` weightings are tried, and
    ``grid_limit`` is how far they go. ``max_difference`` is how far apart equalized odds may be on the validation rows,
    from 0 to 1.
    """

    attribute: str
    grid_size: int
    grid_limit: float
    max_difference: float

    def __post_init__(self) -> None:
        if self.attribute not in SENSITIVE:
            raise ValueError(f"attribute must be one of {', '.join(SENSITIVE)}")
        if self.grid_size < 1 or self.grid_limit <= 0 or not 0 <= self.max_difference <= 1:
            raise ValueError("grid_size must be 1 or more, grid_limit more than 0, max_difference from 0 to 1")


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
