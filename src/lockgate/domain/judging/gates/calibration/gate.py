"""The calibration gate: probabilities mean what they say, by the upper bounds of two errors."""

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.calibration.policy import WORDS, CalibrationPolicy
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_interval
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.score_evidence import unsound
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.statistics.metrics.calibration_error import brier, expected_calibration_error

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
        judge_interval(
            Rule(GATE, name, what, limit, at_least=False, reason=Reason.MISCALIBRATED), measure(scores.binary, level)
        )
        for name, what, limit, measure in wanted
        if limit is not None
    )


def judge(policy: CalibrationPolicy, case: Case) -> tuple[Finding, ...]:
    """By the candidate's answers to the held-out rows."""
    return judge_calibration(policy, case.evidence.of(AccuracyEvidence), case.evidence.scores, case.subject)


CALIBRATION = Gate(
    name=GATE,
    policy=CalibrationPolicy,
    judges=(AccuracyEvidence,),
    without_project="nothing demands it: see --policy",
    judge=judge,
    words=WORDS,
    reasons=(
        Reason.OTHER_SUBJECT,
        Reason.NO_SCORES,
        Reason.MEASURED_OTHERWISE,
        Reason.EDITED,
        Reason.NOT_ENOUGH_ROWS,
        Reason.MISCALIBRATED,
    ),
)
