"""The calibration gate: probabilities mean what they say, by the upper bounds of two errors."""

from collections.abc import Iterator
from dataclasses import replace

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.calibration.policy import WORDS, CalibrationPolicy
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_worst
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.score_evidence import unsound
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.statistics.interval import Estimate
from lockgate.domain.statistics.metrics.calibration_error import (
    brier,
    error_of_probabilities,
    expected_calibration_error,
    top_label,
)
from lockgate.domain.statistics.metrics.coverage_error import coverages, crossing
from lockgate.domain.statistics.metrics.one_of_many import one_class
from lockgate.domain.statistics.sample import AnySample, ClassSample, LabelSample, Sample, ValueSample

GATE = "calibration"
OF_POINTS = "a regression that answers one number for each target, and no quantiles, says nothing of how sure it is"


def judge_calibration(
    policy: CalibrationPolicy, evidence: AccuracyEvidence | None, scores: ScoreTable | None, subject: Subject
) -> tuple[Finding, ...]:
    """Findings on each error that the policy limits, of a class, label or quantile on the worst of them."""
    if wrong := unsound(GATE, None, evidence, scores, subject):
        return (wrong,)
    if scores is None:  # what `unsound` has said already
        return ()
    if isinstance(scores.sample, ValueSample) and not scores.sample.quantiles:
        return (unmeasured(GATE, OF_POINTS, Reason.NOT_MEASURED, "leave gates.calibration out, or answer quantiles"),)
    level, found = 1 - 2 * policy.alpha, scores.sample
    asked = (
        (policy.max_brier, _brier),
        (policy.max_calibration_error, _probabilities),
        (policy.max_class_calibration_error, _classes),
        (policy.max_coverage_error, _coverage),
        (policy.max_crossing, _crossing),
    )
    claims = [list(measure(found, limit, level)) for limit, measure in asked if limit is not None]
    return tuple(judge_worst(each, policy.alpha) for each in claims if each)


def _rule(name: str, what: str, limit: float, remedy: str = "") -> Rule:
    return Rule(GATE, name, what, limit, at_least=False, reason=Reason.MISCALIBRATED, remedy=remedy)


def _brier(sample: AnySample, limit: float, level: float) -> Iterator[tuple[Rule, Estimate]]:
    if not isinstance(sample, ValueSample):
        yield _rule("brier", "Brier score", limit), brier(sample, level)


def _probabilities(sample: AnySample, limit: float, level: float) -> Iterator[tuple[Rule, Estimate]]:
    """Of the positive class, of the likeliest of several, of each label."""
    name, what = "calibration error", "expected calibration error"
    if isinstance(sample, Sample):
        yield _rule(name, what, limit), expected_calibration_error(sample, level)
    elif isinstance(sample, ClassSample):
        hit, told = top_label(sample)
        yield (
            _rule(name, f"{what} of the likeliest class", limit),
            error_of_probabilities(hit, told, level, blocks=sample.blocks, of_others=True),
        )
    elif isinstance(sample, LabelSample):
        yield from _each(sample, name, limit, level)


def _classes(sample: AnySample, limit: float, level: float) -> Iterator[tuple[Rule, Estimate]]:
    if isinstance(sample, ClassSample):
        yield from _each(sample, "calibration of classes", limit, level)


def _each(sample: ClassSample | LabelSample, name: str, limit: float, level: float) -> Iterator[tuple[Rule, Estimate]]:
    """Of each class or label by itself; that it is rare makes its probabilities small, and its error too."""
    for of in sample.names:
        one = one_class(sample, of)
        found = error_of_probabilities(one.labels, one.scores, level, blocks=one.blocks, of_others=True)
        yield _rule(name, f"expected calibration error of {of}, the worst of {len(sample.names)},", limit), found


def _coverage(sample: AnySample, limit: float, level: float) -> Iterator[tuple[Rule, Estimate]]:
    if isinstance(sample, ValueSample):
        for each in coverages(sample, level):
            what = f"the {each.name} covers {each.found:.4f} in place of {each.nominal:.4g}: an error of"
            yield _rule("coverage", what, limit, "widen or narrow what it answers"), each.error


def _crossing(sample: AnySample, limit: float, level: float) -> Iterator[tuple[Rule, Estimate]]:
    """No bound shows that no row ever crosses: where none may, these are counted."""
    if isinstance(sample, ValueSample):
        remedy = "sort the quantiles of each row, in the model or in its graph, or train them together"
        rule = _rule("crossing", "the share of rows in which quantiles cross is", limit, remedy)
        yield replace(rule, reason=Reason.QUANTILES_CROSS), crossing(sample, level, of_others=limit > 0)


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
    of_points=OF_POINTS,
    reasons=(
        Reason.OTHER_SUBJECT,
        Reason.NO_SCORES,
        Reason.MEASURED_OTHERWISE,
        Reason.EDITED,
        Reason.NOT_A_NUMBER,
        Reason.NOT_ENOUGH_ROWS,
        Reason.MISCALIBRATED,
        Reason.QUANTILES_CROSS,
    ),
)
