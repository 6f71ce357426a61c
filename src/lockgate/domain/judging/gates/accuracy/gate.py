"""The accuracy gate: the ONNX model meets the floor on held-out rows and is no worse than champion and anchor."""

from collections.abc import Iterator
from dataclasses import replace

from lockgate.domain.judging.gates.accuracy.anchor import REASONS as OF_THE_ANCHOR
from lockgate.domain.judging.gates.accuracy.anchor import judge_anchor, with_anchor
from lockgate.domain.judging.gates.accuracy.classes import REASONS as OF_CLASSES
from lockgate.domain.judging.gates.accuracy.classes import judge_classes
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.order import with_order
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy
from lockgate.domain.judging.gates.accuracy.slices import GATE, Others, judge_slices
from lockgate.domain.judging.gates.accuracy.task_demands import not_of_the_task
from lockgate.domain.judging.gates.accuracy.words import figures, words
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import CHAMPION_RULE, Champion
from lockgate.domain.judging.protocol.extensions.metric import metric_failed, unusable
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_interval, least_room
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.score_evidence import own_model, unsound, without_champion
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.statistics.differences import difference, nearest_twin
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.guarded import MetricFailed
from lockgate.domain.statistics.metrics.metric import BINARY, Metric
from lockgate.domain.statistics.metrics.registry import metric_of


def judge_accuracy(
    policy: AccuracyPolicy,
    evidence: AccuracyEvidence | None,
    scores: ScoreTable | None,
    subject: Subject,
    champion: Champion | None,
    metric: Metric | None = None,
) -> tuple[Finding, ...]:
    """Findings on the evidence itself, on the floor, and on the difference to the champion.

    ``metric`` is the policy's; it may be left out where that is one of Lockgate's own.
    """
    metric = metric or metric_of(policy.metric, scores.sample.task if scores else BINARY)
    if wrong := unsound(GATE, metric, evidence, scores, subject):
        return (wrong,)
    if evidence is None or scores is None:  # what `unsound` has said already
        return ()
    found = [_floor(policy, metric, scores)]
    if same := own_model(GATE, evidence, champion):
        return (*found, same)
    lacking = without_champion(GATE, metric, evidence, scores, champion)
    if lacking is not None:
        told = f"{lacking.message}{_without_room(policy, metric, scores)}" if champion is None else lacking.message
        found.append(replace(lacking, message=told))
    elif champion is not None and champion.scores is not None:
        found.append(_against(policy, metric, scores, champion.scores, champion.name))
    return tuple(found)


def _floor(policy: AccuracyPolicy, metric: Metric, scores: ScoreTable) -> Finding:
    rule = Rule(GATE, "floor", str(metric), policy.floor, metric.higher_is_better, Reason.BELOW_FLOOR, ends=metric.ends)
    return with_order(judge_interval(rule, estimate(metric, scores.sample, policy.level)), metric, scores.sample)


LAST_BIT = 1e-9
"""A smaller margin is that of a last bit, and says nothing of a model."""


def _without_room(policy: AccuracyPolicy, metric: Metric, scores: ScoreTable) -> str:
    """What a margin of 0 will ask of the first challenger, told before there is one."""
    if policy.margin > 0:
        return ""
    least = least_margin(policy, metric, scores)
    known = f", and on these {scores.rows} rows none passes with less than {least:g} that is only as good"
    return "; gates.accuracy.margin is 0: the next must be surely better" + (known if least > LAST_BIT else "")


def least_margin(policy: AccuracyPolicy, metric: Metric, ours: ScoreTable, theirs: ScoreTable | None = None) -> float:
    """The least margin with which an equally good model could pass on these rows, in two digits.

    Beside another model it is what the interval of their paired difference reaches; without one, what it reaches for a
    twin that answers all but alike: no other model needs less.
    """
    other = nearest_twin(ours.sample) if theirs is None else theirs.sample
    return least_room(difference(metric, ours.sample, other, policy.level), at_least=True)


def _against(policy: AccuracyPolicy, metric: Metric, ours: ScoreTable, theirs: ScoreTable, name: str) -> Finding:
    rule = Rule(
        GATE,
        CHAMPION_RULE,
        f"{metric} against the {name}",
        -policy.margin,
        at_least=True,
        reason=Reason.WORSE_THAN_CHAMPION,
        strict=True,
        setting="gates.accuracy.margin",
        ends=metric.ends_of_difference,
    )
    return judge_interval(rule, difference(metric, ours.sample, theirs.sample, policy.level))


