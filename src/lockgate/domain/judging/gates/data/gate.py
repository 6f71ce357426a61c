"""The data gate: the contract holds on every split, nothing leaks, labels are balanced, training is like test."""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from lockgate.domain.identity import Digest
from lockgate.domain.judging.gates.data.contradictions import GATE, contradicted_data
from lockgate.domain.judging.gates.data.evidence import ColumnDistance, DataEvidence, Overlap
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.interval_rule import Rule, judge_worst
from lockgate.domain.judging.protocol.unmeasured import BY_THE_POINT, RECHECK, absent, size, unmeasured
from lockgate.domain.model.splits import SEEN, SPLITS
from lockgate.domain.names import listed
from lockgate.domain.numbers import shown
from lockgate.domain.statistics.distances import distance_estimate
from lockgate.domain.statistics.interval import Estimate
from lockgate.domain.statistics.ranks import area_interval


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
        return (unmeasured(GATE, "no evidence on the data", "not-measured"),)
    if evidence.digests.get("test") != data:
        return (unmeasured(GATE, "the evidence is of another test table", "other-subject"),)
    if any(split not in evidence.splits for split in SPLITS) or any(name not in evidence.overlaps for name in SEEN):
        return (unmeasured(GATE, "the evidence lacks one of the tables", "not-measured"),)
    return (
        *_complete(evidence, inputs, columns),
        _contract(evidence),
        _duplicates(policy, evidence),
        _near_duplicates(policy, evidence),
        _single_feature(policy, evidence),
        _label_balance(policy, evidence),
        _balance_shift(policy, evidence),
        _distance(policy, evidence),
    )


def _complete(evidence: DataEvidence, inputs: Collection[str], columns: Collection[str]) -> Iterator[Finding]:
    """Findings on columns that were left out: the strongest and the farthest may be among them."""
    if silent := absent(inputs, evidence.features):
        yield unmeasured(GATE, f"nothing says how well {silent} alone tells the label", "not-measured")
    measured = {distance.column for distance in evidence.distances}
    if silent := absent((*inputs, *evidence.features, *columns), measured):
        yield unmeasured(GATE, f"nothing says how far {silent} is apart between training and test", "not-measured")


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
        reason="contract-broken" if broken else "",
    )


