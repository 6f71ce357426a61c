"""The accuracy gate in words: what it demands, and the figures of what passed."""

from collections.abc import Iterator, Mapping

from lockgate.domain.choices import is_installed
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy, ClassesPolicy, SlicesPolicy
from lockgate.domain.judging.protocol.anchor import ANCHOR_RULE
from lockgate.domain.judging.protocol.champion import CHAMPION_RULE
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.words import Told, said, with_bounds
from lockgate.domain.names import listed
from lockgate.domain.numbers import shown_limit
from lockgate.domain.ranges import applies
from lockgate.domain.statistics.metrics.registry import any_metric


def words(policy: AccuracyPolicy, told: Told) -> Iterator[str]:
    """The policy in words, with what the held-out rows can decide."""
    way, bound = _way(policy.metric)
    sure = f"{100 * (1 - policy.alpha):.10g}%"
    yield f"{policy.metric} {way} {said(policy.floor)}, by the {bound} bound, which holds with {sure}"
    margin = said(0 - policy.margin)
    yield f"against the champion on the same rows, paired: the lower bound of the difference above {margin}"
    twice = "" if policy.total_margin is not None else ", twice the margin, as gates.accuracy.total_margin is not set"
    yield f"against the anchor, the best champion on these rows, likewise: above {said(0 - policy.total)}{twice}"
    if policy.margin == 0:
        yield "a margin of 0: a model that is only as good never passes, nor does a retrained twin of the champion"
    if told.decidable:
        yield told.decidable
    if policy.slices is not None:
        yield from _slices(policy.slices, way)
    if policy.classes is not None and applies(AccuracyPolicy, "classes", told.task):
        yield from _classes(policy.classes, told)


def _way(metric: str) -> tuple[str, str]:
    """Which way a metric is held to its limit, and by which bound; only its package knows that of an installed one."""
    if is_installed(metric):
        return "no worse than", "worse"
    known = any_metric(metric)
    return ("at least", "lower") if known is None or known.higher_is_better else ("at most", "upper")


def _slices(slices: SlicesPolicy, way: str) -> Iterator[str]:
    yield f"the same where there are {slices.min_rows} rows, by {listed(slices.by, '; ')}"
    if slices.floor is not None:
        yield f"  {way} {said(slices.floor)}"
    if slices.margin is not None:
        yield f"  against the champion above {said(0 - slices.margin)}"
    if slices.total_margin is not None:
        yield f"  against the anchor above {said(0 - slices.total_margin)}"
    yield "  a claim that a part breaks the rule is corrected for the number of parts (Holm)"


def _classes(classes: ClassesPolicy, told: Told) -> Iterator[str]:
    way, _ = _way(classes.metric)
    each = {"multilabel": "label", "regression": "target"}.get(told.task, "class")
    yield f"{classes.metric} of each {each}; one of fewer than {classes.min_rows} rows is undecided"
    if classes.floor is not None:
        yield f"  {way} {said(classes.floor)}"
    yield from (f"  of {name} {way} {said(limit)}" for name, limit in classes.floors.items())
    if classes.margin is not None:
        yield f"  against the champion above {said(0 - classes.margin)}"
    if classes.total_margin is not None:
        yield f"  against the anchor above {said(0 - classes.total_margin)}"
    yield "  a claim that one breaks the rule is corrected for their number (Holm)"


def figures(passed: Mapping[str, Finding], metric: str) -> str:
    """The metric beside its floor, and the difference to the champion."""
    floor, champion, anchor = (passed.get(rule) for rule in ("floor", CHAMPION_RULE, ANCHOR_RULE))
    told = []
    if floor is not None and floor.limit is not None:
        word = "ceiling" if " at most " in floor.message else "floor"
        if is_installed(metric):  # whose package the finding names, before the value
            word, metric = "limit", floor.message.partition(" [")[0].rpartition(" ")[0]
        told.append(f"{metric} {with_bounds(floor)}, {word} {shown_limit(floor.limit)}".lstrip())
    if champion is not None:
        told.append(f"champion {with_bounds(champion, signed=True)}" if champion.interval else champion.message)
    if anchor is not None and anchor.interval is not None:
        told.append(f"anchor {with_bounds(anchor, signed=True)}")
    return ", ".join(told)
