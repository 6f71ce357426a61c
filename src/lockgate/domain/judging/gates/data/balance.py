"""How often each class or label is there: in every split, and alike in all of them."""

import math
from collections.abc import Iterator, Mapping

from lockgate.domain.judging.gates.data.contradictions import GATE
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.gates.data.limits import at_most, no_number, worst_of
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.names import listed
from lockgate.domain.numbers import shown

REMEDY = "split so that every table has its part of each class"


def judge_balance(policy: DataPolicy, evidence: DataEvidence) -> Iterator[Finding]:
    """Of a binary task the share of positives, of several classes or labels that of each; of numbers nothing."""
    kind = evidence.task.kind
    if kind == "binary":
        yield _label_balance(policy, evidence)
        yield _balance_shift(policy, evidence)
    elif kind != "regression":
        yield _each_is_there(policy, evidence)
        yield _largest_shift(policy, evidence)


def _label_balance(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    low, high = policy.min_positive_share, policy.max_positive_share
    shares = {split: evidence.positive_share(split) for split in evidence.tables}
    beyond = {split: None if share is None else max(low - share, share - high) for split, share in shares.items()}
    worst, excess = worst_of(beyond)
    share, rows = shares.get(worst), evidence.splits[worst].rows
    if excess is None or share is None or not math.isfinite(excess):
        return no_number("label balance", f"the share of positives in {worst}", None, rows)
    refused = excess > 0
    return Finding(
        GATE,
        "label balance",
        Outcome.REFUSED if refused else Outcome.PASSED,
        f"{shown(share)} of the {worst} rows are positive; {low:g} to {high:g} are asked for",
        measured=share,
        limit=low if low - share > share - high else high,
        rows=rows,
        remedy=f"bring rows of both classes into {worst}, or correct tables.positive" if refused else "",
        reason=Reason.LABEL_BALANCE if refused else "",
    )


def _balance_shift(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    found = {split: evidence.positive_share(split) for split in evidence.tables}
    shares = {split: share for split, share in found.items() if share is not None and math.isfinite(share)}
    shift, between = None, "splits"
    if len(shares) == len(found):
        least, most = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
        shift, between = shares[most] - shares[least], f"{least} and {most}"
    told = f"the difference of positive shares between {between}"
    rows = sum(facts.rows for facts in evidence.splits.values())
    return at_most("balance shift", told, shift, policy.max_balance_shift, rows, (Reason.LABEL_BALANCE, REMEDY))


def _each_is_there(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    """The rarest class of any split has its share, and a row at least: of what is not there, nothing is judged."""
    shares = {(split, name): evidence.share(split, name) for split in evidence.tables for name in evidence.classes}
    rows = sum(facts.rows for facts in evidence.splits.values())
    lacking = [split for split in evidence.tables if evidence.splits[split].counts is None]
    if not shares or lacking or any(share is None for share in shares.values()):
        return no_number(
            "label balance", f"the share of each class in {lacking[0] if lacking else 'a split'}", None, rows
        )
    (split, name), share = min(((where, share or 0.0) for where, share in shares.items()), key=lambda each: each[1])
    refused = share < policy.min_share
    if share == 0:
        return _absent(evidence, shares)
    what = f"{name}, the rarest of {len(evidence.classes)}, is that of {shown(share)} of the {split} rows"
    return Finding(
        GATE,
        "label balance",
        Outcome.REFUSED if refused else Outcome.PASSED,
        f"{what}; {f'{policy.min_share:g} is' if policy.min_share else 'a row at least is'} asked for",
        measured=share,
        limit=policy.min_share,
        rows=evidence.splits[split].rows,
        remedy=f"bring rows of {name} into {split}, or lower gates.data.min_share" if refused else "",
        reason=Reason.LABEL_BALANCE if refused else "",
    )


def _absent(evidence: DataEvidence, shares: Mapping[tuple[str, str], float | None]) -> Finding:
    """Every class that has no row in a split, with those splits: of what is not there, nothing is judged."""
    lacking = {
        name: [split for split in evidence.tables if shares[split, name] == 0]
        for name in evidence.classes
        if any(shares[split, name] == 0 for split in evidence.tables)
    }
    told = listed([f"{name} has no row in {listed(splits, ' and ')}" for name, splits in lacking.items()])
    first, splits = next(iter(lacking.items()))
    return Finding(
        GATE,
        "label balance",
        Outcome.REFUSED,
        f"{told}; a row at least of each of {len(evidence.classes)} is asked for in every table",
        measured=0.0,
        rows=evidence.splits[splits[0]].rows,
        remedy=f"bring rows of {first} into {listed(splits, ' and ')}, or judge a model that does not answer it",
        reason=Reason.LABEL_BALANCE,
    )


def _largest_shift(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    shifts, between = {}, {}
    for name in evidence.classes:
        found = {split: evidence.share(split, name) for split in evidence.tables}
        shares = {split: share for split, share in found.items() if share is not None}
        least, most = (pick(shares, key=shares.__getitem__, default="") for pick in (min, max))
        shifts[name] = shares[most] - shares[least] if len(shares) == len(found) else None
        between[name] = f"{least} and {most}"
    worst, shift = worst_of(shifts)
    told = f"the difference of shares of {worst or 'each class'} between {between.get(worst, 'splits')}"
    rows = sum(facts.rows for facts in evidence.splits.values())
    return at_most("balance shift", told, shift, policy.max_balance_shift, rows, (Reason.LABEL_BALANCE, REMEDY))
