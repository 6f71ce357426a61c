"""The latency gate: the candidate is hardly slower and hardly larger than the champion, and within what is allowed."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence, Timing, batches_of
from lockgate.domain.judging.gates.latency.policy import WORDS, LatencyPolicy
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import Champion, its_own_model, no_champion, not_comparable
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_interval
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.candidate import Subject
from lockgate.domain.statistics.bounds.medians import median
from lockgate.domain.statistics.interval import Estimate

GATE = "latency"
MIB = 1024**2
MEASURE = "measure: lockgate check latency"


def judge_latency(
    policy: LatencyPolicy,
    evidence: LatencyEvidence | None,
    subject: Subject,
    champion: Champion | None,
    *,
    rows: int | None = None,
    model_bytes: int | None = None,
) -> tuple[Finding, ...]:
    """Findings on every limit of the policy; ``subject`` is what is to be released.

    ``rows`` are those of the held-out table and ``model_bytes`` those of the ONNX file, where they are known.
    """
    if evidence is None:
        return (unmeasured(GATE, "latency and size were not measured", Reason.NOT_MEASURED, MEASURE),)
    if differing := evidence.subject.differs_from(subject):
        return (
            unmeasured(GATE, f"the evidence is of another {' and '.join(differing)}", Reason.OTHER_SUBJECT, MEASURE),
        )
    if not evidence.timings or evidence.bytes <= 0:
        return (unmeasured(GATE, "nothing was timed", Reason.NOT_MEASURED, MEASURE),)
    if wrong := "; ".join(_contradictions(evidence, champion, model_bytes)):
        return (unmeasured(GATE, wrong, Reason.EDITED, MEASURE),)
    return (*_complete(policy, evidence, rows), *_absolute(policy, evidence), *_compared(policy, evidence, champion))


def _contradictions(evidence: LatencyEvidence, champion: Champion | None, model_bytes: int | None) -> Iterator[str]:
    """What cannot be so, by the evidence itself or by the files that lie there."""
    for rows, times in Counter(timing.rows for timing in evidence.timings).items():
        if rows <= 0:
            yield f"a time for {rows} rows is none"
        if times > 1:
            yield f"{_rows(rows)} at once: {times} times are given, and one was taken"
    if model_bytes is not None and evidence.bytes != model_bytes:
        yield f"the evidence says {evidence.bytes} bytes, the ONNX file has {model_bytes}"
    same = champion is not None and champion.model is not None and champion.model == evidence.champion
    theirs = champion.bytes if champion is not None and same else None
    if theirs is not None and evidence.champion_bytes != theirs:
        yield f"the evidence says {evidence.champion_bytes} bytes of the champion, its ONNX file has {theirs}"


def _complete(policy: LatencyPolicy, evidence: LatencyEvidence, rows: int | None) -> Iterator[Finding]:
    """A finding where one of the batches was left out: it may be the slowest."""
    timed = {timing.rows for timing in evidence.timings}
    due = {*batches_of(policy.batches, rows)} if rows else {1}
    for batch in sorted(due - timed):
        yield unmeasured(GATE, f"{_rows(batch)} at once: no time was taken", Reason.NOT_MEASURED, MEASURE)
    for batch in policy.limits:
        if batch not in timed | due:
            message = f"{_rows(batch)} at once: the test table has {rows if rows else 'fewer'}, so no time was taken"
            yield unmeasured(GATE, message, Reason.NOT_MEASURED, "name a batch that the test table has rows for")


def _absolute(policy: LatencyPolicy, evidence: LatencyEvidence) -> Iterator[Finding]:
    for timing in evidence.timings:
        if (limit := policy.limits.get(timing.rows)) is not None:
            name = "time" if timing.rows == 1 else f"time, {_rows(timing.rows)}"
            what = f"milliseconds for {_rows(timing.rows)}"
            rule = Rule(GATE, name, what, limit, at_least=False, reason=Reason.TOO_SLOW)
            times = [1000 * each for each in timing.seconds if _sane(each)]
            yield _within(rule, median(times, policy.level), timing)
    if policy.max_mib is not None:
        yield _size("size", "MiB of the ONNX file", evidence.bytes / MIB, policy.max_mib)


def _compared(policy: LatencyPolicy, evidence: LatencyEvidence, champion: Champion | None) -> Iterator[Finding]:
    if not policy.needs_champion:
        return
    if champion is not None and champion.model == evidence.subject.model:
        yield its_own_model(GATE, champion)
        return
    if lacking := _without_champion(evidence, champion):
        yield lacking
        return
    if policy.max_ratio is not None:
        for timing in evidence.timings:
            yield _ratio(policy, policy.max_ratio, timing)
    if policy.max_size_ratio is not None:
        ratio = evidence.bytes / evidence.champion_bytes if evidence.champion_bytes else math.nan
        yield _size("size ratio", "times the champion's size", ratio, policy.max_size_ratio)


def _without_champion(evidence: LatencyEvidence, champion: Champion | None) -> Finding | None:
    if champion is None:
        return no_champion(GATE)
    if champion.model is None or evidence.champion is None:
        message = f"the {champion.name} was not timed beside it"
        return not_comparable(GATE, message, Reason.NO_CHAMPION_EVIDENCE, MEASURE)
    if champion.model != evidence.champion:
        message = f"it was timed beside another model than the {champion.name}"
        return not_comparable(GATE, message, Reason.OTHER_CHAMPION, MEASURE)
    return None


def _ratio(policy: LatencyPolicy, limit: float, timing: Timing) -> Finding:
    rule = Rule(
        GATE,
        f"ratio, {_rows(timing.rows)}",
        "times the champion's time",
        limit,
        at_least=False,
        reason=Reason.SLOWER_THAN_CHAMPION,
    )
    if len(timing.seconds) != len(timing.champion):
        return _within(rule, Estimate(None, None, 0), timing)
    pairs = zip(timing.seconds, timing.champion, strict=True)
    ratios = [ours / theirs if _sane(ours) and _sane(theirs) else math.nan for ours, theirs in pairs]
    return _within(rule, median(ratios, policy.level), timing)


def _within(rule: Rule, estimate: Estimate, timing: Timing) -> Finding:
    """``estimate`` counts rounds, the finding rows."""
    if estimate.value is None or estimate.interval is None or estimate.rows < len(timing.seconds):
        message = f"{rule.what} are no number in {len(timing.seconds)} rounds"
        return Finding(
            GATE, rule.name, Outcome.UNDECIDED, message, limit=rule.limit, remedy=MEASURE, reason=Reason.NOT_A_NUMBER
        )
    found = judge_interval(rule, estimate)
    remedy = found.remedy
    if found.outcome is not Outcome.PASSED and found.interval is not None and rule.limit > 0:
        remedy = f"faster by a factor of {found.interval.high / rule.limit:.2f} would pass"
    if found.outcome is Outcome.UNDECIDED:
        remedy = f"{MEASURE}, on a machine that does nothing else; {remedy}"
    return replace(found, rows=timing.rows, remedy=remedy)


def _size(name: str, what: str, value: float, limit: float) -> Finding:
    if not math.isfinite(value) or value <= 0:
        return Finding(GATE, name, Outcome.UNDECIDED, f"{what}: no number", limit=limit, reason=Reason.NOT_A_NUMBER)
    fits = value <= limit
    return Finding(
        GATE,
        name,
        Outcome.PASSED if fits else Outcome.REFUSED,
        f"{value:.3g} {what}, at most {limit:g} demanded",
        measured=value,
        limit=limit,
        remedy="" if fits else _smaller(value, limit),
        reason="" if fits else Reason.TOO_LARGE,
    )


def _smaller(value: float, limit: float) -> str:
    return f"smaller by a factor of {value / limit:.2f} would pass" if limit > 0 else "nothing is within a limit of 0"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _sane(seconds: float) -> bool:
    return math.isfinite(seconds) and seconds > 0


def judge(policy: LatencyPolicy, case: Case) -> tuple[Finding, ...]:
    """By the times that were taken, beside what is known of the files."""
    return judge_latency(
        policy,
        case.evidence.of(LatencyEvidence),
        case.subject,
        case.champion,
        rows=case.evidence.scores.rows if case.evidence.scores else None,
        model_bytes=case.evidence.beside.model_bytes,
    )


LATENCY = Gate(
    name=GATE,
    policy=LatencyPolicy,
    documents={GATE: LatencyEvidence},
    without_project="there is no champion whose time could be taken beside it",
    judge=judge,
    again=MEASURE,
    words=WORDS,
    reasons=(
        Reason.OTHER_SUBJECT,
        Reason.MEASURED_OTHERWISE,
        Reason.EDITED,
        Reason.NOT_A_NUMBER,
        Reason.NOT_ENOUGH_ROWS,
        Reason.NO_CHAMPION,
        Reason.NO_CHAMPION_EVIDENCE,
        Reason.SLOWER_THAN_CHAMPION,
        Reason.TOO_SLOW,
        Reason.TOO_LARGE,
        Reason.OTHER_CHAMPION,
    ),
)
