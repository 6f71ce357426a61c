"""What each group of people gets from the candidate, for whoever reads its verdict: from its score table."""

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.fairness.group_figures import GroupTable, group_tables
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.judging.protocol.case import Case


def groups_of(policy: FairnessPolicy | None, case: Case) -> tuple[GroupTable, ...]:
    """Every group that the fairness gate judges; none where it is off or has no scores of this model."""
    evidence, scores = case.evidence.of(AccuracyEvidence), case.evidence.scores
    if policy is None or policy.mode == "off" or evidence is None or scores is None:
        return ()
    return () if evidence.subject.differs_from(case.candidate.subject) else group_tables(policy, scores)
