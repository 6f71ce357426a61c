"""What asks a candidate's model, a line for each kind of evidence: for `lockgate check` and for the drill."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lockgate.ports import Metrics, ModelPlugin, Runtime, Tables
from lockgate.usecases.measuring.events import AccuracyMeasured, Explained, ParityMeasured, Probed
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel, check_accuracy, remarks_on
from lockgate.usecases.measuring.kinds.explanation import check_explanation
from lockgate.usecases.measuring.kinds.robustness import check_robustness
from lockgate.usecases.measuring.parity.real_rows import check_parity
from lockgate.usecases.project.project import Project

Measured = AccuracyMeasured | ParityMeasured | Explained | Probed


@dataclass(frozen=True)
class Asking:
    """The opened model, and the ports that a check may need; ``plugin`` is opened when it is asked for."""

    project: Project
    judged: LoadedModel
    runtime: Runtime
    metrics: Metrics
    tables: Tables
    plugin: Callable[[], ModelPlugin]


def _accuracy(to: Asking) -> AccuracyMeasured:
    evidence = check_accuracy(to.project, to.judged, to.runtime, to.metrics, to.tables)
    return AccuracyMeasured(evidence, remarks_on(to.project, to.judged, evidence.metrics))


CHECKS: Final[Mapping[str, Callable[[Asking], Measured]]] = {
    "accuracy": _accuracy,
    "parity": lambda to: ParityMeasured(check_parity(to.project, to.judged, to.plugin(), to.runtime, to.metrics)),
    "explanation": lambda to: Explained(check_explanation(to.project, to.judged, to.runtime)),
    "robustness": lambda to: Probed(check_robustness(to.project, to.judged, to.runtime)),
}
