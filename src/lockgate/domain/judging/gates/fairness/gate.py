"""The fairness gate: what groups of people get, how far apart it is, and whether it is worse than the champion's."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.fairness.error_gaps import judge_gap_changes, judge_gaps
from lockgate.domain.judging.gates.fairness.one_by_one import samples_of
from lockgate.domain.judging.gates.fairness.policy import GATE, FairnessPolicy, words
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import CHAMPION_RULE, Champion
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.interval_rule import Rule, worst_claim
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.score_evidence import own_model, unsound, without_champion
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.slices import Slice, quoted
from lockgate.domain.names import listed, meant, sizes
from lockgate.domain.numbers import shown
from lockgate.domain.statistics.groups import Form, Groups, Measure, between, disparity, disparity_change, of_one_class
from lockgate.domain.statistics.sample import Sample, ValueSample

PREFIXES: tuple[tuple[Form, str], ...] = (("difference", "max"), ("ratio", "min"))


def judge_fairness(
    policy: FairnessPolicy,
    evidence: AccuracyEvidence | None,
    scores: ScoreTable | None,
    subject: Subject,
    champion: Champion | None,
    least: int = 1,
) -> tuple[Finding, ...]:
    """Findings on every limit for every attribute, and on the change against the champion where the policy asks.

    Of groups that are too small to be judged, those of fewer than ``least`` rows are counted and not named.
    """
    if wrong := unsound(GATE, None, evidence, scores, subject):
        return (wrong,)
    if evidence is None or scores is None:  # what `unsound` has said already
        return ()
    findings = [finding for attribute in policy.attributes for finding in _attribute(policy, attribute, scores, least)]
    of_numbers = isinstance(scores.sample, ValueSample)
    if (policy.max_gap_worsening if of_numbers else policy.max_worsening) is None:
        return tuple(findings)
    lacking = own_model(GATE, evidence, champion) or without_champion(GATE, None, evidence, scores, champion)
    if lacking is not None:
        return (*findings, lacking)
    theirs = champion.scores if champion is not None else None
    if theirs is not None:  # what `without_champion` has said already
        findings += [f for attribute in policy.attributes for f in _changes(policy, attribute, scores, theirs)]
    return tuple(findings)


def limits(policy: FairnessPolicy) -> Iterator[tuple[Measure, Form, float]]:
    """Every measure that the policy limits, in which form, and the limit."""
    for measure in get_args(Measure):
        for form, prefix in PREFIXES:
            limit = policy.limits.get(f"{prefix}_{measure}_{form}")
            if limit is not None:
                yield measure, form, limit


def _attribute(policy: FairnessPolicy, attribute: str, scores: ScoreTable, least: int) -> Iterator[Finding]:
    if missing := _missing(policy, attribute, scores, least):
        yield missing
        return
    groups, level = Slice.parse(attribute).groups(scores.columns), 1 - 2 * policy.alpha
    yield from _small(policy, attribute, groups, least)
    if isinstance(scores.sample, ValueSample):
        yield from judge_gaps(policy, attribute, groups, scores.sample)
        return
    for measure, form, limit in limits(policy):
        samples, words = samples_of(scores.sample, measure), measure.replace("_", " ")

        def rule(name: str, words: str = words, form: Form = form, limit: float = limit) -> Rule:
            of, at_least = f" of {name}" if name else "", form == "ratio"
            return Rule(
                GATE, f"{attribute}: {words} {form}", f"{words} {form}{of}", limit, at_least, reason=Reason.UNFAIR
            )

        claims = [
            (rule(name), disparity(sample, groups, measure, form, level, policy.min_rows))
            for name, sample in samples.items()
        ]
        place, found = worst_claim(claims, policy.alpha)
        yield _naming(found, policy, groups, list(samples.values())[place], measure, form)


def _changes(policy: FairnessPolicy, attribute: str, ours: ScoreTable, theirs: ScoreTable) -> Iterator[Finding]:
    if _missing(policy, attribute, ours, least=1) is not None:
        return
    groups, level = Slice.parse(attribute).groups(ours.columns), 1 - 2 * policy.alpha
    if isinstance(ours.sample, ValueSample) and isinstance(theirs.sample, ValueSample):
        yield from judge_gap_changes(policy, attribute, groups, ours.sample, theirs.sample)
        return
    if policy.max_worsening is None:
        return
    for measure in dict.fromkeys(measure for measure, _, _ in limits(policy)):
        mine, others = (samples_of(each.sample, measure) for each in (ours, theirs))
        claims = [
            (
                _rule_of_change(policy.max_worsening, attribute, measure, name),
                disparity_change(sample, others[name], groups, measure, level, policy.min_rows),
            )
            for name, sample in mine.items()
        ]
        place, found = worst_claim(claims, policy.alpha)
        yield _naming(found, policy, groups, list(mine.values())[place], measure, "difference")


def _rule_of_change(limit: float, attribute: str, measure: Measure, name: str) -> Rule:
    words, of = measure.replace("_", " "), f" of {name}" if name else ""
    return Rule(
        GATE,
        f"{attribute}: {words} {CHAMPION_RULE}",
        f"{words} difference{of} against the champion's",
        limit,
        at_least=False,
        reason=Reason.LESS_FAIR_THAN_CHAMPION,
        strict=True,
        setting="gates.fairness.max_worsening",
    )


def _naming(
    found: Finding, policy: FairnessPolicy, groups: Groups, sample: Sample, measure: Measure, form: Form
) -> Finding:
    """A number is no help to whoever has to mend it: which groups are they?"""
    if found.measured is None:
        return _lacking(found, policy, groups, sample)
    apart = between(sample, groups, measure, form, policy.min_rows)
    least, most = f"{shown(apart.least_rate)} for {apart.least}", f"{shown(apart.most_rate)} for {apart.most}"
    return replace(found, message=f"{found.message}; {apart.rate} {least}, {most}")


def _lacking(found: Finding, policy: FairnessPolicy, groups: Groups, sample: Sample) -> Finding:
    """Which groups have no row to take a rate of."""
    of = [
        f"{name} has no {'positive' if positive else 'negative'} row"
        for name, positive in of_one_class(sample, groups, policy.min_rows)
    ]
    remedy = f"judge rows of both classes of every group, or raise gates.fairness.min_rows, {policy.min_rows}, above it"
    return replace(found, message=f"{found.message}: {listed(of)}", remedy=remedy) if of else found


def _small(policy: FairnessPolicy, attribute: str, groups: Groups, least: int) -> Iterator[Finding]:
    """Groups that no limit holds for are named."""
    if small := _sizes(groups, policy.min_rows, least):
        message = f"not judged, fewer than {policy.min_rows} rows: {small}"
        yield Finding(GATE, f"{attribute}: small groups", Outcome.PASSED, message)


def _sizes(groups: Groups, below: int, least: int) -> str:
    counts = sorted(Counter(groups.tolist()).items())
    return sizes(((name, rows) for name, rows in counts if rows < below), least)


def _missing(policy: FairnessPolicy, attribute: str, scores: ScoreTable, least: int) -> Finding | None:
    """Why an attribute cannot be judged."""
    absent = [name for name in Slice.parse(attribute).names if name not in scores.columns]
    if absent:
        message = f"the score table has no column {listed(absent)}{meant(absent[0], scores.columns)}"
        mend = "mend gates.fairness.attributes, or add the column to tables.judged_only"
        remedy = f"its columns are {listed(map(quoted, scores.columns))}; {mend}"
    else:
        groups = Slice.parse(attribute).groups(scores.columns)
        if sum(rows >= policy.min_rows for rows in Counter(groups.tolist()).values()) > 1:
            return None
        small = _sizes(groups, policy.min_rows, least)
        message = f"fewer than two groups by {attribute} have {policy.min_rows} rows" + (f": {small}" if small else "")
        remedy = "judge more rows, or name a column with two groups of that size in gates.fairness.attributes"
    return Finding(GATE, attribute, Outcome.UNDECIDED, message, remedy=remedy, reason=Reason.MISSING_GROUP)


def judge(policy: FairnessPolicy, case: Case) -> tuple[Finding, ...]:
    """By the candidate's and the champion's answers to the held-out rows."""
    evidence, scores = case.evidence.of(AccuracyEvidence), case.evidence.scores
    return judge_fairness(policy, evidence, scores, case.subject, case.champion, case.min_rows_per_value)


FAIRNESS = Gate(
    name=GATE,
    policy=FairnessPolicy,
    judges=(AccuracyEvidence,),
    without_project="nothing demands it: see --policy",
    judge=judge,
    beside_champion=True,
    words=words,
    reasons=(
        Reason.OTHER_SUBJECT,
        Reason.NO_SCORES,
        Reason.MEASURED_OTHERWISE,
        Reason.EDITED,
        Reason.NOT_A_NUMBER,
        Reason.NOT_ENOUGH_ROWS,
        Reason.NO_CHAMPION,
        Reason.NO_CHAMPION_EVIDENCE,
        Reason.OTHER_ROWS,
        Reason.UNFAIR,
        Reason.LESS_FAIR_THAN_CHAMPION,
        Reason.MISSING_GROUP,
    ),
)
