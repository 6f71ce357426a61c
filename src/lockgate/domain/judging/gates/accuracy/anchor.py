"""The accuracy gate against the anchor: what all steps together have lost since the best champion on these rows."""

from collections.abc import Iterator
from dataclasses import replace

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy
from lockgate.domain.judging.gates.accuracy.slices import GATE
from lockgate.domain.judging.protocol.anchor import ANCHOR_RULE, Anchor
from lockgate.domain.judging.protocol.champion import CHAMPION_RULE, Champion
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_interval
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.score_evidence import own_model, without_champion
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.statistics.differences import difference
from lockgate.domain.statistics.metrics.metric import Metric

REASONS = (Reason.NO_ANCHOR, Reason.WORSE_THAN_ANCHOR)
WHOLE_HISTORY = "have the commits that changed its file and the releases that they name; see docs/gates.md"


def judge_anchor(
    policy: AccuracyPolicy,
    metric: Metric,
    evidence: AccuracyEvidence,
    scores: ScoreTable,
    champion: Champion | None,
    anchor: Anchor | None,
) -> Iterator[Finding]:
    """One finding where the anchor is another release than the champion, cannot be told, or starts anew; else none.

    The champion's own model is no challenger: it loses nothing.
    """
    if anchor is None or champion is None or own_model(GATE, evidence, champion):
        return
    if anchor.release == champion.release:
        if anchor.absent or not anchor.among:
            yield _untold(anchor)
        return
    if same := own_model(GATE, evidence, anchor):
        yield replace(same, rule=ANCHOR_RULE)
        return
    lacking = without_champion(GATE, metric, evidence, scores, anchor)
    if lacking is not None:
        reason = Reason.NO_ANCHOR if lacking.reason == Reason.NO_CHAMPION_EVIDENCE else lacking.reason
        yield replace(lacking, rule=ANCHOR_RULE, reason=reason)
    elif anchor.scores is not None:
        yield _against(policy, metric, scores, anchor.scores, anchor)


def with_anchor(found: Finding, anchor: Anchor | None, champion: Champion | None) -> Finding:
    """The finding against the champion says where that is the anchor too."""
    if found.rule != CHAMPION_RULE or found.interval is None or anchor is None or champion is None:
        return found
    if anchor.release != champion.release or anchor.absent or not anchor.among:
        return found
    return replace(found, message=f"{found.message}; it is the anchor too, {_best(anchor)}")


def _untold(anchor: Anchor) -> Finding:
    """Undecided where it cannot be told which champion was the best; passed where none was judged on these rows."""
    if not anchor.absent:
        message = "no champion was judged on these held-out rows, at this task: the anchor starts anew with this model"
        return Finding(GATE, ANCHOR_RULE, Outcome.PASSED, message)
    message, remedy = f"the anchor cannot be told: {anchor.absent}", anchor.remedy or WHOLE_HISTORY
    return Finding(GATE, ANCHOR_RULE, Outcome.UNDECIDED, message, remedy=remedy, reason=Reason.NO_ANCHOR)


def _against(policy: AccuracyPolicy, metric: Metric, ours: ScoreTable, theirs: ScoreTable, anchor: Anchor) -> Finding:
    rule = Rule(
        GATE,
        ANCHOR_RULE,
        f"{metric} against the {anchor.name}",
        -policy.total,
        at_least=True,
        reason=Reason.WORSE_THAN_ANCHOR,
        strict=True,
        setting="gates.accuracy.total_margin",
        ends=metric.ends_of_difference,
    )
    found = judge_interval(rule, difference(metric, ours.sample, theirs.sample, policy.level))
    return replace(found, message=f"{found.message}; it is {_best(anchor)}")


def _best(anchor: Anchor) -> str:
    return (
        "the only champion on these rows"
        if anchor.among == 1
        else f"the best of {anchor.among} champions on these rows"
    )
