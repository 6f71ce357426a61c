"""What each group of people gets from the candidate, for whoever reads its verdict: from its score table."""

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.model.slices import Slice
from lockgate.domain.statistics.groups import Rates, group_rates
from lockgate.domain.statistics.metrics.metric import BINARY


def groups_of(policy: FairnessPolicy | None, case: Case) -> tuple[Rates, ...]:
    """Every group that the fairness gate judges; none where it is off or has no scores of this model."""
    evidence, scores = case.evidence.of(AccuracyEvidence), case.evidence.scores
    if policy is None or policy.mode == "off" or evidence is None or scores is None or scores.sample.task != BINARY:
        return ()
    if evidence.subject.differs_from(case.candidate.subject):
        return ()
    parsed = [Slice.parse(attribute) for attribute in policy.attributes]
    there = [each for each in parsed if set(each.names) <= set(scores.columns)]
    level = 1 - 2 * policy.alpha
    grouped = [each.groups(scores.columns) for each in there]
    return tuple(found for groups in grouped for found in group_rates(scores.binary, groups, level, policy.min_rows))
