"""The calibration gate: probabilities mean what they say, by the upper bounds of two errors."""

from lockgate.domain.candidate import Subject
from lockgate.domain.evidence import AccuracyEvidence
from lockgate.domain.gates.accuracy import unsound
from lockgate.domain.gates.bounds import Rule, judge
from lockgate.domain.policies.calibration import CalibrationPolicy
from lockgate.domain.scores import ScoreTable
from lockgate.domain.statistics.calibration import brier, expected_calibration_error
from lockgate.domain.verdict import Finding

GATE = "calibration"


def judge_calibration(
    policy: CalibrationPolicy, evidence: AccuracyEvidence | None, scores: ScoreTable | None, subject: Subject
) -> tuple[Finding, ...]:
    """Findings on the Brier score and on the expected calibration error, as far as the policy limits them."""
    if wrong := unsound(GATE, None, evidence, scores, subject):
        return (wrong,)
    if scores is None:  # what `unsound` has said already
        return ()
    wanted = (
        ("brier", "Brier score", policy.max_brier, brier),
        ("calibration error", "expected calibration error", policy.max_calibration_error, expected_calibration_error),
    )
    level = 1 - 2 * policy.alpha
    return tuple(
        judge(Rule(GATE, name, what, limit, at_least=False, reason="miscalibrated"), measure(scores.sample, level))
        for name, what, limit, measure in wanted
        if limit is not None
    )
