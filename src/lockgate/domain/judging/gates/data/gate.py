"""The data gate: the contract holds on every split, nothing leaks, labels are balanced, training is like test."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from lockgate.domain.identity import Digest
from lockgate.domain.judging.gates.data.balance import judge_balance
from lockgate.domain.judging.gates.data.contradictions import GATE, contradicted_data
from lockgate.domain.judging.gates.data.estimates import judge_distance, judge_single_feature, judge_targets
from lockgate.domain.judging.gates.data.evidence import DataEvidence, Overlap
from lockgate.domain.judging.gates.data.known_groups import judge_groups
from lockgate.domain.judging.gates.data.limits import at_most, sizes, worst_of
from lockgate.domain.judging.gates.data.policy import DataPolicy, words
from lockgate.domain.judging.gates.data.time_order import judge_time_order
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.splits import SEEN, SPLITS, TEST, TRAINING, VALIDATION
from lockgate.domain.names import absent, listed


def judge_data(
    policy: DataPolicy,
    evidence: DataEvidence | None,
    data: Digest,
    inputs: Collection[str],
    columns: Collection[str] = (),
    splits: Sequence[str] = SPLITS,
) -> tuple[Finding, ...]:
    """A finding for each rule, on the worst split, feature or column; ``data`` is the candidate's held-out table.

    ``inputs`` are what the model takes, ``columns`` those of the score table: all of them must have been measured.
    ``splits`` are the tables that there are.
    """
    if evidence is None:
        return (unmeasured(GATE, "no evidence on the data", Reason.NOT_MEASURED),)
    if evidence.digests.get("test") != data:
        return (unmeasured(GATE, "the evidence is of another test table", Reason.OTHER_SUBJECT),)
    if TRAINING in splits and evidence.tables == (VALIDATION, TEST) and VALIDATION in evidence.overlaps:
        return (_without_training(policy), *_of_every_table(policy, evidence), *judge_balance(policy, evidence))
    seen = [split for split in SEEN if split in splits]
    if any(split not in evidence.splits for split in splits) or any(name not in evidence.overlaps for name in seen):
        return (unmeasured(GATE, "the evidence lacks one of the tables", Reason.NOT_MEASURED),)
    return (
        *_complete(evidence, inputs, columns),
        *_of_every_table(policy, evidence),
        judge_single_feature(policy, evidence),
        *judge_balance(policy, evidence),
        judge_distance(policy, evidence),
        *judge_targets(policy, evidence),
        *judge_time_order(policy, evidence),
    )


def _without_training(policy: DataPolicy) -> Finding:
    told = (
        "nobody has the training rows: nothing says which test rows stand there, what leaks, and how far they are apart"
    )
    if policy.without_training == "allowed":
        return Finding(GATE, "training", Outcome.PASSED, f"{told}, as gates.data.without_training allows")
    remedy = "name them in tables.training, or set gates.data.without_training: allowed"
    return unmeasured(GATE, told, Reason.NOT_MEASURED, remedy)


def _of_every_table(policy: DataPolicy, evidence: DataEvidence) -> Iterator[Finding]:
    """What is asked of each table that there is, and of those beside the test table."""
    yield _contract(evidence)
    yield _duplicates(policy, evidence)
    yield _near_duplicates(policy, evidence)
    yield from judge_groups(policy, evidence)


def _complete(evidence: DataEvidence, inputs: Collection[str], columns: Collection[str]) -> Iterator[Finding]:
    """Findings on columns that were left out: the strongest and the farthest may be among them."""
    if silent := absent(inputs, evidence.features):
        yield unmeasured(GATE, f"nothing says how well {silent} alone tells the label", Reason.NOT_MEASURED)
    measured = {distance.column for distance in evidence.distances}
    if silent := absent((*inputs, *evidence.features, *columns), measured):
        yield unmeasured(GATE, f"nothing says how far {silent} is apart between training and test", Reason.NOT_MEASURED)


def _contract(evidence: DataEvidence) -> Finding:
    broken = [f"{split}: {problem}" for split in evidence.tables for problem in evidence.splits[split].problems]
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
    return {name: evidence.overlaps[name] for name in SEEN if name in evidence.overlaps}


def _shared(
    rule: str, what: str, counts: Mapping[str, int | None], evidence: DataEvidence, limit: float, why: tuple[str, str]
) -> Finding:
    rows = evidence.splits["test"].rows
    worst, count = worst_of(sizes(counts))
    share = count / rows if count is not None and rows > 0 else None
    told = f"{count} of {rows} {what} {worst}" if share is not None else f"{what} {worst}"
    return at_most(rule, told, share, limit, rows, why)


def judge(policy: DataPolicy, case: Case) -> Iterator[Finding]:
    """By the facts of the three tables, held against the signature, the score table and the files that lie there."""
    columns = case.evidence.scores.columns if case.evidence.scores else ()
    evidence = case.evidence.of(DataEvidence)
    yield from judge_data(policy, evidence, case.subject.data, case.signature.names, columns, case.splits)
    yield from contradicted_data(case.evidence, case.subject, case.signature.task)


DATA = Gate(
    name=GATE,
    policy=DataPolicy,
    documents={GATE: DataEvidence},
    without_project="no training rows: see --training",
    judge=judge,
    words=words,
    reasons=(
        Reason.OTHER_SUBJECT,
        Reason.MEASURED_OTHERWISE,
        Reason.EDITED,
        Reason.NOT_A_NUMBER,
        Reason.NOT_ENOUGH_ROWS,
        Reason.CONTRACT_BROKEN,
        Reason.LEAKAGE_DUPLICATES,
        Reason.LEAKAGE_NEAR_DUPLICATES,
        Reason.LEAKAGE_GROUPS,
        Reason.LEAKAGE_FEATURE,
        Reason.LABEL_BALANCE,
        Reason.SPLIT_DISTANCE,
        Reason.TEST_BEFORE_TRAINING,
    ),
)
