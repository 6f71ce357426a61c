"""What each group of people gets from the candidate, for whoever reads its verdict: from its score table."""

from lockgate.domain.evidence import AccuracyEvidence
from lockgate.domain.slices import Slice
from lockgate.domain.statistics.groups import Rates, group_rates
from lockgate.domain.verdict import Verdict
from lockgate.ports import Tables
from lockgate.usecases.project import Project
from lockgate.usecases.scores import find_scores
from lockgate.usecases.sound import read_if_sound


def read_groups(project: Project, verdict: Verdict, tables: Tables) -> tuple[Rates, ...]:
    """Every group of every attribute of the fairness gate; none where it is off or has no scores of this model."""
    policy, subject = verdict.policy.fairness, verdict.candidate.subject
    evidence = read_if_sound(project, project.layout.evidence(subject.candidate, "accuracy"), AccuracyEvidence)
    if policy is None or policy.mode == "off" or evidence is None or evidence.subject.differs_from(subject):
        return ()
    scores = find_scores(project, tables, evidence)
    if scores is None:
        return ()
    parsed = [Slice.parse(attribute) for attribute in policy.attributes]
    there = [each for each in parsed if set(each.names) <= set(scores.columns)]
    level = 1 - 2 * policy.alpha
    return tuple(found for each in there for found in group_rates(scores.sample, each.groups(scores.columns), level))
