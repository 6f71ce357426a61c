"""What a verdict says of how good a model is, as others write it down: a number, its interval, where it holds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.releasing.formats.facts import ReleaseFacts
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.interval import Interval
from lockgate.domain.statistics.metrics.registry import metrics_of

_SLICE: Final = re.compile(r"slice (?P<where>.+): floor")


@dataclass(frozen=True)
class Measure:
    """A number of the model on held-out rows; ``where`` is the slice or the attribute, empty for all rows.

    ``limit`` is what the policy demands of it, ``None`` where it demands nothing.
    """

    gate: str
    what: str
    value: float
    rows: int
    interval: Interval | None = None
    limit: float | None = None
    where: str = ""
    outcome: Outcome | None = None


def measures_of(facts: ReleaseFacts) -> tuple[Measure, ...]:
    """What was judged, as the verdict has it; then what was measured beside it, which decided nothing."""
    judged = tuple(_judged(facts.verdict))
    names = {each.what for each in judged if not each.where}
    return (*judged, *_beside(facts, names))


def _judged(verdict: Verdict) -> Iterator[Measure]:
    for finding in verdict.findings:
        named = _named(finding, verdict.policy.accuracy.metric)
        if named is None or finding.measured is None:
            continue
        what, where = named
        rows = finding.rows or 0
        yield Measure(
            finding.gate, what, finding.measured, rows, finding.interval, finding.limit, where, finding.outcome
        )


def _named(finding: Finding, metric: str) -> tuple[str, str] | None:
    """What a finding measured and where; ``None`` for one that is no measure of the model on its own."""
    rule = finding.rule
    if finding.gate == "accuracy":
        sliced = _SLICE.fullmatch(rule)
        return (metric, "") if rule == "floor" else (metric, sliced["where"]) if sliced else None
    if finding.gate == "calibration":
        return (rule, "")
    attribute, colon, what = rule.partition(": ")
    return (what, attribute) if finding.gate == "fairness" and colon and finding.interval else None


def _beside(facts: ReleaseFacts, names: set[str]) -> Iterator[Measure]:
    evidence, scores = facts.evidence.of(AccuracyEvidence), facts.evidence.scores
    if evidence is None:
        return
    level = facts.verdict.policy.accuracy.level
    for name, found in evidence.metrics.items():
        known = metrics_of(evidence.task.kind)
        if name in names or found is None or name not in known:
            continue
        quick = scores is not None and scores.sample.whole and not known[name].costly
        interval = estimate(name, scores.sample, level).interval if quick and scores is not None else None
        yield Measure("accuracy", name, found, evidence.rows, interval)
