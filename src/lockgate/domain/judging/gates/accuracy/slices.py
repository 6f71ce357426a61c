"""The accuracy gate on slices: the same rule for each part, and claims of harm corrected for their number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, SlicesPolicy
from lockgate.domain.judging.protocol.champion import CHAMPION_RULE
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.interval_rule import Rule, chance, judge_interval
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.slices import Rows, Slice, quoted
from lockgate.domain.names import listed, meant, sizes
from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.interval import Estimate
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import metric_of
from lockgate.domain.statistics.multiple_testing import holm

GATE = "accuracy"


@dataclass(frozen=True)
class Part:
    """A part of the rows that is large enough to be judged."""

    name: str
    rows: Rows


def judge_slices(
    policy: AccuracyPolicy, scores: ScoreTable, theirs: ScoreTable | None, least: int = 1, metric: Metric | None = None
) -> tuple[Finding, ...]:
    """Findings on every part, against the floor and against the champion where its scores are at hand.

    Of parts that are too small to be judged, those of fewer than ``least`` rows are counted and not named.
    """
    wanted = policy.slices
    if wanted is None:
        return ()
    metric = metric or metric_of(policy.metric, scores.sample.task)
    parts: list[Part] = []
    findings: list[Finding] = []
    for text in wanted.by:
        found, said = _parts(Slice.parse(text), scores, wanted, least)
        parts += found
        findings += said
    if wanted.floor is not None:
        findings += _floors(policy, metric, wanted.floor, scores, parts)
    if wanted.margin is not None and theirs is not None:
        findings += _against(policy, metric, wanted.margin, scores, theirs, parts)
    return tuple(findings)


def _parts(wanted: Slice, scores: ScoreTable, policy: SlicesPolicy, least: int) -> tuple[list[Part], list[Finding]]:
    rule = f"slice {wanted}"
    try:
        found = [Part(name, rows) for name, rows in wanted.parts(scores.columns)]
    except (KeyError, ValueError) as error:
        what = _absent(str(error.args[0]), scores) if isinstance(error, KeyError) else str(error)
        mend = "mend gates.accuracy.slices.by, or add the column to tables.judged_only"
        remedy = f"its columns are {listed(map(quoted, scores.columns))}; {mend}"
        return [], [Finding(GATE, rule, Outcome.UNDECIDED, what, remedy=remedy, reason=Reason.MISSING_SLICE)]
    large = [part for part in found if len(part.rows) >= policy.min_rows]
    small = [part for part in found if len(part.rows) < policy.min_rows]
    if not small:
        return large, []
    # The name of a condition is the policy's own word, and no value of a row.
    named = sizes(((part.name, len(part.rows)) for part in small), 1 if wanted.conditions else least)
    if wanted.conditions or not large:
        message = f"fewer than {policy.min_rows} rows: {named}"
        remedy = "judge more rows, or name a larger part in gates.accuracy.slices.by"
        finding = Finding(GATE, rule, Outcome.UNDECIDED, message, remedy=remedy, reason=Reason.SLICE_TOO_SMALL)
        return large, [finding]
    return large, [Finding(GATE, rule, Outcome.PASSED, f"not judged, fewer than {policy.min_rows} rows: {named}")]


def _absent(name: str, scores: ScoreTable) -> str:
    return f"the score table has no column {name!r}{meant(name, scores.columns)}"


def _floors(
    policy: AccuracyPolicy, metric: Metric, floor: float, scores: ScoreTable, parts: Sequence[Part]
) -> Iterator[Finding]:
    def rule(part: Part) -> Rule:
        what = f"{metric} where {part.name}"
        return Rule(GATE, f"slice {part.name}: floor", what, floor, metric.higher_is_better, Reason.SLICE_BELOW_FLOOR)

    estimates = [estimate(metric, scores.sample.where(part.rows), policy.level) for part in parts]
    return judge_each(policy, [rule(part) for part in parts], estimates)


def _against(
    policy: AccuracyPolicy, metric: Metric, margin: float, ours: ScoreTable, theirs: ScoreTable, parts: Sequence[Part]
) -> Iterator[Finding]:
    def rule(part: Part) -> Rule:
        what = f"{metric} against the champion where {part.name}"
        name = f"slice {part.name}: {CHAMPION_RULE}"
        reason, setting = Reason.SLICE_WORSE_THAN_CHAMPION, "gates.accuracy.slices.margin"
        return Rule(GATE, name, what, -margin, at_least=True, reason=reason, strict=True, setting=setting)

    estimates = [
        difference(metric, ours.sample.where(part.rows), theirs.sample.where(part.rows), policy.level) for part in parts
    ]
    return judge_each(policy, [rule(part) for part in parts], estimates)


def judge_each(policy: AccuracyPolicy, rules: Sequence[Rule], estimates: Sequence[Estimate]) -> Iterator[Finding]:
    """Passing is judged for every part as it is; that one breaks the limit must outlive Holm's correction."""
    chances = [chance(found, rule.limit, at_least=rule.at_least) for rule, found in zip(rules, estimates, strict=True)]
    upheld = holm(chances, policy.alpha)
    for rule, found, may_refuse in zip(rules, estimates, upheld, strict=True):
        yield judge_interval(rule, found, may_refuse=may_refuse, claims=len(rules))
