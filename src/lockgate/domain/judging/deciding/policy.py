"""Policy: the thresholds under ``gates:`` in ``params.yaml``, the only place where a threshold stands."""

from dataclasses import dataclass, field, fields
from typing import Any

from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy
from lockgate.domain.judging.gates.calibration.policy import CalibrationPolicy
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.judging.gates.latency.policy import LatencyPolicy
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.domain.judging.gates.tests.policy import TestsPolicy
from lockgate.domain.making.selection import SelectionPolicy
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import any_metric

_BY_THE_METRIC_OF_ACCURACY = SelectionPolicy()


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
    selection: SelectionPolicy = _BY_THE_METRIC_OF_ACCURACY
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
        if (known := any_metric(self.accuracy.metric)) is not None:
            self.demand_possible(known)
        for name in ("integrity", *(each.name for each in fields(self))):
            if name in self.plugins:
                raise ValueError(f"plugins: {name!r} is a name of Lockgate's own; an installed gate needs another")

    @property
    def metrics(self) -> dict[str, str]:
        """The metrics that it names, by their section."""
        sections = {each.name: getattr(self, each.name) for each in fields(self)}
        named = {name: getattr(section, "metric", None) for name, section in sections.items()}
        return {name: metric for name, metric in named.items() if isinstance(metric, str)}

    def demand_possible(self, metric: Metric) -> None:
        """Raise ``ValueError`` for a limit in the unit of the metric that no model, or every model, keeps to."""
        self.accuracy.demand_possible(metric)
        behind = self.explanation.max_behind_reference if self.explanation else None
        if behind is not None:
            metric.demand_difference("explanation.max_behind_reference", behind)
