"""What each group gets from a model, for whoever reads the verdict: rates of answers, or how far numbers are off."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lockgate.domain.judging.gates.fairness.error_gaps import errors_of
from lockgate.domain.judging.gates.fairness.one_by_one import samples_of
from lockgate.domain.judging.gates.fairness.policy import FairnessPolicy
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.slices import Slice
from lockgate.domain.statistics.blocks import block_places, by_block, too_few
from lockgate.domain.statistics.bounds.contributions import contributed
from lockgate.domain.statistics.bounds.proportions import clopper_pearson
from lockgate.domain.statistics.disparity.error_gaps import members_of
from lockgate.domain.statistics.estimates import within
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.domain.statistics.sample import AnySample, ClassSample, Floats, Places, Sample, Truths, ValueSample

ERRORS: Final = "errors"
ALL: Final = "all"
"""In place of a class, where a figure is of all of them."""
RATES: Final = ("answered positive", "true positives", "false positives", ERRORS)
MOST: Final = 10
"""So many classes, labels or targets are told; of more, those in which the groups lie farthest apart."""
ENOUGH: Final = 30
"""A figure of fewer rows does not choose which are told."""
KINDS: Final = {"multiclass": "class", "multilabel": "label", "regression": "target"}
_SAMPLE: Final = {"multiclass": "classes", "multilabel": "labels", "regression": "targets"}


@dataclass(frozen=True)
class GroupFigures:
    """One group: its rows, and what was found of it, a rate or a mean error by its name.

    ``of`` is the class, label or target; empty where there is one alone, or all are meant.
    """

    group: str
    of: str
    rows: int
    found: Mapping[str, Estimate]


@dataclass(frozen=True)
class GroupTable:
    """The groups by one attribute. ``kind`` is what ``of`` names: a class, a label, a target; empty where nothing.

    ``names`` are what is told of each group, in order. ``intervals`` says how the intervals
    are made, ``left_out`` which classes, labels or targets are told where not all are.
    """

    kind: str
    names: tuple[str, ...]
    groups: tuple[GroupFigures, ...]
    intervals: str
    left_out: str = ""

    @property
    def heading(self) -> tuple[str, ...]:
        """Of a table of them."""
        return ("group", *filter(None, (self.kind,)), "rows", *self.names)


def group_tables(policy: FairnessPolicy, scores: ScoreTable) -> tuple[GroupTable, ...]:
    """What every group of at least ``min_rows`` rows gets, by each attribute that the score table has.

    One table for all attributes, or one for each where not every class, label or target is told.
    """
    parsed = [Slice.parse(attribute) for attribute in policy.attributes]
    there = [each for each in parsed if set(each.names) <= set(scores.columns)]
    members = (members_of(each.groups(scores.columns), policy.min_rows) for each in there)
    tables = [_table(policy, scores.sample, groups) for groups in members if groups]
    if not tables or any(each.left_out for each in tables):
        return tuple(tables)
    return (replace(tables[0], groups=tuple(group for each in tables for group in each.groups)),)


def _intervals(policy: FairnessPolicy, sample: AnySample) -> str:
    """How the figures' intervals are made, in words: ``exact intervals of level 0.9``."""
    told = f"intervals of level {1 - 2 * policy.alpha:.3g}"
    if sample.blocks is not None:
        told = f"{told}, in which rows that depend on each other count as one"
    elif not isinstance(sample, ValueSample):
        told = f"exact {told}"
    if not isinstance(sample, ValueSample):
        return told
    unit = "by the spread of the target" if policy.gap_unit == "spread" else "in its unit"
    return f"{told}; an error is the answer less the target, {unit}"


