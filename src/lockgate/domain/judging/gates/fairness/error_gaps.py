"""The fairness gate for numbers: how far groups lie apart in what the model is off by, and how far it is off at all."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lockgate.domain.judging.gates.fairness.policy import GATE, FairnessPolicy
from lockgate.domain.judging.protocol.champion import CHAMPION_RULE
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.interval_rule import Rule, worst_claim
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.numbers import shown
from lockgate.domain.statistics.disparity.error_gaps import error_gap, error_gap_change, group_means
from lockgate.domain.statistics.groups import Groups
from lockgate.domain.statistics.sample import Floats, ValueSample


def judge_gaps(policy: FairnessPolicy, attribute: str, groups: Groups, sample: ValueSample) -> Iterator[Finding]:
    """A finding for each gap that the policy limits, on the target that lies farthest apart."""
    level = 1 - 2 * policy.alpha
    for what, limit in _limited(policy):
        claims = []
        for place, target in enumerate(sample.names):
            rule = Rule(
                GATE,
                f"{attribute}: {what} gap",
                f"gap of the {what}{_of(target, sample)}{_unit(policy)}",
                limit,
                at_least=False,
                reason=Reason.UNFAIR,
            )
            errors = errors_of(policy, what, sample, place)
            claims.append((rule, error_gap(errors, groups, level, policy.min_rows, sample.blocks)))
        place, found = worst_claim(claims, policy.alpha)
        yield _naming(found, policy, groups, what, sample, place)


def judge_gap_changes(
    policy: FairnessPolicy, attribute: str, groups: Groups, ours: ValueSample, theirs: ValueSample
) -> Iterator[Finding]:
    """The same on how much wider a gap is than the champion's on the same rows."""
    if policy.max_gap_worsening is None:
        return
    level = 1 - 2 * policy.alpha
    for what, _ in _limited(policy):
        claims = []
        for place, target in enumerate(ours.names):
            rule = Rule(
                GATE,
                f"{attribute}: {what} {CHAMPION_RULE}",
                f"gap of the {what}{_of(target, ours)}{_unit(policy)} against the champion's",
                policy.max_gap_worsening,
                at_least=False,
                reason=Reason.LESS_FAIR_THAN_CHAMPION,
                strict=True,
                setting="gates.fairness.max_gap_worsening",
            )
            mine, others = (errors_of(policy, what, each, place) for each in (ours, theirs))
            claims.append((rule, error_gap_change(mine, others, groups, level, policy.min_rows, ours.blocks)))
        place, found = worst_claim(claims, policy.alpha)
        yield _naming(found, policy, groups, what, ours, place)


def _limited(policy: FairnessPolicy) -> Iterator[tuple[str, float]]:
    yield from ((what, limit) for what, limit in policy.gaps.items() if limit is not None)


def errors_of(policy: FairnessPolicy, what: str, sample: ValueSample, place: int) -> Floats:
    """What the answers are off by, ``(rows,)``: above the truth is positive. In units of its spread where asked."""
    errors = sample.values[:, place] - sample.truth[:, place]
    spread = float(sample.truth[:, place].std()) if policy.gap_unit == "spread" else 1.0
    sized = np.abs(errors) if what == "mean absolute error" else errors
    return sized / spread if spread > 0 else np.full(len(sized), np.nan)


def _of(target: str, sample: ValueSample) -> str:
    return f" of {target}" if len(sample.names) > 1 else ""


def _unit(policy: FairnessPolicy) -> str:
    return " by the spread of the target" if policy.gap_unit == "spread" else ""


def _naming(
    found: Finding, policy: FairnessPolicy, groups: Groups, what: str, sample: ValueSample, place: int
) -> Finding:
    """Which groups are they?"""
    if found.measured is None:
        return found
    of = group_means(errors_of(policy, what, sample, place), groups, policy.min_rows)
    least, most = (pick(range(len(of.means)), key=of.means.__getitem__) for pick in (min, max))
    told = f"{shown(of.means[least])} for {of.names[least]}, {shown(of.means[most])} for {of.names[most]}"
    return replace(found, message=f"{found.message}; {what} {told}")
