"""What the data gate estimates from rows, and judges by the bound: a single feature's ROC AUC, and the distances.

Evidence of before has no bounds, and is judged by the point.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from lockgate.domain.judging.gates.data.contradictions import GATE
from lockgate.domain.judging.gates.data.evidence import RANKS, ColumnDistance, DataEvidence
from lockgate.domain.judging.gates.data.limits import OF_CLASSES, OF_NUMBERS, at_most, no_number, sizes, worst_of
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_worst, worst_claim
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import BY_THE_POINT
from lockgate.domain.model.splits import TEST, TRAINING
from lockgate.domain.numbers import size
from lockgate.domain.statistics.blocks import too_few
from lockgate.domain.statistics.bounds.correlations import correlated
from lockgate.domain.statistics.bounds.distances import distance_estimate
from lockgate.domain.statistics.bounds.means import FEWEST
from lockgate.domain.statistics.bounds.ranks import area_interval
from lockgate.domain.statistics.interval import Estimate


def judge_single_feature(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    """No input alone tells what is true better than the policy allows, on the training rows."""
    worst, auc = worst_of(sizes(evidence.features))
    told = f"the strongest feature alone, {worst}"
    rows, limit = evidence.splits["training"].rows, policy.max_single_feature
    if not evidence.feature_errors:
        why = (Reason.LEAKAGE_FEATURE, _left_out(worst or "it"))
        return _by_the_point(at_most("single feature", told, auc, limit, rows, why))
    found = {name: _alone(evidence, name, policy.level) for name in evidence.features}
    if auc is None or any(each.interval is None and not each.why for each in found.values()):
        lacks = OF_NUMBERS if evidence.feature_metric == RANKS else OF_CLASSES
        return no_number("single feature", told, limit, rows, lacks)
    rules = [_rule_of_feature(name, limit, evidence) for name in found]
    return judge_worst(list(zip(rules, found.values(), strict=True)), policy.alpha)


def _rule_of_feature(name: str, limit: float, evidence: DataEvidence) -> Rule:
    metric = "rank correlation" if evidence.feature_metric == RANKS else "ROC AUC"
    of = f" for {evidence.feature_classes[name]}" if name in evidence.feature_classes else ""
    return Rule(
        GATE,
        "single feature",
        f"{metric} of {name}{of}, the strongest feature alone,",
        limit,
        at_least=False,
        reason=Reason.LEAKAGE_FEATURE,
        setting="gates.data.max_single_feature",
        remedy=_left_out(name),
    )


def _left_out(name: str) -> str:
    return f"find out how {name} knows the label, and leave it out of `inputs()` if it is not known before"


def _alone(evidence: DataEvidence, name: str, level: float) -> Estimate:
    """What a feature reaches alone: an area by its standard error and the training rows of each class."""
    split, auc = evidence.splits["training"], size(evidence.features[name])
    error = size(evidence.feature_errors.get(name))
    degrees = evidence.feature_degrees.get(name, FEWEST) if evidence.group else math.inf
    if evidence.feature_metric == RANKS:
        return _counted(Estimate(*correlated(auc, error, level, degrees), split.rows), evidence, "training")
    positives = (split.counts or {}).get(evidence.feature_classes.get(name, evidence.positive), 0)
    if auc is None or auc > 1 or error is None or not 0 < positives < split.rows:
        return Estimate(None, None, split.rows)
    interval = area_interval(auc, error, positives, split.rows - positives, level, degrees)
    return _counted(Estimate(auc, interval, split.rows), evidence, "training")


def _counted(found: Estimate, evidence: DataEvidence, *splits: str) -> Estimate:
    """With the blocks that the rows of these tables are of; no interval where one has too few of them."""
    if not evidence.group:
        return found
    few = next(filter(None, (_too_few(evidence, split) for split in splits)), "")
    return replace(found, interval=None if few else found.interval, why=few, blocks=evidence.splits[splits[-1]].blocks)


def _too_few(evidence: DataEvidence, split: str) -> str:
    blocks = evidence.splits[split].blocks
    if blocks < 1:
        return f"nothing says of how many blocks the rows of {split} are"
    return too_few(blocks, split)


def judge_distance(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    """No column of the test rows is farther from the training rows than the policy allows."""
    worst, largest = worst_of(sizes({distance.column: distance.distance for distance in evidence.distances}))
    kind = next((distance.kind for distance in evidence.distances if distance.column == worst), "distance")
    told = f"the {kind} distance of {worst or 'columns'} between training and test"
    rows, limit = evidence.splits["test"].rows, policy.max_distance
    if not any(distance.chance is not None for distance in evidence.distances):
        why = (Reason.SPLIT_DISTANCE, _drawn_alike(worst or "the column"))
        return _by_the_point(at_most("distance", told, largest, limit, rows, why))
    found = [(distance, _apart(evidence, distance, policy.level)) for distance in evidence.distances]
    if any(each.interval is None and not each.why for _, each in found):
        return no_number("distance", told, limit, rows)
    place, gravest = worst_claim([(_rule_of_distance(column, limit), each) for column, each in found], policy.alpha)
    undecided = gravest.outcome is Outcome.UNDECIDED
    return replace(gravest, remedy=EACH_ITS_OWN) if undecided and _each_its_own(found[place][0]) else gravest


MOSTLY = 0.5
"""Beyond this, two tables of one population have more texts of their own than they share."""
EACH_ITS_OWN = (
    "no number of rows decides it where nearly every row has a value of its own, as free text has: leave the column "
    "out of `inputs()`, or write gates.data.max_distance: 1, which asks it of no column"
)


def _each_its_own(distance: ColumnDistance) -> bool:
    return not distance.ranked and (distance.chance or 0.0) > MOSTLY


def _rule_of_distance(distance: ColumnDistance, limit: float) -> Rule:
    return Rule(
        GATE,
        "distance",
        f"{distance.kind} distance of {distance.column} between training and test, less what chance makes,",
        limit,
        at_least=False,
        reason=Reason.SPLIT_DISTANCE,
        setting="gates.data.max_distance",
        remedy=_drawn_alike(distance.column),
    )


def _drawn_alike(column: str) -> str:
    return f"draw training and test rows from one population, or leave {column} out of `inputs()`"


def _apart(evidence: DataEvidence, distance: ColumnDistance, level: float) -> Estimate:
    splits = evidence.splits["training"], evidence.splits["test"]
    found, chance, rows = size(distance.distance), size(distance.chance), [each.rows for each in splits]
    if found is None or chance is None or found > 1 or min(rows) < 1:
        return Estimate(None, None, rows[1])
    degrees = min(each.degrees for each in splits) if evidence.group else math.inf
    alone = [_independent(distance, name, rows[place]) for place, name in enumerate((TRAINING, TEST))]
    told = distance_estimate(found, chance, (alone[0], alone[1]), level, ranked=distance.ranked, degrees=degrees)
    return _counted(replace(told, rows=rows[1]), evidence, TRAINING, TEST)


def _independent(distance: ColumnDistance, split: str, rows: int) -> float:
    """How many rows, one by one, would tell as much: one where what is told of it is no such number."""
    told = distance.independent.get(split, rows)
    return min(told, rows) if math.isfinite(told) and told > 0 else 1.0


def judge_targets(policy: DataPolicy, evidence: DataEvidence) -> Iterator[Finding]:
    """No target of the test rows is farther from that of the training rows than the policy allows."""
    if evidence.task.kind != "regression":
        return
    rows, limit = evidence.splits["test"].rows, policy.max_target_distance
    found = [(distance, _apart(evidence, distance, policy.level)) for distance in evidence.targets]
    if not found or any(each.interval is None and not each.why for _, each in found):
        yield no_number(
            "target distance", "the distance of what is true between training and test", limit, rows, OF_NUMBERS
        )
        return
    yield judge_worst([(_rule_of_target(distance, limit), each) for distance, each in found], policy.alpha)


def _rule_of_target(distance: ColumnDistance, limit: float) -> Rule:
    return replace(
        _rule_of_distance(distance, limit),
        name="target distance",
        setting="gates.data.max_target_distance",
        remedy=f"draw training and test rows from one population: {distance.column} is what is to be answered",
    )


def _by_the_point(found: Finding) -> Finding:
    return found if found.measured is None else replace(found, message=found.message + BY_THE_POINT)
