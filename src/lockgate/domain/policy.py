"""Policy: the thresholds under ``gates:`` in ``params.yaml``, the only place where a threshold stands."""

import math
from dataclasses import dataclass
from typing import Literal

MetricName = Literal["roc_auc", "accuracy", "average_precision", "f1", "log_loss", "brier"]

LOWER_IS_BETTER: frozenset[str] = frozenset({"log_loss", "brier"})


@dataclass(frozen=True)
class TestsPolicy:
    """The project's own tests: at least ``min_tests`` ran, none failed, at most ``max_skipped`` were skipped."""

    __test__ = False

    min_tests: int = 1
    max_skipped: int = 0

    def __post_init__(self) -> None:
        _demand_limit(min_tests=self.min_tests - 1, max_skipped=self.max_skipped)


@dataclass(frozen=True)
class AccuracyPolicy:
    """A floor (a ceiling for losses), and at most ``margin`` worse than the champion, in the metric's unit."""

    metric: MetricName
    floor: float
    margin: float = 0.0

    def __post_init__(self) -> None:
        _demand_finite(floor=self.floor)
        _demand_limit(margin=self.margin)

    @property
    def higher_is_better(self) -> bool:
        """The metric's direction."""
        return self.metric not in LOWER_IS_BETTER


@dataclass(frozen=True)
class ParityPolicy:
    """How far source model and ONNX export may differ; names, shapes and types are always exact.

    The limits ``max_absolute`` and ``max_relative`` hold wherever they are given. ``calibrated`` derives limits too:
    the ONNX model's error against the truth in float64 may be ``multiple`` times the source model's own, or ``ulps``
    units in the last place of the largest answer where that is more. ``fixed`` needs both fixed limits.

    ``max_variation`` is the largest absolute difference between two of the ONNX model's own answers to a row, in other
    batches, with other threads, optimised otherwise; its labels may never differ. The ONNX model runs in a process of
    its own, which has ``seconds`` for each answer and ``memory_gib`` of address space; one that needs more is refused.
    """

    max_absolute: float | None = None
    max_relative: float | None = None
    tolerance: Literal["fixed", "calibrated"] = "fixed"
    multiple: float = 4.0
    ulps: float = 4.0
    max_flips: int = 0
    max_variation: float = 1e-6
    seconds: float = 300.0
    memory_gib: float = 16.0

    def __post_init__(self) -> None:
        limits = {"max_absolute": self.max_absolute, "max_relative": self.max_relative}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        if self.tolerance == "fixed" and len(given) < len(limits):
            raise ValueError("a fixed tolerance needs max_absolute and max_relative; or set tolerance: calibrated")
        _demand_limit(**given, max_flips=self.max_flips, multiple=self.multiple - 1, ulps=self.ulps - 1)
        _demand_limit(max_variation=self.max_variation, seconds=self.seconds - 1, memory_gib=self.memory_gib - 1)


@dataclass(frozen=True)
class SelectionPolicy:
    """What the candidates compete by on validation rows; ``None`` is the metric of the accuracy gate."""

    metric: MetricName | None = None


@dataclass(frozen=True)
class Policy:
    """One policy for each gate, none of which can be left out or set to warn, and the rule of selection."""

    tests: TestsPolicy
    accuracy: AccuracyPolicy
    parity: ParityPolicy
    selection: SelectionPolicy = SelectionPolicy()


def _demand_finite(**values: float) -> None:
    for name, value in values.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} must be finite: an infinite limit or NaN would turn the gate into a rubber stamp")


def _demand_limit(**values: float) -> None:
    _demand_finite(**values)
    for name, value in values.items():
        if value < 0:
            raise ValueError(f"{name} is too small")
