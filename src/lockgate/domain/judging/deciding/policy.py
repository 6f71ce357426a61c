"""Policy: the thresholds under ``gates:`` in ``params.yaml``, the only place where a threshold stands."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from lockgate.domain.judging.gates.calibration.policy import CalibrationPolicy
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.judging.gates.latency.policy import LatencyPolicy
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.domain.model.slices import Slice
from lockgate.domain.ranges import Alpha, Count, Finite, FromOne, Limit, OneOrMore, demand_ranges
from lockgate.domain.statistics.metrics.registry import METRICS

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

    min_tests: OneOrMore = 1
    max_skipped: Count = 0

    def __post_init__(self) -> None:
        demand_ranges(self)


@dataclass(frozen=True)
class SlicesPolicy:
    """The same rule for parts of the held-out rows: columns such as ``sex``, conditions such as ``age < 25``.

    ``floor`` and ``margin`` are for each part; ``None`` asks for none. Parts of a column below ``min_rows`` are named
    and not judged; a condition that fewer rows meet is undecided.
    """

    by: tuple[str, ...]
    floor: Finite | None = None
    margin: Limit | None = None
    min_rows: OneOrMore = 200

    def __post_init__(self) -> None:
        demand_ranges(self)
        for text in self.by:
            Slice.parse(text)
        if not self.by or (self.floor is None and self.margin is None):
            raise ValueError("slices need `by`, and a floor or a margin")


@dataclass(frozen=True)
class AccuracyPolicy:
    """A floor (a ceiling for losses), and at most ``margin`` worse than the champion, in the metric's unit.

    Both hold by the bound of an interval, not by the point; each bound is wrong with a chance of ``alpha``.
    """

    metric: AnyMetricName
    floor: Finite
    margin: Limit = 0.0
    alpha: Alpha = 0.05
    slices: SlicesPolicy | None = None

    def __post_init__(self) -> None:
        demand_ranges(self)
        slices = self.slices
        given = {"floor": self.floor, "slices.floor": slices.floor if slices else None}
        allowed = {"margin": self.margin, "slices.margin": slices.margin if slices else None}
        for name, limit in given.items():
            if limit is not None:
                METRICS[self.metric].demand_reachable(name, limit)
        for name, margin in allowed.items():
            if margin is not None:
                METRICS[self.metric].demand_difference(name, margin)

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

    max_absolute: Limit | None = None
    max_relative: Limit | None = None
    tolerance: Literal["fixed", "calibrated"] = "fixed"
    multiple: FromOne = 4.0
    ulps: FromOne = 4.0
    max_flips: Count = 0
    max_variation: Limit = 1e-6
    seconds: FromOne = 300.0
    memory_gib: FromOne = 16.0

    def __post_init__(self) -> None:
        demand_ranges(self)
        if self.tolerance == "fixed" and (self.max_absolute is None or self.max_relative is None):
            raise ValueError("a fixed tolerance needs max_absolute and max_relative; or set tolerance: calibrated")


@dataclass(frozen=True)
class SelectionPolicy:
    """What the candidates compete by on validation rows; ``None`` is the metric of the accuracy gate.

    Fairness is shown beside it, between groups of at least ``min_rows`` validation rows; ``None`` is the fairness
    gate's own, which is for the held-out rows.
    """

    metric: MetricName | None = None
    min_rows: OneOrMore | None = None

    def __post_init__(self) -> None:
        demand_ranges(self)


@dataclass(frozen=True)
class Policy:
    """One policy for each gate, and the rule of selection.

    Tests, integrity, accuracy and parity can neither be left out nor set to warn. The others are off where they are
    left out or say so, and every verdict lists them as off. ``plugins`` are the settings of gates that others install,
    by name.
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

    EMPTY_KEYS = False
    """A key with nothing after it is an error: only one that is left out means none."""

    def __post_init__(self) -> None:
        behind = self.explanation.max_behind_reference if self.explanation else None
        if behind is not None:
            METRICS[self.accuracy.metric].demand_difference("explanation.max_behind_reference", behind)
        for name in ("integrity", *(each.name for each in fields(self))):
            if name in self.plugins:
                raise ValueError(f"plugins: {name!r} is a name of Lockgate's own; an installed gate needs another")
