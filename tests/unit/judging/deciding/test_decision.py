"""The decision fails closed: only whole, fresh, good evidence of exactly this candidate passes."""

from dataclasses import replace

import pytest
from cases import CASE, PASSED, UNDECIDED, document, outcome, with_accuracy, with_evidence
from whole import STRICT, WHOLE, replaced

from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.model.signature import Column, Output
from lockgate.testing.examples import POLICY, SUBJECT


def test_good_evidence_of_a_better_candidate_passes():
    verdict = decide(POLICY, CASE)
    assert verdict.outcome is PASSED
    assert {f.gate for f in verdict.findings} == {"tests", "integrity", "accuracy", "parity"}
    assert (verdict.blocking, verdict.waivers) == ((), ())


def test_a_verdict_names_all_that_it_was_drawn_from():
    verdict = decide(POLICY, CASE)
    assert (verdict.candidate, verdict.content) == (CASE.candidate, CASE.candidate.content)
    assert (verdict.source, verdict.environment) == (CASE.source, "staging")
    assert (verdict.champion, verdict.policy, verdict.evidence) == (CASE.champion.release, POLICY, CASE.digests)


@pytest.mark.parametrize("kind", ["tests", "accuracy", "parity"])
def test_absent_evidence_leaves_the_verdict_undecided(kind):
    verdict = decide(POLICY, with_evidence(**{kind: None}))
    assert verdict.outcome is UNDECIDED
    assert {f.gate for f in verdict.blocking} == {kind}


@pytest.mark.parametrize(
    ("kind", "gates"),
    [
        ("tests", {"tests"}),
        ("accuracy", {"accuracy", "calibration", "fairness", "explanation"}),
        ("parity", {"parity"}),
        ("data", {"data"}),
        ("explanation", {"explanation"}),
        ("robustness", {"robustness"}),
        ("latency", {"latency"}),
        ("reference", {"explanation"}),
    ],
)
def test_evidence_that_cannot_be_read_is_named_by_every_gate_that_needs_it_and_by_no_other(kind, gates):
    case = replaced(**{kind: None, "unreadable": {kind: f"{kind}.json: not JSON"}})
    blocking = decide(STRICT, case).blocking
    assert {f.gate for f in blocking} == gates
    assert {f.reason for f in blocking} == {"not-measured"}
    assert all(f.message.endswith(f": {kind}.json: not JSON") for f in blocking)


def test_what_lies_unreadable_beside_is_no_cause_of_another_absence():
    case = replaced(accuracy=None, reference=None, unreadable={"reference": "reference.json: not JSON"})
    assert not any("not JSON" in f.message for f in decide(STRICT, case).blocking)


@pytest.mark.parametrize("kind", ["accuracy", "parity"])
@pytest.mark.parametrize("changed", [{"model": sha256(b"other")}, {"data": md5(b"other")}])
def test_evidence_of_another_model_or_other_data_leaves_the_verdict_undecided(kind, changed):
    stale = replace(document(CASE.evidence, kind), subject=replace(SUBJECT, **changed))
    verdict = decide(POLICY, with_evidence(**{kind: stale}))
    assert verdict.outcome is UNDECIDED
    assert [(f.gate, f.rule) for f in verdict.blocking] == [(kind, "measured")]


def left_out(case):
    """The gates to which the whole evidence says too little."""
    return {f.gate for f in decide(STRICT, case).blocking if f.reason in {"not-measured", "not-compared"}}


def test_no_evidence_may_leave_out_what_the_signature_names():
    signature = WHOLE.signature
    assert left_out(WHOLE) == set()
    another = replace(signature, inputs=(*signature.inputs, Column("pay", "float32")))
    assert left_out(replace(WHOLE, signature=another)) == {"data", "explanation", "robustness"}
    another = replace(signature, outputs=(*signature.outputs, Output("rank", "int64")))
    assert left_out(replace(WHOLE, signature=another)) == {"parity"}


def test_the_data_are_measured_in_every_column_of_the_score_table():
    table = WHOLE.evidence.scores
    wider = replace(table, columns={**table.columns, "sex": table.columns["job"]})
    assert left_out(replaced(scores=wider)) == {"data"}


def test_the_name_of_a_candidate_is_a_pointer_and_does_not_count():
    assert outcome(with_accuracy(subject=replace(SUBJECT, candidate="renamed"))) is PASSED
