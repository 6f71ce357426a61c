"""The explanation gate's own question about the glassbox: is a model that nobody can read worth it on these rows?"""

from dataclasses import replace

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.gates.explanation.importance_shift import GATE
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_interval
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.score_evidence import inconsistent, unsound
from lockgate.domain.judging.protocol.unmeasured import RECHECK, unmeasured
from lockgate.domain.model.candidate import Subject
from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.metrics.metric import Metric

RULE = "glassbox"


def judge_glassbox(
    policy: ExplanationPolicy, metric: str | Metric | None, level: float, evidence: Evidence, subject: Subject
) -> tuple[Finding, ...]:
    """The finding on how far the candidate is behind the glassbox; none where the policy does not ask.

    Both answer the same held-out rows; the difference is paired, in ``metric`` and by an interval of that ``level``.
    """
    limit, ours = policy.max_behind_reference, evidence.scores
    theirs = evidence.tables.get(ReferenceEvidence)
    if limit is None:
        return ()
    if metric is None:
        message = "the metric of the accuracy gate cannot be asked here"
        return (replace(unmeasured(GATE, message, Reason.NOT_MEASURED, "see what the accuracy gate says"), rule=RULE),)
    wrong = unsound(GATE, metric, evidence.of(AccuracyEvidence), ours, subject)
    wrong = wrong or _unsound_reference(metric, evidence, subject)
    if wrong:
        return (replace(wrong, rule=RULE),)
    if ours is None or theirs is None:  # what has been said already
        return ()
    if not ours.same_rows(theirs):
        message = "the glassbox was measured on other rows, or another class was positive"
        return (Finding(GATE, RULE, Outcome.UNDECIDED, message, limit=limit, remedy=RECHECK, reason=Reason.OTHER_ROWS),)
    what = f"{metric} against the glassbox"
    setting = "gates.explanation.max_behind_reference"
    rule = Rule(GATE, RULE, what, -limit, at_least=True, reason=Reason.BEHIND_GLASSBOX, strict=True, setting=setting)
    return (judge_interval(rule, difference(metric, ours.sample, theirs.sample, level)),)


def _unsound_reference(metric: str | Metric, evidence: Evidence, subject: Subject) -> Finding | None:
    """Why the glassbox says nothing: evidence that is absent, of other data, or not what its own scores say."""
    reference, scores = evidence.of(ReferenceEvidence), evidence.tables.get(ReferenceEvidence)
    data = evidence.of(DataEvidence)
    if reference is None:
        return unmeasured(GATE, "no glassbox was measured", Reason.NOT_MEASURED)
    if reference.data != subject.data:
        return unmeasured(GATE, "the glassbox was measured on other held-out rows", Reason.OTHER_SUBJECT)
    if data is not None and data.digests.get("training") != reference.training:
        return unmeasured(GATE, "the glassbox was fitted on other training rows", Reason.OTHER_SUBJECT)
    if scores is None or not scores.rows or scores.rows != reference.rows:
        return unmeasured(GATE, "the glassbox's table of per-row scores is missing, or is another", Reason.NO_SCORES)
    return inconsistent(GATE, metric, reference.metrics, scores)
