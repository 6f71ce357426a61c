"""The explanation gate: the model relies on nothing forbidden, and its reasons are about those of the champion."""

import math
from collections.abc import Collection, Iterator, Sequence

from lockgate.domain.judging.gates.accuracy.gate import CHAMPION_RULE
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.unmeasured import RECHECK, absent, bootstrap, size, unmeasured
from lockgate.domain.model.candidate import Subject
from lockgate.domain.names import listed, meant

GATE = "explanation"
ROUNDING = 1e-6
"""How far shares may be from adding up to 1."""


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
        return (unmeasured(GATE, "no evidence on explanations", "not-measured"),)
    if differing := evidence.subject.differs_from(subject):
        return (unmeasured(GATE, f"the evidence is of another {' and '.join(differing)}", "other-subject"),)
    if not evidence.importances or evidence.rows <= 0:
        return (unmeasured(GATE, "no column was shuffled", "not-measured"),)
    found = (*_complete(evidence, inputs), _forbidden(policy, evidence, columns))
    if lacking := _without_champion(champion, champion_name, has_champion=has_champion):
        return *found, lacking
    if champion is None:  # what `_without_champion` has said already
        return ()
    return *found, _against(policy, evidence, champion, champion_name)


def _complete(evidence: ExplanationEvidence, inputs: Collection[str]) -> Iterator[Finding]:
    """A finding where an input was left out: it may be the one that matters."""
    if silent := absent(inputs, {found.column for found in evidence.importances}):
        yield unmeasured(GATE, f"{silent} was not shuffled", "not-measured")


def _forbidden(policy: ExplanationPolicy, evidence: ExplanationEvidence, columns: Collection[str] | None) -> Finding:
    rule, limit, rows = "forbidden", policy.max_forbidden, evidence.rows
    there = {found.column for found in evidence.importances} | set(columns or ())
    if columns is not None and (unknown := [name for name in policy.forbidden if name not in there]):
        message = f"nothing is known of {listed(unknown, ' and ')}: neither an input nor a column of the score table"
        message += meant(unknown[0], sorted(there))
        remedy = f"the columns are {listed(sorted(there))}; mend gates.explanation.forbidden"
        return Finding(GATE, rule, Outcome.UNDECIDED, message, None, limit, rows, remedy, None, "unknown-feature")
    taken = [found for found in evidence.importances if found.column in policy.forbidden]
    if not taken:
        names = listed(policy.forbidden, " and ")
        message = f"the model does not take {names}" if names else "the policy forbids no feature"
        return Finding(GATE, rule, Outcome.PASSED, message, limit=limit, rows=rows)
    known = [(found, change) for found in taken if (change := size(found.mean_change)) is not None]
    worst, change = max(known, key=lambda each: each[1], default=(taken[0], 0.0))
    message = f"shuffling {worst.column} moves the probability by {change:.2g} on average, {limit:g} allowed"
    if change > limit:
        remedy = f"train without {worst.column}, or so that it moves the probability by {limit:g} at most"
        return Finding(GATE, rule, Outcome.REFUSED, message, change, limit, rows, remedy, None, "forbidden-feature")
    if len(known) < len(taken):
        return _no_number(rule, limit, rows)
    return Finding(GATE, rule, Outcome.PASSED, message, measured=change, limit=limit, rows=rows)


def _without_champion(champion: ExplanationEvidence | None, name: str, *, has_champion: bool) -> Finding | None:
    """Why there is no comparison with a champion; ``None`` where there can be one."""
    if not has_champion:
        message, reason = "the environment has no champion to compare with", "no-champion"
        remedy = bootstrap(GATE)
    elif champion is None or not champion.importances or champion.rows <= 0:
        message, reason = f"the {name} has no importances on these rows", "no-champion-evidence"
        remedy = "ask the champion these rows: lockgate check champion"
    else:
        return None
    return Finding(GATE, CHAMPION_RULE, Outcome.UNDECIDED, message, remedy=remedy, reason=reason)


def _against(
    policy: ExplanationPolicy, evidence: ExplanationEvidence, champion: ExplanationEvidence, name: str
) -> Finding:
    limit, rows = policy.max_shift, min(evidence.rows, champion.rows)
    ours, theirs = _shares(evidence.importances), _shares(champion.importances)
    if ours is None or theirs is None:
        return _no_number(CHAMPION_RULE, limit, rows)
    # A column that only one of the two takes has no share in the other.
    columns = dict.fromkeys((*ours, *theirs))
    worst = max(columns, key=lambda column: abs(ours.get(column, 0.0) - theirs.get(column, 0.0)))
    before, after = theirs.get(worst, 0.0), ours.get(worst, 0.0)
    shift = abs(after - before)
    message = f"{worst} has {after:.1%} of the importance, {before:.1%} in the {name}; {limit:.1%} of change allowed"
    if champion.subject.data != evidence.subject.data:
        message += " (measured on other held-out rows)"
    if shift > limit:
        remedy = f"a share of {worst} from {max(before - limit, 0):.1%} to {min(before + limit, 1):.1%} would pass; "
        remedy += "else find out why the reasons changed, and raise gates.explanation.max_shift if they should"
        return Finding(
            GATE, CHAMPION_RULE, Outcome.REFUSED, message, shift, limit, rows, remedy, None, "importance-moved"
        )
    return Finding(GATE, CHAMPION_RULE, Outcome.PASSED, message, measured=shift, limit=limit, rows=rows)


def _shares(importances: Sequence[Importance]) -> dict[str, float] | None:
    """The share of each column; ``None`` where one is no number, or where they are not the whole."""
    shares = {found.column: share for found in importances if (share := size(found.share)) is not None}
    whole = math.isclose(math.fsum(shares.values()), 1, abs_tol=ROUNDING)
    return shares if whole and len(shares) == len(importances) else None


def _no_number(rule: str, limit: float, rows: int) -> Finding:
    message = "an importance is no number to judge"
    remedy = f"finite answers, and a model that depends on its inputs, would decide it; then {RECHECK}"
    return Finding(GATE, rule, Outcome.UNDECIDED, message, limit=limit, rows=rows, remedy=remedy, reason="not-a-number")