def _duplicates(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    counts = {name: overlap.duplicates for name, overlap in _overlaps(evidence).items()}
    remedy = (
        "leave test rows out of training and validation; or state what the data have by nature in "
        "gates.data.max_duplicates"
    )
    what = "test rows are exact duplicates of rows in"
    return _shared("duplicates", what, counts, evidence, policy.max_duplicates, ("leakage-duplicates", remedy))


def _near_duplicates(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    counts = {name: overlap.near_duplicates for name, overlap in _overlaps(evidence).items()}
    remedy = (
        "split so that equal rows stay on one side; or state what the data have by nature in "
        "gates.data.max_near_duplicates"
    )
    what = "test rows equal in all inputs a row in"
    limit = policy.max_near_duplicates
    return _shared("near duplicates", what, counts, evidence, limit, ("leakage-near-duplicates", remedy))


def _overlaps(evidence: DataEvidence) -> Mapping[str, Overlap]:
    return {name: evidence.overlaps[name] for name in SEEN}


def _shared(
    rule: str, what: str, counts: Mapping[str, int | None], evidence: DataEvidence, limit: float, why: tuple[str, str]
) -> Finding:
    rows = evidence.splits["test"].rows
    worst, count = _worst(_sizes(counts))
    share = count / rows if count is not None and rows > 0 else None
    told = f"{count} of {rows} {what} {worst}" if share is not None else f"{what} {worst}"
    return _at_most(rule, told, share, limit, rows, why)


def _single_feature(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    worst, auc = _worst(_sizes(evidence.features))
    remedy = f"find out how {worst or 'it'} knows the label, and leave it out of `inputs()` if it is not known before"
    told = f"the strongest feature alone, {worst}"
    split, limit = evidence.splits["training"], policy.max_single_feature
    why = ("leakage-feature", remedy)
    if not evidence.feature_errors:
        return _by_the_point(_at_most("single feature", told, auc, limit, split.rows, why))
    found = {name: _alone(evidence, name, policy.level) for name in evidence.features}
    if auc is None or any(each.interval is None for each in found.values()):
        return _no_number("single feature", told, limit, split.rows)
    return judge_worst([(_rule_of_feature(name, limit), each) for name, each in found.items()], policy.alpha)


def _rule_of_feature(name: str, limit: float) -> Rule:
    remedy = f"find out how {name} knows the label, and leave it out of `inputs()` if it is not known before"
    return Rule(
        GATE,
        "single feature",
        f"ROC AUC of {name}, the strongest feature alone,",
        limit,
        at_least=False,
        reason="leakage-feature",
        setting="gates.data.max_single_feature",
        remedy=remedy,
    )


def _alone(evidence: DataEvidence, name: str, level: float) -> Estimate:
    """The area that a feature reaches alone, by its standard error and the training rows of each class."""
    split, auc = evidence.splits["training"], size(evidence.features[name])
    error, positives = size(evidence.feature_errors.get(name)), split.positives or 0
    if auc is None or auc > 1 or error is None or not 0 < positives < split.rows:
        return Estimate(None, None, split.rows)
    return Estimate(auc, area_interval(auc, error, positives, split.rows - positives, level), split.rows)


def _label_balance(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    low, high = policy.min_positive_share, policy.max_positive_share
    shares = {split: evidence.splits[split].positive_share for split in SPLITS}
    beyond = {split: None if share is None else max(low - share, share - high) for split, share in shares.items()}
    worst, excess = _worst(beyond)
    share, rows = shares.get(worst), evidence.splits[worst].rows
    if excess is None or share is None or not math.isfinite(excess):
        return _no_number("label balance", f"the share of positives in {worst}", None, rows)
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
        reason="label-balance" if refused else "",
    )


def _balance_shift(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    found = {split: evidence.splits[split].positive_share for split in SPLITS}
    shares = {split: share for split, share in found.items() if share is not None and math.isfinite(share)}
    shift, between = None, "splits"
    if len(shares) == len(found):
        least, most = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
        shift, between = shares[most] - shares[least], f"{least} and {most}"
    told = f"the difference of positive shares between {between}"
    remedy = "split so that every table has its part of each class"
    rows = sum(facts.rows for facts in evidence.splits.values())
    return _at_most("balance shift", told, shift, policy.max_balance_shift, rows, ("label-balance", remedy))


def _distance(policy: DataPolicy, evidence: DataEvidence) -> Finding:
    worst, largest = _worst(_sizes({distance.column: distance.distance for distance in evidence.distances}))
    kind = next((distance.kind for distance in evidence.distances if distance.column == worst), "distance")
    told = f"the {kind} distance of {worst or 'columns'} between training and test"
    rows, limit = evidence.splits["test"].rows, policy.max_distance
    if not any(distance.chance is not None for distance in evidence.distances):
        why = ("split-distance", _drawn_alike(worst or "the column"))
        return _by_the_point(_at_most("distance", told, largest, limit, rows, why))
    found = [(distance, _apart(evidence, distance, policy.level)) for distance in evidence.distances]
    if any(each.interval is None for _, each in found):
        return _no_number("distance", told, limit, rows)
    return judge_worst([(_rule_of_distance(distance, limit), each) for distance, each in found], policy.alpha)


def _rule_of_distance(distance: ColumnDistance, limit: float) -> Rule:
    return Rule(
        GATE,
        "distance",
        f"{distance.kind} distance of {distance.column} between training and test, less what chance makes,",
        limit,
        at_least=False,
        reason="split-distance",
        setting="gates.data.max_distance",
        remedy=_drawn_alike(distance.column),
    )


def _drawn_alike(column: str) -> str:
    return f"draw training and test rows from one population, or leave {column} out of `inputs()`"


def _apart(evidence: DataEvidence, distance: ColumnDistance, level: float) -> Estimate:
    rows = evidence.splits["training"].rows, evidence.splits["test"].rows
    found, chance = size(distance.distance), size(distance.chance)
    if found is None or chance is None or found > 1 or min(rows) < 1:
        return Estimate(None, None, rows[1])
    return distance_estimate(found, chance, rows, level, ranked=distance.ranked)


def _by_the_point(found: Finding) -> Finding:
    return found if found.measured is None else replace(found, message=found.message + BY_THE_POINT)


def _sizes(measured: Mapping[str, float | None]) -> Mapping[str, float | None]:
    """The same with ``None`` in place of what is no size: a count, a share or a distance below 0 says nothing."""
    return {name: size(value) for name, value in measured.items()}


def _worst(measured: Mapping[str, float | None]) -> tuple[str, float | None]:
    """The largest and its name; one that is no number is the worst of all, and so is having none."""
    if not measured:
        return "", None
    name = max(measured, key=lambda key: _badness(measured[key]))
    return name, measured[name]


def _badness(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else math.inf


def _at_most(rule: str, told: str, measured: float | None, limit: float, rows: int, why: tuple[str, str]) -> Finding:
    """Passed up to the limit; ``why`` are the code and the remedy of a refusal."""
    if measured is None or not math.isfinite(measured):
        return _no_number(rule, told, limit, rows)
    refused = measured > limit
    reason, remedy = why if refused else ("", "")
    message = f"{told}: {shown(measured)}, at most {limit:g}"
    outcome = Outcome.REFUSED if refused else Outcome.PASSED
    return Finding(GATE, rule, outcome, message, measured, limit, rows, remedy, reason=reason)


def _no_number(rule: str, told: str, limit: float | None, rows: int) -> Finding:
    return Finding(
        GATE,
        rule,
        Outcome.UNDECIDED,
        f"{told.strip().rstrip(',')}: is no number",
        limit=limit,
        rows=rows,
        remedy=f"give every table its inputs and labels, with rows of both classes; then {RECHECK}",
        reason="not-a-number",
    )


def judge(policy: DataPolicy, case: Case) -> Iterator[Finding]:
    """By the facts of the three tables, held against the signature, the score table and the files that lie there."""
    columns = case.evidence.scores.columns if case.evidence.scores else ()
    evidence = case.evidence.of(DataEvidence)
    yield from judge_data(policy, evidence, case.subject.data, case.signature.names, columns)
    yield from contradicted_data(case.evidence, case.subject, case.signature.classes)


DATA = Gate(name=GATE, policy=DataPolicy, documents={GATE: DataEvidence}, judge=judge)
