"""The accuracy gate: the ONNX model meets the floor on held-out rows and is no worse than the champion."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from lockgate.domain.identity import Digest
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.interval_rule import Rule, judge, least_room
from lockgate.domain.judging.protocol.unmeasured import RECHECK, bootstrap, unmeasured
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.names import listed
from lockgate.domain.statistics.differences import difference, nearest_twin
from lockgate.domain.statistics.estimates import estimate
from lockgate.domain.statistics.metrics.registry import METRICS, value

GATE = "accuracy"
CHAMPION_RULE = "champion"
WHOLE = "judge it on rows of both classes, and let the model answer each with a finite probability"
SAME = 1e-6
"""How far a metric of the evidence may be from the one that its own score table gives: rounding, and nothing else."""


@dataclass(frozen=True)
class Champion:
    """The release that the environment names, and its evidence on the candidate's rows where it could be had.

    ``model`` is the digest of its ONNX file and ``bytes`` its size; ``None`` where the release cannot be had. ``asked``
    are the kinds of evidence that were measured in this project; others are those that its release carries.
    """

    release: Digest
    accuracy: AccuracyEvidence | None
    scores: ScoreTable | None = None
    explanation: ExplanationEvidence | None = None
    model: Digest | None = None
    bytes: int | None = None
    asked: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """As findings call it."""
        return f"champion {self.release.short}"


def judge_accuracy(
    policy: AccuracyPolicy,
    evidence: AccuracyEvidence | None,
    scores: ScoreTable | None,
    subject: Subject,
    champion: Champion | None,
) -> tuple[Finding, ...]:
    """Findings on the evidence itself, on the floor, and on the difference to the champion."""
    if wrong := unsound(GATE, policy.metric, evidence, scores, subject):
        return (wrong,)
    if evidence is None or scores is None:  # what `unsound` has said already
        return ()
    found = [_floor(policy, scores)]
    if same := own_model(GATE, evidence, champion):
        return (*found, same)
    lacking = without_champion(GATE, policy.metric, evidence, scores, champion)
    if lacking is not None:
        told = f"{lacking.message}{_without_room(policy, scores)}" if champion is None else lacking.message
        found.append(replace(lacking, message=told))
    elif champion is not None and champion.scores is not None:
        found.append(_against(policy, scores, champion.scores, champion.name))
    return tuple(found)


def unsound(
    gate: str, metric: str | None, evidence: AccuracyEvidence | None, scores: ScoreTable | None, subject: Subject
) -> Finding | None:
    """Why nothing can be judged: evidence that is absent, of something else, or not what its own scores say."""
    if evidence is None:
        return unmeasured(gate, "the accuracy was not measured", "not-measured")
    if different := evidence.subject.differs_from(subject):
        return unmeasured(gate, f"the evidence is of another {' and '.join(different)}", "other-subject")
    if scores is None or not scores.rows or scores.rows != evidence.rows or evidence.scores.rows != evidence.rows:
        return unmeasured(
            gate, "the table of per-row scores is missing, or is not the one of the evidence", "no-scores"
        )
    return inconsistent(gate, metric, evidence.metrics, scores)


def inconsistent(
    gate: str, metric: str | None, metrics: Mapping[str, float | None], scores: ScoreTable
) -> Finding | None:
    """Every metric that the evidence states must be the one that its scores give; one at least must be stated."""
    stated = {name: found for name, found in metrics.items() if name in METRICS}
    why = _without_metric(scores)
    remedy = f"{WHOLE}; then {RECHECK}" if why else RECHECK
    for name, found in stated.items():
        if found is None or not math.isfinite(found):
            if metric in {None, name}:
                message = f"{name} is missing or not a number" + (f": {why}" if why else "")
                return unmeasured(gate, message, "not-measured", remedy)
            continue
        told = value(name, scores.sample)
        if told is None or abs(told - found) > SAME:
            message = f"the evidence says {name} {found:.6f}, its scores do not: {why or told}"
            return unmeasured(gate, message, "edited", remedy)
    if not stated:
        return unmeasured(gate, "the evidence states no metric", "not-measured")
    return None


def _without_metric(scores: ScoreTable) -> str:
    """Why the scores give no metric at all; empty where they do."""
    rows, lost = scores.rows, int((~np.isfinite(scores.sample.scores)).sum())
    if lost:
        return f"{lost} of {rows} rows have a score that is not a finite number"
    return "" if scores.sample.whole else f"all {rows} rows are of one class"


def own_model(gate: str, evidence: AccuracyEvidence, champion: Champion | None) -> Finding | None:
    """Passed where the candidate is the champion's own model again: there is no difference to be sure of."""
    theirs = champion.accuracy if champion is not None else None
    if champion is None or theirs is None or theirs.subject.model != evidence.subject.model:
        return None
    return Finding(
        gate, CHAMPION_RULE, Outcome.PASSED, f"the model is that of the {champion.name} itself", rows=evidence.rows
    )


