"""The data gate: the contract holds on every split, nothing leaks, labels are balanced, training is like test."""

import math
from collections.abc import Collection, Iterator, Mapping

from lockgate.domain.identity import Digest
from lockgate.domain.judging.gates.data.contradictions import GATE, contradicted_data
from lockgate.domain.judging.gates.data.estimates import judge_distance, judge_single_feature
from lockgate.domain.judging.gates.data.evidence import DataEvidence, Overlap
from lockgate.domain.judging.gates.data.limits import at_most, no_number, sizes, worst_of
from lockgate.domain.judging.gates.data.policy import WORDS, DataPolicy
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.splits import SEEN, SPLITS
from lockgate.domain.names import absent, listed
from lockgate.domain.numbers import shown


def judge_data(
    policy: DataPolicy,
    evidence: DataEvidence | None,
    data: Digest,
    inputs: Collection[str],
    columns: Collection[str] = (),
) -> tuple[Finding, ...]:
    """A finding for each rule, on the worst split, feature or column; ``data`` is the candidate's held-out table.

    ``inputs`` are what the model takes, ``columns`` those of the score table: all of them must have been measured.
    """
    if evidence is None:
        return (unmeasured(GATE, "no evidence on the data", Reason.NOT_MEASURED),)
    if evidence.digests.get("test") != data:
        return (unmeasured(GATE, "the evidence is of another test table", Reason.OTHER_SUBJECT),)
    if any(split not in evidence.splits for split in SPLITS) or any(name not in evidence.overlaps for name in SEEN):
        return (unmeasured(GATE, "the evidence lacks one of the tables", Reason.NOT_MEASURED),)
    return (
        *_complete(evidence, inputs, columns),
        _contract(evidence),
        _duplicates(policy, evidence),
        _near_duplicates(policy, evidence),
        judge_single_feature(policy, evidence),
        _label_balance(policy, evidence),
        _balance_shift(policy, evidence),
        judge_distance(policy, evidence),
    )


def _complete(evidence: DataEvidence, inputs: Collection[str], columns: Collection[str]) -> Iterator[Finding]:
    """Findings on columns that were left out: the strongest and the farthest may be among them."""
    if silent := absent(inputs, evidence.features):
        yield unmeasured(GATE, f"nothing says how well {silent} alone tells the label", Reason.NOT_MEASURED)
    measured = {distance.column for distance in evidence.distances}
    if silent := absent((*inputs, *evidence.features, *columns), measured):
        yield unmeasured(GATE, f"nothing says how far {silent} is apart between training and test", Reason.NOT_MEASURED)


def _contract(evidence: DataEvidence) -> Finding:
    broken = [f"{split}: {problem}" for split in SPLITS for problem in evidence.splits[split].problems]
    rows = sum(facts.rows for facts in evidence.splits.values())
    return Finding(
        GATE,
        "contract",
        Outcome.REFUSED if broken else Outcome.PASSED,
        listed(broken, "; ") if broken else "holds on every split",
        measured=len(broken),
        limit=0,
        rows=rows,
        remedy="mend the tables that `data()` of the plug-in gives, or the input signature" if broken else "",
        reason=Reason.CONTRACT_BROKEN if broken else "",
    )


def _duplicates(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    counts = {name: overlap.duplicates for name, overlap in _overlaps(evidence).items()}
    remedy = (
        "leave test rows out of training and validation; or state what the data have by nature in "
        "gates.data.max_duplicates"
    )
    what = "test rows are exact duplicates of rows in"
    return _shared("duplicates", what, counts, evidence, policy.max_duplicates, (Reason.LEAKAGE_DUPLICATES, remedy))


def _near_duplicates(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    counts = {name: overlap.near_duplicates for name, overlap in _overlaps(evidence).items()}
    remedy = (
        "split so that equal rows stay on one side; or state what the data have by nature in "
        "gates.data.max_near_duplicates"
    )
    what = "test rows equal in all inputs a row in"
    limit = policy.max_near_duplicates
    return _shared("near duplicates", what, counts, evidence, limit, (Reason.LEAKAGE_NEAR_DUPLICATES, remedy))


def _overlaps(evidence: DataEvidence) -> Mapping[str, Overlap]:
    return {name: evidence.overlaps[name] for name in SEEN}


def _shared(
    rule: str, what: str, counts: Mapping[str, int | None], evidence: DataEvidence, limit: float, why: tuple[str, str]
) -> Finding:
    rows = evidence.splits["test"].rows
    worst, count = worst_of(sizes(counts))
    share = count / rows if count is not None and rows > 0 else None
    told = f"{count} of {rows} {what} {worst}" if share is not None else f"{what} {worst}"
    return at_most(rule, told, share, limit, rows, why)


def _label_balance(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    low, high = policy.min_positive_share, policy.max_positive_share
    shares = {split: evidence.positive_share(split) for split in SPLITS}
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
    found = {split: evidence.positive_share(split) for split in SPLITS}
    shares = {split: share for split, share in found.items() if share is not None and math.isfinite(share)}
    shift, between = None, "splits"
    if len(shares) == len(found):
        least, most = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
        shift, between = shares[most] - shares[least], f"{least} and {most}"
    told = f"the difference of positive shares between {between}"
    remedy = "split so that every table has its part of each class"
    rows = sum(facts.rows for facts in evidence.splits.values())
    return at_most("balance shift", told, shift, policy.max_balance_shift, rows, (Reason.LABEL_BALANCE, remedy))


def judge(policy: DataPolicy, case: Case) -> Iterator[Finding]:
    """By the facts of the three tables, held against the signature, the score table and the files that lie there."""
    columns = case.evidence.scores.columns if case.evidence.scores else ()
    evidence = case.evidence.of(DataEvidence)
    yield from judge_data(policy, evidence, case.subject.data, case.signature.names, columns)
    yield from contradicted_data(case.evidence, case.subject, case.signature.classes)


DATA = Gate(
    name=GATE,
    policy=DataPolicy,
    documents={GATE: DataEvidence},
    without_project="no training rows",
    judge=judge,
    words=WORDS,
    reasons=(
        Reason.OTHER_SUBJECT,
        Reason.MEASURED_OTHERWISE,
        Reason.EDITED,
        Reason.NOT_A_NUMBER,
        Reason.NOT_ENOUGH_ROWS,
        Reason.CONTRACT_BROKEN,
        Reason.LEAKAGE_DUPLICATES,
        Reason.LEAKAGE_NEAR_DUPLICATES,
        Reason.LEAKAGE_FEATURE,
        Reason.LABEL_BALANCE,
        Reason.SPLIT_DISTANCE,
    ),
)
