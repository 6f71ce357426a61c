"""The accuracy gate: the ONNX model meets the floor on held-out rows and is no worse than the champion."""

import math
from dataclasses import dataclass, replace

from lockgate.domain.candidate import Subject
from lockgate.domain.evidence import AccuracyEvidence
from lockgate.domain.identity import Digest
from lockgate.domain.policy import AccuracyPolicy
from lockgate.domain.verdict import Finding, Outcome

GATE = "accuracy"
CHAMPION_RULE = "champion"
RECHECK = "run `lockgate run`, which collects the evidence again"


@dataclass(frozen=True)
class Champion:
    """The release that the environment names, and its evidence where it could be had."""

    release: Digest
    accuracy: AccuracyEvidence | None


def judge_accuracy(
    policy: AccuracyPolicy, evidence: AccuracyEvidence | None, subject: Subject, champion: Champion | None
) -> tuple[Finding, ...]:
    """Findings on the evidence itself, on the floor, and on the difference to the champion."""
    if evidence is None:
        return (_undecided("measured", "the accuracy was not measured", RECHECK),)
    if different := evidence.subject.differs_from(subject):
        return (_undecided("measured", f"the evidence is of another {' and '.join(different)}", RECHECK),)
    value = _finite(evidence, policy.metric)
    if value is None:
        return (_undecided("measured", f"{policy.metric} is missing or not a number", RECHECK),)
    return (_floor(policy, value, evidence.rows), _against_champion(policy, value, evidence, champion))


def _undecided(rule: str, message: str, remedy: str) -> Finding:
    return Finding(GATE, rule, Outcome.UNDECIDED, message, remedy=remedy)


def _finite(evidence: AccuracyEvidence, metric: str) -> float | None:
    value = evidence.metrics.get(metric)
    return value if value is not None and math.isfinite(value) and evidence.rows > 0 else None


def _floor(policy: AccuracyPolicy, value: float, rows: int) -> Finding:
    met = value >= policy.floor if policy.higher_is_better else value <= policy.floor
    word = "at least" if policy.higher_is_better else "at most"
    return Finding(
        GATE,
        "floor",
        Outcome.PASSED if met else Outcome.REFUSED,
        f"{policy.metric} {value:.4f}, {word} {policy.floor:.4f} demanded",
        measured=value,
        limit=policy.floor,
        rows=rows,
        remedy="" if met else f"better by {abs(value - policy.floor):.4f} would pass",
    )


def _against_champion(
    policy: AccuracyPolicy, value: float, evidence: AccuracyEvidence, champion: Champion | None
) -> Finding:
    if champion is None:
        return _undecided(
            CHAMPION_RULE,
            "the environment has no champion to compare with",
            "a first release needs the bootstrap waiver in deploy/waivers.yaml",
        )
    name = f"champion {champion.release.short}"
    if champion.accuracy is None:
        return _undecided(
            CHAMPION_RULE,
            f"the evidence of the {name} cannot be had",
            "make its release reachable: build/releases/ or the registry (MLFLOW_TRACKING_URI)",
        )
    if champion.accuracy.subject.data != evidence.subject.data or champion.accuracy.positive != evidence.positive:
        return _undecided(
            CHAMPION_RULE,
            f"the {name} was judged on other rows",
            "judge the champion on these rows: run the way at its commit with this data",
        )
    theirs = _finite(champion.accuracy, policy.metric)
    if theirs is None:
        return _undecided(CHAMPION_RULE, f"the {name} has no {policy.metric}", "choose a metric that both have")
    return replace(_compare(policy, value, theirs, name), rows=evidence.rows)


def _compare(policy: AccuracyPolicy, ours: float, theirs: float, name: str) -> Finding:
    gain = ours - theirs if policy.higher_is_better else theirs - ours
    met = gain >= -policy.margin
    return Finding(
        GATE,
        CHAMPION_RULE,
        Outcome.PASSED if met else Outcome.REFUSED,
        f"{policy.metric} {gain:+.4f} against the {name} ({theirs:.4f}), at worst {-policy.margin:+.4f} allowed",
        measured=gain,
        limit=-policy.margin,
        remedy="" if met else f"better by {-policy.margin - gain:.4f} would pass",
    )