def without_champion(
    gate: str, metric: str | None, evidence: AccuracyEvidence, scores: ScoreTable, champion: Champion | None
) -> Finding | None:
    """Why there is no comparison with a champion; ``None`` where there can be one.

    Its evidence is held to its own scores as the candidate's is: who edits either moves the difference.
    """
    undecided = Finding(gate, CHAMPION_RULE, Outcome.UNDECIDED, "")
    if champion is None:
        return replace(
            undecided,
            message="the environment has no champion to compare with",
            remedy=bootstrap(gate),
            reason="no-champion",
        )
    theirs, remedy = champion.accuracy, "ask the champion these rows: lockgate check champion"
    if theirs is None or champion.scores is None:
        message = f"the scores of the {champion.name} on these rows cannot be had"
        if champion.model is None:
            message += ": its release is neither here nor in the registry that was asked"
            remedy = f"{elsewhere(champion.release)}; then: lockgate check champion"
        return replace(undecided, message=message, remedy=remedy, reason="no-champion-evidence")
    alien = set(champion.scores.classes) - set(scores.classes) if scores.classes else set()
    if len(champion.scores.classes) > 2 and alien:  # noqa: PLR2004 - a binary model's
        message = f"the {champion.name} answers other classes: {listed(map(repr, sorted(alien)))}"
        return replace(undecided, message=message, remedy=remedy, reason="other-rows")
    other = theirs.subject.data != evidence.subject.data or theirs.positive != evidence.positive
    if other or not scores.same_rows(champion.scores) or theirs.scores.rows != evidence.rows:
        message = f"the {champion.name} was judged on other rows"
        return replace(undecided, message=message, remedy=remedy, reason="other-rows")
    if wrong := inconsistent(gate, metric, theirs.metrics, champion.scores):
        return replace(undecided, message=f"{champion.name}: {wrong.message}", remedy=remedy, reason=wrong.reason)
    return None


def elsewhere(release: Digest) -> str:
    """How a release that another clone or agent made is had."""
    return (
        "set MLFLOW_TRACKING_URI to the registry that it was registered in, "
        f"or copy build/releases/{release.short} from where it was made"
    )


def _floor(policy: AccuracyPolicy, scores: ScoreTable) -> Finding:
    rule = Rule(GATE, "floor", policy.metric, policy.floor, policy.higher_is_better, "below-floor")
    return judge(rule, estimate(policy.metric, scores.sample, policy.level))


def _without_room(policy: AccuracyPolicy, scores: ScoreTable) -> str:
    """What a margin of 0 will ask of the first challenger, told before there is one."""
    if policy.margin > 0:
        return ""
    least = least_margin(policy, scores)
    known = f", and on these {scores.rows} rows none passes with less than {least:g} that is only as good"
    return "; gates.accuracy.margin is 0: the next must be surely better" + (known if least else "")


def least_margin(policy: AccuracyPolicy, ours: ScoreTable, theirs: ScoreTable | None = None) -> float:
    """The least margin with which an equally good model could pass on these rows, in two digits.

    Beside another model it is what the interval of their paired difference reaches; without one, what it reaches for a
    twin that answers all but alike: no other model needs less.
    """
    other = nearest_twin(ours.sample) if theirs is None else theirs.sample
    return least_room(difference(policy.metric, ours.sample, other, policy.level), at_least=True)


def _against(policy: AccuracyPolicy, ours: ScoreTable, theirs: ScoreTable, name: str) -> Finding:
    rule = Rule(
        GATE,
        CHAMPION_RULE,
        f"{policy.metric} against the {name}",
        -policy.margin,
        at_least=True,
        reason="worse-than-champion",
        strict=True,
        setting="gates.accuracy.margin",
    )
    return judge(rule, difference(policy.metric, ours.sample, theirs.sample, policy.level))


def comparable(
    metric: str | None, evidence: AccuracyEvidence, scores: ScoreTable, champion: Champion | None
) -> Iterator[ScoreTable]:
    """The champion's scores where they are of the same rows and bear out its evidence, else nothing."""
    if own_model(GATE, evidence, champion) or without_champion(GATE, metric, evidence, scores, champion):
        return
    if champion is not None and champion.scores is not None:
        yield champion.scores
