"""The robustness gate: real rows with one column changed get sound answers, and each refusal says why."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import DOCUMENTS

from lockgate.domain.identity import sha256
from lockgate.domain.judging.gates.robustness.evidence import ProbeResult, RobustnessEvidence
from lockgate.domain.judging.gates.robustness.gate import judge_robustness
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.measuring.probes import CELLS, nudged, probes_of, sampled, tables_per_call
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.signature import Column, Output, Signature
from lockgate.domain.model.task import Binary
from lockgate.errors import ModelError
from lockgate.testing import FakeRuntime, fake_model
from lockgate.testing.examples import SUBJECT
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.kinds.robustness import measure_robustness

PASSED, REFUSED, UNDECIDED = Outcome.PASSED, Outcome.REFUSED, Outcome.UNDECIDED
INPUTS = (Column("age", "float32"), Column("children", "int64"), Column("member", "bool"), Column("job", "string"))
TASK = Binary(("no", "yes"), "yes")
SIGNATURE = Signature(
    INPUTS, (Output("label", "string"), Output("probabilities", "float32", (2,))), ("no", "yes"), task=TASK
)
COLUMNS = {
    "age": np.array([20.0, 30.0, np.nan, 50.0]),
    "children": np.array([0, 1, 2, 5]),
    "member": np.array([True, False, True, False]),
    "job": np.array(["clerk", "", "smith", "clerk"], dtype=object),
    "not an input": np.arange(4),
}
PROFILE = profile_of(COLUMNS, SIGNATURE, min_rows=1)
KINDS = {
    "age": ["missing", "low", "high", "below", "above", "nudge"],
    "children": ["low", "high", "below", "above"],
    "member": ["low", "high"],
    "job": ["unseen", "empty"],
}
GOOD = tuple(ProbeResult(name, kind, 4, 0, 0, 0, 0.005, 0.1) for name, kinds in KINDS.items() for kind in kinds)
EVIDENCE = RobustnessEvidence(SUBJECT, {"fake": "1"}, 4, GOOD)
POLICY = RobustnessPolicy(max_change=0.2)


def findings(evidence, policy=POLICY, inputs=INPUTS):
    return {found.rule: found for found in judge_robustness(policy, evidence, SUBJECT, inputs)}


def with_probe(column, kind, **changes):
    changed = (replace(p, **changes) if (p.column, p.kind) == (column, kind) else p for p in GOOD)
    return replace(EVIDENCE, probes=tuple(changed))


def test_good_evidence_passes_every_rule():
    found = findings(EVIDENCE)
    assert list(found) == ["answered", "finite", "probabilities", "labels", "nudge", "change"]
    assert all(f.outcome is PASSED and not f.reason and f.rows == 4 and f.limit is not None for f in found.values())
    assert "change" not in findings(EVIDENCE, RobustnessPolicy())


@pytest.mark.parametrize(
    ("column", "kind", "changes", "rule", "reason"),
    [
        ("job", "unseen", {"not_finite": 3}, "finite", "not-finite"),
        ("age", "above", {"out_of_range": 3}, "probabilities", "out-of-range"),
        ("job", "empty", {"unknown_labels": 3}, "labels", "unknown-label"),
        ("age", "nudge", {"mean_change": 0.0101}, "nudge", "fragile"),
        ("age", "missing", {"mean_change": 0.21}, "change", "fragile"),
        ("job", "unseen", {"mean_change": 0.21}, "change", "fragile"),
        ("job", "empty", {"mean_change": 0.21}, "change", "fragile"),
        ("age", "below", {"error": "gave up"}, "answered", "probe-failed"),
    ],
)
def test_each_rule_refuses_and_says_why(column, kind, changes, rule, reason):
    found = findings(with_probe(column, kind, **changes))
    assert [name for name, finding in found.items() if finding.outcome is not PASSED] == [rule]
    refused = found[rule]
    assert (refused.outcome, refused.reason) == (REFUSED, reason)
    assert column in refused.message
    assert refused.remedy
    assert refused.measured > refused.limit
    assert refused.rows == 4


def test_a_change_at_the_limit_passes_and_ends_of_the_range_may_move_answers():
    assert findings(with_probe("age", "nudge", mean_change=0.01))["nudge"].outcome is PASSED
    assert findings(with_probe("age", "missing", mean_change=0.2))["change"].outcome is PASSED
    assert all(f.outcome is PASSED for f in findings(with_probe("age", "above", mean_change=0.9)).values())


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -0.1])
def test_what_is_no_number_is_undecided(value):
    nudge = findings(with_probe("age", "nudge", mean_change=value))["nudge"]
    change = findings(with_probe("job", "empty", mean_change=value))["change"]
    assert (nudge.outcome, nudge.reason) == (change.outcome, change.reason) == (UNDECIDED, "not-a-number")
    assert nudge.remedy
    assert (change.limit, change.rows) == (0.2, 4)


@pytest.mark.parametrize(
    ("fact", "rule"), [("not_finite", "finite"), ("out_of_range", "probabilities"), ("unknown_labels", "labels")]
)
def test_a_count_below_0_is_undecided(fact, rule):
    found = findings(with_probe("job", "unseen", **{fact: -1}))[rule]
    assert (found.outcome, found.reason) == (UNDECIDED, "not-a-number")


@pytest.mark.parametrize("value", [None, math.nan, -0.1])
def test_an_answer_that_is_beside_no_other_is_undecided_unless_it_is_unsound_itself(value):
    found = findings(with_probe("age", "above", mean_change=value), RobustnessPolicy())["measured"]
    assert (found.outcome, found.reason, found.rows) == (UNDECIDED, "not-a-number", 4)
    unsound = findings(with_probe("age", "above", mean_change=value, not_finite=4), RobustnessPolicy())
    assert [rule for rule, each in unsound.items() if each.outcome is not PASSED] == ["finite"]


@pytest.mark.parametrize("name", KINDS)
def test_a_column_that_was_not_probed_is_undecided(name):
    left = tuple(probe for probe in GOOD if probe.column != name)
    found = findings(replace(EVIDENCE, probes=left))["measured"]
    assert (found.outcome, found.reason) == (UNDECIDED, "not-measured")
    assert name in found.message
    assert found.remedy


@pytest.mark.parametrize(("name", "kind"), [(probe.column, probe.kind) for probe in GOOD])
def test_a_probe_that_was_left_out_or_is_of_fewer_rows_is_undecided(name, kind):
    left = tuple(probe for probe in GOOD if (probe.column, probe.kind) != (name, kind))
    for evidence in (replace(EVIDENCE, probes=left), with_probe(name, kind, rows=3)):
        found = findings(evidence)["measured"]
        assert (found.outcome, found.reason) == (UNDECIDED, "not-measured")
        assert found.message.startswith(f"1 probes were not asked, as {name}")


def test_a_number_whose_training_range_is_not_known_needs_no_ends():
    left = tuple(probe for probe in GOOD if probe.column != "age" or probe.kind in {"missing", "nudge"})
    assert {each.outcome for each in findings(replace(EVIDENCE, probes=left)).values()} == {PASSED}


def test_a_count_that_is_missing_is_undecided_unless_another_refuses():
    assert findings(with_probe("age", "low", not_finite=None))["finite"].reason == "not-a-number"
    both = replace(EVIDENCE, probes=(replace(GOOD[0], not_finite=None), replace(GOOD[1], not_finite=1), *GOOD[2:]))
    assert findings(both)["finite"].reason == "not-finite"


def test_where_no_probe_was_answered_nothing_passes():
    failed = tuple(ProbeResult(p.column, p.kind, 4, error="gave up") for p in GOOD)
    found = findings(replace(EVIDENCE, probes=failed))
    assert found.pop("answered").reason == "probe-failed"
    assert {(f.outcome, f.reason) for f in found.values()} == {(UNDECIDED, "not-a-number")}


def test_a_number_that_was_not_nudged_is_undecided():
    without = tuple(probe for probe in GOOD if probe.kind != "nudge")
    assert findings(replace(EVIDENCE, probes=without))["nudge"].reason == "not-a-number"


def test_without_a_float_there_is_nothing_to_nudge():
    whole = tuple(probe for probe in GOOD if probe.column == "children")
    found = findings(replace(EVIDENCE, probes=whole), inputs=INPUTS[1:2])
    assert "measured" not in found
    assert found["nudge"].outcome is found["change"].outcome is PASSED


def test_missing_evidence_and_evidence_of_others_is_undecided():
    other = replace(EVIDENCE, subject=replace(SUBJECT, model=sha256(b"other")))
    for evidence, reason in (
        (None, "not-measured"),
        (replace(EVIDENCE, probes=()), "not-measured"),
        (replace(EVIDENCE, rows=0), "not-measured"),
        (other, "other-subject"),
    ):
        (found,) = findings(evidence).values()
        assert (found.rule, found.outcome, found.reason) == ("measured", UNDECIDED, reason)
        assert found.remedy


@pytest.mark.parametrize("limits", [{"max_nudge": math.nan}, {"max_nudge": -1}, {"max_change": math.inf}])
def test_a_limit_that_is_none_is_no_policy(limits):
    with pytest.raises(ValueError, match="max_"):
        RobustnessPolicy(**limits)


def test_probes_are_of_every_column_and_in_its_type():
    table = Inputs.of(COLUMNS, SIGNATURE.inputs).take(sampled(4, 256))
    probes = {(probe.column, probe.kind): probe.values for probe in probes_of(SIGNATURE, PROFILE, table)}
    assert list(probes) == [(name, kind) for name, kinds in KINDS.items() for kind in kinds]
    first = {key: values[0] for key, values in probes.items()}
    assert np.isnan(first["age", "missing"])
    assert [first["age", kind] for kind in ("low", "high", "below", "above")] == [20, 50, -10, 80]
    assert [first["children", kind] for kind in ("low", "high", "below", "above")] == [0, 5, -5, 10]
    assert [first["member", kind] for kind in ("low", "high")] == [False, True]
    assert first["job", "empty"] == ""
    assert first["job", "unseen"] not in COLUMNS["job"]
    for (name, _), values in probes.items():
        assert (values.dtype, values.shape) == (table[name].dtype, (4,))


def test_whole_numbers_stay_within_int64_and_floats_within_float32():
    columns = {**COLUMNS, "children": np.array([-(2**62), 0, 1, 2**63 - 1]), "age": np.array([-3e38, 0, 1, 3e38])}
    table = Inputs.of(columns, SIGNATURE.inputs).take(sampled(4, 4))
    probes = list(probes_of(SIGNATURE, profile_of(columns, SIGNATURE, min_rows=1), table))
    assert all(np.isfinite(p.values).all() for p in probes if p.kind in {"below", "above"})
    assert next(p for p in probes if (p.column, p.kind) == ("children", "above")).values[0] == 2**63 - 1


def test_a_column_without_a_known_range_has_no_ends():
    empty = replace(PROFILE, numbers=(), texts=())
    table = Inputs.of(COLUMNS, SIGNATURE.inputs).take(sampled(4, 4))
    kinds = [probe.kind for probe in probes_of(SIGNATURE, empty, table) if probe.column == "age"]
    assert kinds == ["missing", "nudge"]


def test_a_nudge_is_a_step_or_a_millionth_up_and_down():
    at = np.array([1.0, 1.0, 0.0, 0.0, np.nan, np.inf, -np.inf, np.finfo(np.float32).max, -5e7], dtype=np.float32)
    moved = nudged(at)
    assert moved.dtype == np.float32
    assert 0 < moved[0] - 1 < 1.1e-6
    assert 0 < 1 - moved[1] < 1.1e-6
    assert moved[2] > 0 > moved[3]
    np.testing.assert_array_equal(moved[4:7], at[4:7])
    assert np.isfinite(moved[7:]).all()
    assert moved[8] > at[8]


def test_samples_are_the_same_every_time_and_tables_fit_a_call():
    np.testing.assert_array_equal(sampled(10, 4), sampled(10, 4))
    assert len(set(sampled(10, 4))) == 4
    assert list(sampled(3, 4)) == [0, 1, 2]
    assert list(sampled(0, 4)) == []
    table = {"age": np.zeros(1000)}
    assert tables_per_call(table) == CELLS // 1000
    assert tables_per_call({"age": np.zeros(CELLS + 1)}) == 1


class Session:
    """A session of a fake model that counts calls and answers as it is told."""

    def __init__(self, session, change=lambda columns, answer: answer):
        self._session, self._change, self.calls = session, change, 0

    def input_names(self):
        return self._session.input_names()

    def run(self, columns):
        self.calls += 1
        return self._change(columns, dict(self._session.run(columns)))


def judged(folder, weights, change=None, columns=COLUMNS):
    path = Path(folder) / "model.onnx"
    path.write_bytes(fake_model(INPUTS, SIGNATURE.classes, weights))
    session = FakeRuntime().open(path, SIGNATURE)
    asked = LoadedModel.asked("fake", path, SIGNATURE, session, columns)
    return replace(asked, session=Session(session, change or (lambda columns, answer: answer)))


def measured(asked):
    return measure_robustness(asked, PROFILE, SUBJECT, {"fake": "1"})


def test_a_sound_model_is_asked_once_and_passes(tmp_path):
    asked = judged(tmp_path, {"age": 0.01, "job": -0.5})
    evidence = measured(asked)
    assert asked.session.calls == 1
    assert evidence.rows == 4
    assert [(p.column, p.kind) for p in evidence.probes] == [(p.column, p.kind) for p in GOOD]
    blocking = {rule: f.reason for rule, f in findings(evidence).items() if f.outcome is not PASSED}
    assert blocking == {"nudge": "not-enough-rows", "change": "not-enough-rows"}
    change = {(p.column, p.kind): p.mean_change for p in evidence.probes}
    assert 0 < change["age", "nudge"] < 1e-5
    assert change["job", "empty"] > 0.05
    assert change["children", "above"] == 0
    DOCUMENTS.write(tmp_path / "robustness.json", evidence)
    assert DOCUMENTS.read(tmp_path / "robustness.json", RobustnessEvidence) == evidence


def test_rows_of_one_person_count_as_one(tmp_path):
    asked = judged(tmp_path, {"age": 0.01, "job": -0.5})
    person = np.array([7, 7, 8, 8])
    told = measure_robustness(asked, PROFILE, SUBJECT, {}, blocks=person)
    assert {(each.rows, each.spread.blocks) for each in told.probes if each.spread} == {(4, 2)}
    assert findings(told)["nudge"].message.endswith("the rows are of 2 blocks, and an interval needs at least 20")


def test_many_calls_give_the_same_evidence_as_one(tmp_path, monkeypatch):
    once = measured(judged(tmp_path, {"age": 0.01, "job": -0.5}))
    monkeypatch.setattr("lockgate.domain.measuring.probes.CELLS", 3 * 4 * len(INPUTS))
    asked = judged(tmp_path, {"age": 0.01, "job": -0.5})
    again = measured(asked)
    assert asked.session.calls == math.ceil(len(GOOD) / 3)
    assert [(p.column, p.kind, p.not_finite) for p in again.probes] == [
        (p.column, p.kind, p.not_finite) for p in once.probes
    ]
    for ours, theirs in zip(once.probes, again.probes, strict=True):
        assert ours.mean_change == pytest.approx(theirs.mean_change, abs=1e-6)


def unsound(columns, answer):
    answer["probabilities"][np.isnan(columns["age"])] = np.nan
    answer["probabilities"][columns["children"] < 0] = [0.5, 0.6]
    answer["label"][columns["member"] & (columns["children"] > 5)] = "perhaps"
    return answer


def test_unsound_answers_are_counted(tmp_path):
    found = {(p.column, p.kind): p for p in measured(judged(tmp_path, {}, unsound)).probes}
    missing = found["age", "missing"]
    assert (missing.not_finite, missing.mean_change, missing.max_change) == (4, None, None)
    assert found["children", "below"].out_of_range == 4
    assert found["children", "above"].unknown_labels == 2


def test_a_model_that_gives_up_on_one_probe_is_asked_one_by_one(tmp_path):
    def change(columns, answer):
        if (columns["job"] == "\u2603 never seen").any():
            raise ModelError("no such category")
        return answer

    asked = judged(tmp_path, {"age": 0.01}, change)
    evidence = measured(asked)
    assert asked.session.calls == 1 + len(GOOD)
    (failed,) = [probe for probe in evidence.probes if probe.error]
    assert failed == ProbeResult("job", "unseen", 4, error="no such category")
    assert findings(evidence)["answered"].reason == "probe-failed"


def test_answers_to_too_few_rows_are_no_answers(tmp_path):
    evidence = measured(judged(tmp_path, {}, lambda _, answer: {name: each[:-1] for name, each in answer.items()}))
    assert all("3 rows" in p.error or "to 4 rows" in p.error for p in evidence.probes)


def test_a_model_without_its_outputs_is_an_error_and_no_rows_are_no_probes(tmp_path):
    asked = judged(tmp_path, {})
    with pytest.raises(ModelError, match="no output probabilities"):
        measured(replace(asked, outputs={"label": asked.outputs["label"]}))
    with pytest.raises(ModelError, match=r"tables.positive is 'maybe', the classes are"):
        measured(replace(asked, signature=replace(SIGNATURE, task=replace(TASK, positive="maybe"))))
    none = {name: values[:0] for name, values in COLUMNS.items()}
    assert measured(judged(tmp_path, {}, columns=none)).probes == ()