def comparable(
    metric: str | Metric | None, evidence: AccuracyEvidence, scores: ScoreTable, champion: Champion | None
) -> Iterator[ScoreTable]:
    """The champion's scores where they are of the same rows and bear out its evidence, else nothing."""
    if own_model(GATE, evidence, champion) or without_champion(GATE, metric, evidence, scores, champion):
        return
    if champion is not None and champion.scores is not None:
        yield champion.scores


def judge(policy: AccuracyPolicy, case: Case) -> Iterator[Finding]:
    """By the candidate's and the champion's answers to the held-out rows, all of them and by slices."""
    evidence, scores = case.evidence.of(AccuracyEvidence), case.evidence.scores
    if case.evidence.contradiction:
        # DVC takes for made what its record agrees with, and would run nothing.
        stage = f"check@{case.subject.candidate}"
        remedy = (
            f"make it anew: dvc repro --force --single-item {stage} (of the glassbox: reference); then lockgate deliver"
        )
        yield unmeasured(GATE, case.evidence.contradiction, Reason.EDITED, remedy)
        return
    if other := not_of_the_task(case.signature, scores, evidence, policy.metric) or unusable(
        GATE, policy.metric, case, evidence
    ):
        yield other
        return
    try:
        yield from tuple(_judged(policy, case, evidence, scores))
    except MetricFailed as error:
        yield metric_failed(GATE, policy.metric, error)


def _judged(
    policy: AccuracyPolicy, case: Case, evidence: AccuracyEvidence | None, scores: ScoreTable | None
) -> Iterator[Finding]:
    found = judge_accuracy(policy, evidence, scores, case.subject, case.champion, case.metric)
    yield from (with_anchor(each, case.anchor, case.champion) for each in found)
    if evidence is None or scores is None or any(finding.rule == "measured" for finding in found):
        return
    metric = case.metric or metric_of(policy.metric, scores.sample.task)
    yield from judge_anchor(policy, metric, evidence, scores, case.champion, case.anchor)
    if policy.slices is None and policy.classes is None:
        return
    theirs = next(comparable(case.metric, evidence, scores, case.champion), None)
    others = Others(theirs, _of_anchor(case, evidence, scores, theirs))
    yield from judge_classes(policy, scores, others)
    if policy.slices is not None:
        yield from judge_slices(policy, scores, others, case.min_rows_per_value, case.metric)


def _of_anchor(
    case: Case, evidence: AccuracyEvidence, scores: ScoreTable, champions: ScoreTable | None
) -> ScoreTable | None:
    """The anchor's scores, where it can be told and is on the same rows; ``champions`` where it is the champion."""
    anchor = case.anchor
    if anchor is None or case.champion is None or anchor.absent or own_model(GATE, evidence, case.champion):
        return None
    if anchor.release == case.champion.release:
        return champions
    return next(comparable(case.metric, evidence, scores, anchor), None)


ACCURACY = Gate(
    name=GATE,
    policy=AccuracyPolicy,
    documents={GATE: AccuracyEvidence},
    judge=judge,
    required=True,
    beside_champion=True,
    words=words,
    figures=figures,
    reasons=(
        Reason.OTHER_SUBJECT,
        Reason.NO_SCORES,
        Reason.MEASURED_OTHERWISE,
        Reason.EDITED,
        Reason.NOT_BINARY,
        Reason.NOT_A_NUMBER,
        Reason.NOT_ENOUGH_ROWS,
        Reason.NO_CHAMPION,
        Reason.NO_CHAMPION_EVIDENCE,
        Reason.OTHER_ROWS,
        Reason.BELOW_FLOOR,
        Reason.WORSE_THAN_CHAMPION,
        *OF_THE_ANCHOR,
        Reason.SLICE_BELOW_FLOOR,
        Reason.SLICE_WORSE_THAN_CHAMPION,
        Reason.MISSING_SLICE,
        Reason.SLICE_TOO_SMALL,
        *OF_CLASSES,
    ),
)
