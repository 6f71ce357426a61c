"""The accuracy gate on slices: the same rule for each part, and claims of harm corrected for their number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, SlicesPolicy
from lockgate.domain.judging.protocol.anchor import ANCHOR_RULE
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


@dataclass(frozen=True)
class Others:
    """What the champion and the anchor answered to the same rows; ``None`` where that is not at hand.

    The anchor may be the champion: what was held to a margin then needs no wider one.
    """

    champion: ScoreTable | None = None
    anchor: ScoreTable | None = None

    def asked(self, margin: float | None, total: float | None) -> Iterator[tuple[str, float, ScoreTable]]:
        """Against which of them by which rule, and how much worse a model may be."""
        if margin is not None and self.champion is not None:
            yield CHAMPION_RULE, margin, self.champion
        held = margin is not None and self.anchor is self.champion
        if total is not None and self.anchor is not None and not held:
            yield ANCHOR_RULE, total, self.anchor


SETTINGS = {CHAMPION_RULE: "margin", ANCHOR_RULE: "total_margin"}
NONE = Others()


def judge_slices(
    policy: AccuracyPolicy, scores: ScoreTable, others: Others = NONE, least: int = 1, metric: Metric | None = None
) -> tuple[Finding, ...]:
    """Findings on every part, against the floor, and against champion and anchor where their scores are at hand.

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
    for name, margin, theirs in others.asked(wanted.margin, wanted.total_margin):
        findings += _against(policy, metric, (name, margin), scores, theirs, parts)
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
    named = sizes(((part.name, len(part.rows)) for part in small), 0 if wanted.conditions else least)
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
        return Rule(
            GATE,
            f"slice {part.name}: floor",
            what,
            floor,
            metric.higher_is_better,
            Reason.SLICE_BELOW_FLOOR,
            ends=metric.ends,
        )

    estimates = [estimate(metric, scores.sample.where(part.rows), policy.level) for part in parts]
    return judge_each(policy, [rule(part) for part in parts], estimates)


def _against(
    policy: AccuracyPolicy,
    metric: Metric,
    asked: tuple[str, float],
    ours: ScoreTable,
    theirs: ScoreTable,
    parts: Sequence[Part],
) -> Iterator[Finding]:
    other, margin = asked
    reason = Reason.SLICE_WORSE_THAN_CHAMPION if other == CHAMPION_RULE else Reason.WORSE_THAN_ANCHOR

    def rule(part: Part) -> Rule:
        what, setting = f"{metric} against the {other} where {part.name}", f"gates.accuracy.slices.{SETTINGS[other]}"
        name = f"slice {part.name}: {other}"
        return Rule(
            GATE,
            name,
            what,
            -margin,
            at_least=True,
            reason=reason,
            strict=True,
            setting=setting,
            ends=metric.ends_of_difference,
        )

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
