"""The explanation gate: the model relies on nothing forbidden, and its reasons are about those of the champion."""

from collections.abc import Collection, Iterator, Sequence

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.gates.explanation.glassbox import RULE, judge_glassbox
from lockgate.domain.judging.gates.explanation.importance_shift import GATE, judge_shift
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy, words
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import CHAMPION_RULE, no_champion, not_comparable
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_worst
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import BY_THE_POINT, RECHECK, unmeasured
from lockgate.domain.measuring.changes import moving
from lockgate.domain.model.candidate import Subject
from lockgate.domain.names import absent, listed, meant
from lockgate.domain.numbers import size
from lockgate.domain.statistics.bounds.means import mean_estimate
from lockgate.domain.statistics.interval import Estimate


def judge_explanation(
    policy: ExplanationPolicy,
    evidence: ExplanationEvidence | None,
    subject: Subject,
    champion: ExplanationEvidence | None,
    *,
    has_champion: bool,
    champion_name: str,
    inputs: Collection[str],
    columns: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """Findings on forbidden features and on the change against the champion's importances.

    ``champion`` is the champion's own evidence, ``None`` where it has none; ``has_champion`` tells whether the
    environment has one at all. Only shares are compared, so that its evidence may be of other held-out rows; the
    message says so. ``inputs`` are what the model takes: each must have been shuffled. ``columns`` are those of the
    score table, where there is one: what is forbidden must be one of them or an input.
    """
    if evidence is None:
        return (unmeasured(GATE, "no evidence on explanations", Reason.NOT_MEASURED),)
    if differing := evidence.subject.differs_from(subject):
        return (unmeasured(GATE, f"the evidence is of another {' and '.join(differing)}", Reason.OTHER_SUBJECT),)
    if not evidence.importances or evidence.rows <= 0:
        return (unmeasured(GATE, "no column was shuffled", Reason.NOT_MEASURED),)
    found = (*_complete(evidence, inputs), _forbidden(policy, evidence, columns))
    if lacking := _without_champion(champion, champion_name, has_champion=has_champion):
        return *found, lacking
    if champion is None:  # what `_without_champion` has said already
        return ()
    moved = judge_shift(policy, evidence, champion, champion_name)
    return *found, moved or _no_number(CHAMPION_RULE, policy.max_shift, min(evidence.rows, champion.rows))


def _complete(evidence: ExplanationEvidence, inputs: Collection[str]) -> Iterator[Finding]:
    """A finding where an input was left out: it may be the one that matters."""
    if silent := absent(inputs, {found.column for found in evidence.importances}):
        yield unmeasured(GATE, f"{silent} was not shuffled", Reason.NOT_MEASURED)


def _forbidden(policy: ExplanationPolicy, evidence: ExplanationEvidence, columns: Collection[str] | None) -> Finding:
    rule, limit, rows = "forbidden", policy.max_forbidden, evidence.rows
    there = {found.column for found in evidence.importances} | set(columns or ())
    if columns is not None and (unknown := [name for name in policy.forbidden if name not in there]):
        message = f"nothing is known of {listed(unknown, ' and ')}: neither an input nor a column of the score table"
        message += meant(unknown[0], sorted(there))
        remedy = f"the columns are {listed(sorted(there))}; mend gates.explanation.forbidden"
        return Finding(GATE, rule, Outcome.UNDECIDED, message, None, limit, rows, remedy, None, Reason.UNKNOWN_FEATURE)
    taken = [found for found in evidence.importances if found.column in policy.forbidden]
    if not taken:
        names = listed(policy.forbidden, " and ")
        message = f"the model does not take {names}" if names else "the policy forbids no feature"
        return Finding(GATE, rule, Outcome.PASSED, message, limit=limit, rows=rows)
    what = moving(evidence.task.kind)
    known = [found for found in taken if size(found.mean_change) is not None]
    if limit > 0 and any(found.spread is not None for found in evidence.importances):
        known = [found for found in known if found.spread is not None]
        worst = judge_worst([_claim(policy, each, rows, what) for each in known], policy.alpha) if known else None
    else:
        worst = _by_the_point(policy, known, rows, what) if known else None
    lacking = len(known) < len(taken) and (worst is None or worst.outcome is not Outcome.REFUSED)
    return _no_number(rule, limit, rows) if worst is None or lacking else worst


def _claim(policy: ExplanationPolicy, found: Importance, rows: int, what: str) -> tuple[Rule, Estimate]:
    rule = Rule(
        GATE,
        "forbidden",
        f"shuffling {found.column} moves {what} on average by",
        policy.max_forbidden,
        at_least=False,
        reason=Reason.FORBIDDEN_FEATURE,
        setting="gates.explanation.max_forbidden",
        remedy=f"train without {found.column}",
    )
    return rule, mean_estimate(found.mean_change, found.spread, rows, policy.level)


def _by_the_point(policy: ExplanationPolicy, known: Sequence[Importance], rows: int, what: str) -> Finding:
    """Where not one row may move, and where the evidence has no bounds."""
    rule, limit = "forbidden", policy.max_forbidden
    worst = max(known, key=lambda each: size(each.mean_change) or 0.0)
    change = size(worst.mean_change) or 0.0
    message = f"shuffling {worst.column} moves {what} by {change:.2g} on average, {limit:g} allowed"
    message += BY_THE_POINT if limit > 0 else ""
    if change > limit:
        remedy = f"train without {worst.column}, or so that it moves {what} by {limit:g} at most"
        return Finding(
            GATE, rule, Outcome.REFUSED, message, change, limit, rows, remedy, None, Reason.FORBIDDEN_FEATURE
        )
    return Finding(GATE, rule, Outcome.PASSED, message, measured=change, limit=limit, rows=rows)


def _without_champion(champion: ExplanationEvidence | None, name: str, *, has_champion: bool) -> Finding | None:
    """Why there is no comparison with a champion; ``None`` where there can be one."""
    if not has_champion:
        return no_champion(GATE)
    if champion is None or not champion.importances or champion.rows <= 0:
        return not_comparable(GATE, f"the {name} has no importances on these rows", Reason.NO_CHAMPION_EVIDENCE)
    return None


def _no_number(rule: str, limit: float, rows: int) -> Finding:
    message = "an importance is no number to judge"
    remedy = f"finite answers, and a model that depends on its inputs, would decide it; then {RECHECK}"
    return Finding(
        GATE, rule, Outcome.UNDECIDED, message, limit=limit, rows=rows, remedy=remedy, reason=Reason.NOT_A_NUMBER
    )


def judge(policy: ExplanationPolicy, case: Case) -> Iterator[Finding]:
    """By the importances of the candidate and of the champion, and by the glassbox where the policy asks for it."""
    champion, scores = case.champion, case.evidence.scores
    yield from judge_explanation(
        policy,
        case.evidence.of(ExplanationEvidence),
        case.subject,
        champion.evidence.of(ExplanationEvidence) if champion else None,
        has_champion=champion is not None,
        champion_name=champion.name if champion else "",
        inputs=case.signature.names,
        columns=scores.columns if scores else None,
    )
    yield from judge_glassbox(policy, case.metric, case.level, case.evidence, case.subject)


EXPLANATION = Gate(
    name=GATE,
    policy=ExplanationPolicy,
    documents={GATE: ExplanationEvidence, "reference": ReferenceEvidence},
    by_rule={RULE: (AccuracyEvidence, ReferenceEvidence)},
    without_project="no glassbox is fitted here, and there is no champion",
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
        Reason.UNKNOWN_FEATURE,
        Reason.FORBIDDEN_FEATURE,
        Reason.IMPORTANCE_MOVED,
        Reason.BEHIND_GLASSBOX,
    ),
)
