"""Policy: the thresholds under ``gates:`` in ``params.yaml``, the only place where a threshold stands."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from lockgate.domain.policies.calibration import CalibrationPolicy
from lockgate.domain.policies.data import DataPolicy
from lockgate.domain.policies.explanation import ExplanationPolicy
from lockgate.domain.policies.fairness import FairnessPolicy
from lockgate.domain.policies.latency import LatencyPolicy
from lockgate.domain.policies.limits import demand_alpha, demand_finite, demand_limit
from lockgate.domain.policies.robustness import RobustnessPolicy
from lockgate.domain.slices import Slice
from lockgate.domain.statistics.metrics import METRICS

MetricName = Literal["roc_auc", "accuracy", "average_precision", "f1", "log_loss", "brier"]
"""What candidates compete by on validation rows."""

AnyMetricName = Literal[
    "roc_auc",
    "roc_auc_ovo",
    "roc_auc_ovo_weighted",
    "roc_auc_ovr",
    "roc_auc_ovr_weighted",
    "positive_likelihood_ratio",
    "neg_negative_likelihood_ratio",
    "accuracy",
    "average_precision",
    "f1",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "log_loss",
    "brier",
    "neg_log_loss",
    "neg_brier_score",
    "d2_log_loss_score",
    "d2_brier_score",
    "balanced_accuracy",
    "matthews_corrcoef",
    "specificity",
    "precision",
    "precision_macro",
    "precision_micro",
    "precision_weighted",
    "recall",
    "recall_macro",
    "recall_micro",
    "recall_weighted",
    "jaccard",
    "jaccard_macro",
    "jaccard_micro",
    "jaccard_weighted",
]
"""Every metric of ``METRICS``: what the accuracy gate takes."""

LOWER_IS_BETTER: frozenset[str] = frozenset({"log_loss", "brier"})


@dataclass(frozen=True)
class TestsPolicy:
    """The project's own tests: at least ``min_tests`` ran, none failed, at most ``max_skipped`` were skipped."""

    __test__ = False

    min_tests: int = 1
    max_skipped: int = 0

    def __post_init__(self) -> None:
        demand_limit(min_tests=self.min_tests - 1, max_skipped=self.max_skipped)


@dataclass(frozen=True)
class SlicesPolicy:
    """The same rule for parts of the held-out rows: columns such as ``sex``, conditions such as ``age < 25``.

    ``floor`` and ``margin`` are for each part; ``None`` asks for none. Parts of a column below ``min_rows`` are named
    and not judged; a condition that fewer rows meet is undecided.
    """

    by: tuple[str, ...]
    floor: float | None = None
    margin: float | None = None
    min_rows: int = 200

    def __post_init__(self) -> None:
        for text in self.by:
            Slice.parse(text)
        if not self.by or (self.floor is None and self.margin is None):
            raise ValueError("slices need `by`, and a floor or a margin")
        if self.floor is not None:
            demand_finite(floor=self.floor)
        if self.margin is not None:
            demand_limit(margin=self.margin)
        demand_limit(min_rows=self.min_rows - 1)


@dataclass(frozen=True)
class AccuracyPolicy:
    """A floor (a ceiling for losses), and at most ``margin`` worse than the champion, in the metric's unit.

    Both hold by the bound of an interval, not by the point; each bound is wrong with a chance of ``alpha``.
    """

    metric: AnyMetricName
    floor: float
    margin: float = 0.0
    alpha: float = 0.05
    slices: SlicesPolicy | None = None

    def __post_init__(self) -> None:
        demand_finite(floor=self.floor)
        demand_limit(margin=self.margin)
        demand_alpha(self.alpha)

    @property
    def higher_is_better(self) -> bool:
        """The metric's direction."""
        return METRICS[self.metric].higher_is_better

    @property
    def level(self) -> float:
        """Of the two-sided interval whose bounds each are wrong with a chance of ``alpha``."""
        return 1 - 2 * self.alpha


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
        demand_limit(**given, max_flips=self.max_flips, multiple=self.multiple - 1, ulps=self.ulps - 1)
        demand_limit(max_variation=self.max_variation, seconds=self.seconds - 1, memory_gib=self.memory_gib - 1)


@dataclass(frozen=True)
class SelectionPolicy:
    """What the candidates compete by on validation rows; ``None`` is the metric of the accuracy gate.

    Fairness is shown beside it, between groups of at least ``min_rows`` validation rows; ``None`` is the fairness
    gate's own, which is for the held-out rows.
    """

    metric: MetricName | None = None
    min_rows: int | None = None

    def __post_init__(self) -> None:
        if self.min_rows is not None:
            demand_limit(min_rows=self.min_rows - 1)


@dataclass(frozen=True)
class Policy:
    """One policy for each gate, and the rule of selection.

    Tests, accuracy and parity can neither be left out nor set to warn. The others are off where they are left out or
    say so, and every verdict lists them as off. ``plugins`` are the settings of gates that others install, by name.
    """

    tests: TestsPolicy
    accuracy: AccuracyPolicy
    parity: ParityPolicy
    selection: SelectionPolicy = SelectionPolicy()
    data: DataPolicy | None = None
    calibration: CalibrationPolicy | None = None
    fairness: FairnessPolicy | None = None
    explanation: ExplanationPolicy | None = None
    robustness: RobustnessPolicy | None = None
    latency: LatencyPolicy | None = None
    plugins: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.name in self.plugins:
                raise ValueError(f"plugins: {each.name!r} is a name of Lockgate's own; an installed gate needs another")