def _table(policy: FairnessPolicy, sample: AnySample, members: Mapping[str, Places]) -> GroupTable:
    level = 1 - 2 * policy.alpha
    if isinstance(sample, ValueSample):
        names: tuple[str, ...] = tuple(policy.gaps)
        parts = [_errors(policy, sample, place, members, level) for place in range(len(sample.names))]
        whole: list[GroupFigures] = []
    else:
        names = RATES
        parts = [_rates(of, own, members, level) for of, own in samples_of(sample, "equalized_odds").items()]
        whole = _all_classes(sample, members, level) if isinstance(sample, ClassSample) else []
    many = len(parts) > 1
    told = sorted(parts, key=_apart, reverse=True)[:MOST] if len(parts) > MOST else parts
    kind = KINDS.get(sample.task, "") if many else ""
    left_out = (
        f"Of {len(parts)} {_SAMPLE[sample.task]} these are the {MOST} in which the groups lie farthest apart."
        if len(parts) > MOST
        else ""
    )
    by_group = zip(*(part if many else [replace(each, of="") for each in part] for part in told), strict=True)
    first = iter(whole)
    groups = tuple(each for own in by_group for each in (*([next(first)] if whole else []), *own))
    return GroupTable(kind, names, groups, _intervals(policy, sample), left_out)


def _apart(part: list[GroupFigures]) -> float:
    """How far the groups lie apart, in the figure in which they do most; one of few rows says little of that."""
    every = [[each.found[name] for each in part] for name in part[0].found]
    values = [[found.value for found in each if found.value is not None and found.rows >= ENOUGH] for each in every]
    return max((max(known) - min(known) for known in values if known), default=0.0)


def _rates(of: str, sample: Sample, members: Mapping[str, Places], level: float) -> list[GroupFigures]:
    return [_rates_of(name, of, sample.where(rows), level) for name, rows in members.items()]


def _rates_of(group: str, of: str, own: Sample, level: float) -> GroupFigures:
    everyone = np.ones(own.rows, dtype=np.bool_)
    parts = (own.predicted, everyone), (own.predicted, own.labels), (own.predicted, ~own.labels)
    rates = [
        _rate(right, among, own.blocks, level) for right, among in (*parts, (own.labels ^ own.predicted, everyone))
    ]
    return GroupFigures(group, of, own.rows, dict(zip(RATES, rates, strict=True)))


def _all_classes(sample: ClassSample, members: Mapping[str, Places], level: float) -> list[GroupFigures]:
    """Of all classes together there is the rate of errors alone."""
    found = []
    for name, rows in members.items():
        own = sample.where(rows)
        wrong = np.asarray(own.truth != own.predicted)
        rate = _rate(wrong, np.ones_like(wrong), own.blocks, level)
        found.append(GroupFigures(name, "", own.rows, {ERRORS: rate}))
    return found


def _rate(there: Truths, among: Truths, blocks: Places | None, level: float) -> Estimate:
    """The share of rows ``(rows,)`` among some of them; exact where each row counts for itself."""
    rows, part = int(among.sum()), int((there & among).sum())
    if not rows:
        return Estimate(None, None, 0)
    if blocks is None:
        return Estimate(part / rows, clopper_pearson(part, rows, level), rows)
    found = _mean(there[among].astype(np.float64), blocks[among], level, (0.0, 1.0))
    return Estimate(found.value, found.interval and within(found.interval, 0.0, 1.0), rows, found.why)


def _errors(
    policy: FairnessPolicy, sample: ValueSample, place: int, members: Mapping[str, Places], level: float
) -> list[GroupFigures]:
    off = {what: errors_of(policy, what, sample, place) for what in policy.gaps}
    return [
        GroupFigures(name, sample.names[place], len(rows), dict(_means(off, rows, sample.blocks, level)))
        for name, rows in members.items()
    ]


def _means(
    off: Mapping[str, Floats], rows: Places, blocks: Places | None, level: float
) -> Iterator[tuple[str, Estimate]]:
    for what, values in off.items():
        yield what, _mean(values[rows], None if blocks is None else blocks[rows], level)


def _mean(values: Floats, blocks: Places | None, level: float, span: tuple[float, float] | None = None) -> Estimate:
    """With what each row, or each block of them, contributes; no interval from too few blocks.

    ``span`` is where a value nobody saw may lie; as those that were seen, where it is left out.
    """
    mean = float(values.mean())
    if not np.isfinite(mean):
        return Estimate(None, None, len(values))
    interval: Interval | None = None
    if blocks is None or not too_few(block_places(blocks)[1]):
        interval = contributed(mean, by_block(values, blocks), level, span, blocks)
    return Estimate(mean, interval, len(values))
