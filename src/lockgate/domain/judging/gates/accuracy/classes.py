"""The accuracy gate by class: floors for each class, label or target, and claims of harm corrected for their number."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, ClassesPolicy
from lockgate.domain.judging.gates.accuracy.slices import GATE, NONE, SETTINGS, Others, judge_each
from lockgate.domain.judging.protocol.champion import CHAMPION_RULE
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.interval_rule import Rule
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.names import listed, meant
from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.one_of_many import class_metric, target_metric
from lockgate.domain.statistics.sample import AnySample, ClassSample, LabelSample, Sample, ValueSample

REASONS = (
    Reason.CLASS_BELOW_FLOOR,
    Reason.CLASS_WORSE_THAN_CHAMPION,
    Reason.CLASS_TOO_SMALL,
    Reason.UNKNOWN_CLASS,
)


@dataclass(frozen=True)
class _Class:
    """A class, a label or a target with the metric of it alone."""

    name: str
    metric: Metric


def judge_classes(policy: AccuracyPolicy, scores: ScoreTable, others: Others = NONE) -> Iterator[Finding]:
    """Findings on every class, against its floor, and against champion and anchor where their scores are at hand.

    One of fewer rows than the policy asks for is named and undecided: whoever asks for floors of classes wants to know
    of the rare ones most.
    """
    wanted, sample = policy.classes, scores.sample
    if wanted is None or isinstance(sample, Sample):
        return
    if unknown := [name for name in wanted.floors if name not in sample.names]:
        yield _unknown(unknown, sample)
    rows = _rows_of(sample)
    if small := {name: count for name, count in rows.items() if count < wanted.min_rows}:
        yield _small(small, wanted, sample)
    large = [_Class(name, _metric(wanted.metric, name, sample)) for name in rows if name not in small]
    yield from _floors(policy, wanted, sample, large)
    for name, margin, theirs in others.asked(wanted.margin, wanted.total_margin):
        yield from _against(policy, (name, margin), sample, theirs.sample, large)


def _noun(sample: AnySample, *, many: bool = False) -> str:
    """What the task has several of."""
    if isinstance(sample, ValueSample):
        return "targets" if many else "target"
    if isinstance(sample, LabelSample):
        return "labels" if many else "label"
    return "classes" if many else "class"


def _metric(name: str, of: str, sample: AnySample) -> Metric:
    return target_metric(name, of) if isinstance(sample, ValueSample) else class_metric(name, of)


def _rows_of(sample: ClassSample | LabelSample | ValueSample) -> Mapping[str, int]:
    """How many rows truly are of each class or have each label; of a target all are."""
    if isinstance(sample, ClassSample):
        counts = np.bincount(sample.truth, minlength=len(sample.names))
    else:
        counts = (
            sample.truth.sum(axis=0) if isinstance(sample, LabelSample) else np.full(len(sample.names), sample.rows)
        )
    return dict(zip(sample.names, counts.tolist(), strict=True))


def _unknown(names: list[str], sample: ClassSample | LabelSample | ValueSample) -> Finding:
    message = f"gates.accuracy.classes.floors names {listed(map(repr, names))}{meant(names[0], sample.names)}"
    remedy = f"the model answers {listed(map(repr, sample.names))}: mend the name"
    return Finding(GATE, "classes", Outcome.UNDECIDED, message, remedy=remedy, reason=Reason.UNKNOWN_CLASS)


def _small(small: Mapping[str, int], wanted: ClassesPolicy, sample: AnySample) -> Finding:
    rarest = sorted(small.items(), key=lambda each: (each[1], each[0]))
    named = listed(f"{name} ({rows} rows)" for name, rows in rarest)
    return Finding(
        GATE,
        f"rare {_noun(sample, many=True)}",
        Outcome.UNDECIDED,
        f"fewer than {wanted.min_rows} rows: {named}",
        rows=sample.rows,
        remedy="judge more rows of it, or lower gates.accuracy.classes.min_rows: its bound is then judged",
        reason=Reason.CLASS_TOO_SMALL,
    )


def _floors(
    policy: AccuracyPolicy, wanted: ClassesPolicy, sample: AnySample, classes: list[_Class]
) -> Iterator[Finding]:
    limits = {each.name: wanted.floors.get(each.name, wanted.floor) for each in classes}
    rules, estimates = [], []
    for each in classes:
        limit, metric = limits[each.name], each.metric
        if limit is not None:
            name = f"{_noun(sample)} {each.name}: floor"
            rules.append(
                Rule(
                    GATE, name, str(metric), limit, metric.higher_is_better, Reason.CLASS_BELOW_FLOOR, ends=metric.ends
                )
            )
            estimates.append(estimate(metric, sample, policy.level))
    return judge_each(policy, rules, estimates)


def _against(
    policy: AccuracyPolicy, asked: tuple[str, float], ours: AnySample, theirs: AnySample, classes: list[_Class]
) -> Iterator[Finding]:
    other, margin = asked
    reason = Reason.CLASS_WORSE_THAN_CHAMPION if other == CHAMPION_RULE else Reason.WORSE_THAN_ANCHOR

    def rule(each: _Class) -> Rule:
        name, what = f"{_noun(ours)} {each.name}: {other}", f"{each.metric} against the {other}"
        setting = f"gates.accuracy.classes.{SETTINGS[other]}"
        return Rule(
            GATE,
            name,
            what,
            -margin,
            at_least=True,
            reason=reason,
            strict=True,
            setting=setting,
            ends=each.metric.ends_of_difference,
        )

    estimates = [difference(each.metric, ours, theirs, policy.level) for each in classes]
    return judge_each(policy, [rule(each) for each in classes], estimates)
