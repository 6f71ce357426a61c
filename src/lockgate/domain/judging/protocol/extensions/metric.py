"""What a gate says where the policy's metric is of somebody else's package, and cannot be asked."""

from lockgate.domain.choices import is_installed
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.score_evidence import ScoreEvidence
from lockgate.domain.judging.protocol.unmeasured import RECHECK, unmeasured
from lockgate.domain.statistics.metrics.guarded import MetricFailed


def unusable(gate: str, metric: str, case: Case, evidence: ScoreEvidence | None) -> Finding | None:
    """Why nothing is judged by the metric: it is not here, or the evidence does not state it."""
    if not is_installed(metric):
        return None
    if case.metric is None:
        remedy = case.installed.remedy(metric, " where this is judged")
        problem = case.installed.problem(metric)
        return unmeasured(gate, f"the metric {metric} cannot be asked here: {problem}", Reason.NOT_MEASURED, remedy)
    if evidence is not None and metric not in evidence.metrics:
        return unmeasured(gate, f"the evidence does not state {case.metric}", Reason.NOT_MEASURED)
    return None


def metric_failed(gate: str, metric: str, error: MetricFailed) -> Finding:
    """Undecided: the code of others gave up."""
    remedy = f"ask those who made {metric}; then {RECHECK}"
    return unmeasured(gate, str(error), Reason.NOT_MEASURED, remedy)
