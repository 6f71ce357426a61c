"""How far the importances are from the champion's: each column's share of the whole, by the bound of its move."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance
from lockgate.domain.judging.gates.explanation.policy import ExplanationPolicy
from lockgate.domain.judging.protocol.champion import CHAMPION_RULE
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_worst
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import BY_THE_POINT
from lockgate.domain.numbers import size
from lockgate.domain.statistics.blocks import too_few
from lockgate.domain.statistics.bounds.means import FEWEST, Spread
from lockgate.domain.statistics.bounds.shares import shift
from lockgate.domain.statistics.interval import Estimate

GATE = "explanation"
ROUNDING = 1e-6
"""How far shares may be from adding up to 1."""
OF_THE_CHAMPION = "; judged by the point, as the champion's has no bounds: `lockgate check champion` measures them"
OTHER_ROWS = " (measured on other held-out rows)"


@dataclass(frozen=True)
class _Move:
    """A column's share in the champion and in the candidate; 0 where one of them does not take it."""

    column: str
    before: float
    after: float

    @property
    def size(self) -> float:
        return abs(self.after - self.before)


def judge_shift(
    policy: ExplanationPolicy, evidence: ExplanationEvidence, champion: ExplanationEvidence, name: str
) -> Finding | None:
    """The finding on the column that moved most; ``None`` where an importance is no number.

    ``name`` is the champion's in words. Where one of the two is of before, and has no errors, points are judged.
    """
    ours, theirs = _shares(evidence.importances), _shares(champion.importances)
    if ours is None or theirs is None:
        return None
    columns = dict.fromkeys((*ours, *theirs))
    moves = [_Move(column, theirs.get(column, 0.0), ours.get(column, 0.0)) for column in columns]
    rows = min(evidence.rows, champion.rows)
    other = OTHER_ROWS if champion.subject.data != evidence.subject.data else ""
    told = _Words(policy, name, other)
    if not all(map(_bounded, (evidence, champion))):
        again = (
            "" if _bounded(champion) or not _bounded(evidence) else "; `lockgate check champion` measures its bounds"
        )
        return _by_the_point(told, max(moves, key=lambda move: move.size), rows, again or BY_THE_POINT)
    errors = [_errors(each.importances) for each in (champion, evidence)]
    if any(error is None for of in errors for error in of.values()):
        return None
    # The same model's answers to the same rows differ by nothing, for certain.
    certain = not other and champion.subject.model == evidence.subject.model
    before, after = ({} if certain else of for of in errors)
    claims = list(_claims(told, moves, (before, after), (rows, _degrees(evidence, champion))))
    if few := next((why for each in (evidence, champion) for of in _spreads(each) if (why := too_few(of.blocks))), ""):
        claims = [(rule, replace(found, interval=None, why=few)) for rule, found in claims]
    return judge_worst(claims, policy.alpha)


@dataclass(frozen=True)
class _Words:
    """What findings tell besides the move itself."""

    policy: ExplanationPolicy
    name: str
    other: str

    def remedy(self, move: _Move) -> str:
        limit = self.policy.max_shift
        least, most = max(move.before - limit, 0), min(move.before + limit, 1)
        found = f"a share of {move.column} from {least:.1%} to {most:.1%} would pass; "
        return found + "else find out why the reasons changed, and raise gates.explanation.max_shift if they should"

    def shares(self, move: _Move) -> str:
        return f"{move.column} has {move.after:.1%} of the importance, {move.before:.1%} in the {self.name}{self.other}"


def _bounded(evidence: ExplanationEvidence) -> bool:
    return any(found.spread is not None or found.share_error is not None for found in evidence.importances)


def _spreads(evidence: ExplanationEvidence) -> list[Spread]:
    """Of columns whose rows lie in blocks."""
    return [of.spread for of in evidence.importances if of.spread is not None and of.spread.blocks]


def _degrees(*evidence: ExplanationEvidence) -> float:
    """How many the blocks of either leave; infinite where there are none."""
    return min((max(of.degrees, FEWEST) for each in evidence for of in _spreads(each)), default=math.inf)


def _errors(importances: Sequence[Importance]) -> dict[str, float | None]:
    return {found.column: size(found.share_error) for found in importances}


def _claims(
    told: _Words,
    moves: Sequence[_Move],
    errors: tuple[Mapping[str, float | None], ...],
    known: tuple[int, float],
) -> Iterator[tuple[Rule, Estimate]]:
    (before, after), (rows, degrees) = errors, known
    for move in moves:
        rule = Rule(
            GATE,
            CHAMPION_RULE,
            f"{told.shares(move)}: apart by",
            told.policy.max_shift,
            at_least=False,
            reason=Reason.IMPORTANCE_MOVED,
            setting="gates.explanation.max_shift",
            remedy=told.remedy(move),
        )
        theirs = move.before, before.get(move.column) or 0.0
        yield rule, shift((move.after, after.get(move.column) or 0.0), theirs, rows, told.policy.level, degrees)


def _by_the_point(told: _Words, move: _Move, rows: int, why: str) -> Finding:
    limit = told.policy.max_shift
    name, other = told.name, told.other
    message = (
        f"{move.column} has {move.after:.1%} of the importance, {move.before:.1%} in the {name}; "
        f"{limit:.1%} of change allowed{other}{why}"
    )
    if move.size > limit:
        return Finding(
            GATE,
            CHAMPION_RULE,
            Outcome.REFUSED,
            message,
            move.size,
            limit,
            rows,
            told.remedy(move),
            None,
            Reason.IMPORTANCE_MOVED,
        )
    return Finding(GATE, CHAMPION_RULE, Outcome.PASSED, message, measured=move.size, limit=limit, rows=rows)


def _shares(importances: Sequence[Importance]) -> dict[str, float] | None:
    """The share of each column; ``None`` where one is no number, or where they are not the whole."""
    shares = {found.column: share for found in importances if (share := size(found.share)) is not None}
    whole = math.isclose(math.fsum(shares.values()), 1, abs_tol=ROUNDING)
    return shares if whole and len(shares) == len(importances) else None
