"""The decision fails closed: only whole, fresh, good evidence of exactly this candidate passes."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.domain.decision import decide
from lockgate.domain.evidence import Calibration, Flip
from lockgate.domain.gates.accuracy import Champion
from lockgate.domain.identity import md5, sha256
from lockgate.domain.policy import AccuracyPolicy, ParityPolicy, TestsPolicy
from lockgate.domain.source import Source
from lockgate.domain.verdict import Finding, Outcome, overall
from lockgate.testing.examples import BOOTSTRAP, POLICY, SOURCE, SUBJECT, champion, passing_case

PASSED, WAIVED, REFUSED, UNDECIDED = Outcome.PASSED, Outcome.WAIVED, Outcome.REFUSED, Outcome.UNDECIDED
CASE = passing_case()
STRICTNESS = {PASSED: 0, WAIVED: 0, UNDECIDED: 1, REFUSED: 2}


def with_evidence(case=CASE, **parts):
    return replace(case, evidence=replace(case.evidence, **parts))


def with_tests(**changes):
    return with_evidence(tests=replace(CASE.evidence.tests, **changes))


def with_accuracy(**changes):
    return with_evidence(accuracy=replace(CASE.evidence.accuracy, **changes))


def with_metric(value, metric="roc_auc"):
    return with_accuracy(metrics={metric: value})


def with_parity(**changes):
    return with_evidence(parity=replace(CASE.evidence.parity, **changes))


def with_setting(**changes):
    return with_parity(settings=(replace(CASE.evidence.parity.settings[0], **changes),))


def with_invented(**changes):
    return with_parity(invented=replace(CASE.evidence.parity.invented, **changes))


PROBABILITIES = CASE.evidence.parity.outputs[1]


def with_output(**changes):
    label, probabilities = CASE.evidence.parity.outputs
    return with_parity(outputs=(label, replace(probabilities, **changes)))


def outcome(case, policy=POLICY, waivers=()):
    return decide(policy, case, waivers).outcome


def finding(case, gate, rule, policy=POLICY, waivers=()):
    (found,) = (f for f in decide(policy, case, waivers).findings if (f.gate, f.rule) == (gate, rule))
    return found


def test_good_evidence_of_a_better_candidate_passes():
    verdict = decide(POLICY, CASE)
    assert verdict.outcome is PASSED
    assert {f.gate for f in verdict.findings} == {"tests", "accuracy", "parity"}
    assert (verdict.blocking, verdict.waivers) == ((), ())


def test_a_verdict_names_all_that_it_was_drawn_from():
    verdict = decide(POLICY, CASE)
    assert (verdict.candidate, verdict.content) == (CASE.candidate, CASE.candidate.content)
    assert (verdict.source, verdict.environment) == (CASE.source, "staging")
    assert (verdict.champion, verdict.policy, verdict.evidence) == (CASE.champion.release, POLICY, CASE.digests)


# --- evidence that is absent or of something else ---


@pytest.mark.parametrize("kind", ["tests", "accuracy", "parity"])
def test_absent_evidence_leaves_the_verdict_undecided(kind):
    verdict = decide(POLICY, with_evidence(**{kind: None}))
    assert verdict.outcome is UNDECIDED
    assert {f.gate for f in verdict.blocking} == {kind}


@pytest.mark.parametrize("kind", ["accuracy", "parity"])
@pytest.mark.parametrize("changed", [{"model": sha256(b"other")}, {"data": md5(b"other")}])
def test_evidence_of_another_model_or_other_data_leaves_the_verdict_undecided(kind, changed):
    stale = replace(getattr(CASE.evidence, kind), subject=replace(SUBJECT, **changed))
    verdict = decide(POLICY, with_evidence(**{kind: stale}))
    assert verdict.outcome is UNDECIDED
    assert [(f.gate, f.rule) for f in verdict.blocking] == [(kind, "measured")]


def test_the_name_of_a_candidate_is_a_pointer_and_does_not_count():
    assert outcome(with_accuracy(subject=replace(SUBJECT, candidate="renamed"))) is PASSED


# --- tests ---


def test_a_failed_test_refuses():
    found = finding(with_tests(failures=1, failed=("test_one",), exit_code=1), "tests", "failed")
    assert found.outcome is REFUSED
    assert "test_one" in found.message


def test_a_test_that_could_not_run_refuses():
    assert outcome(with_tests(errors=1)) is REFUSED


@pytest.mark.parametrize(("tests", "skipped"), [(0, 0), (9, 0), (10, 1)])
def test_too_few_tests_that_ran_leave_the_verdict_undecided(tests, skipped):
    assert finding(with_tests(tests=tests, skipped=skipped), "tests", "ran").outcome is UNDECIDED


def test_too_many_skipped_tests_never_pass():
    assert finding(with_tests(tests=30, skipped=2), "tests", "skipped").outcome is REFUSED
    assert finding(with_tests(tests=30, skipped=1), "tests", "skipped").outcome is PASSED


def test_uncommitted_changes_leave_the_verdict_undecided_even_where_the_tests_saw_the_same():
    dirty = replace(SOURCE, changed=("params.yaml",))
    case = replace(with_tests(source=dirty), source=dirty)
    assert outcome(case) is UNDECIDED
    assert "params.yaml" in finding(case, "tests", "fresh").message


@pytest.mark.parametrize("source", [Source("f" * 40, SOURCE.committed_at), replace(SOURCE, changed=("src/x.py",))])
def test_tests_of_another_source_leave_the_verdict_undecided(source):
    assert finding(with_tests(source=source), "tests", "fresh").outcome is UNDECIDED


@pytest.mark.parametrize("exit_code", [1, 2, 5, -9])
def test_a_failing_command_without_a_failed_test_leaves_the_verdict_undecided(exit_code):
    assert finding(with_tests(exit_code=exit_code), "tests", "failed").outcome is UNDECIDED


# --- accuracy ---


@pytest.mark.parametrize("metrics", [{}, {"roc_auc": None}, {"roc_auc": math.nan}, {"roc_auc": math.inf}, {"f1": 1.0}])
def test_a_metric_that_is_no_number_leaves_the_verdict_undecided(metrics):
    assert outcome(with_accuracy(metrics=metrics)) is UNDECIDED


def test_a_metric_over_no_row_leaves_the_verdict_undecided():
    assert outcome(with_accuracy(rows=0)) is UNDECIDED


@pytest.mark.parametrize(("value", "expected"), [(0.8999999, REFUSED), (0.9, PASSED), (0.95, PASSED)])
def test_the_floor_itself_is_enough(value, expected):
    assert finding(with_metric(value), "accuracy", "floor").outcome is expected


LOSS = replace(POLICY, accuracy=AccuracyPolicy("log_loss", floor=0.3, margin=0.0))


@pytest.mark.parametrize(("value", "expected"), [(0.25, PASSED), (0.3, PASSED), (0.31, REFUSED)])
def test_a_loss_has_a_ceiling_instead_of_a_floor(value, expected):
    assert finding(with_metric(value, "log_loss"), "accuracy", "floor", LOSS).outcome is expected


@pytest.mark.parametrize(("ours", "expected"), [(0.2, PASSED), (0.25, PASSED), (0.26, REFUSED)])
def test_a_loss_is_better_than_the_champion_when_it_is_smaller(ours, expected):
    theirs = replace(CASE.champion.accuracy, metrics={"log_loss": 0.25})
    case = replace(with_metric(ours, "log_loss"), champion=Champion(sha256(b"c"), theirs))
    assert finding(case, "accuracy", "champion", LOSS).outcome is expected


@pytest.mark.parametrize(("theirs", "expected"), [(0.9, PASSED), (0.93, PASSED), (0.9305, PASSED), (0.95, REFUSED)])
def test_the_candidate_may_be_worse_than_the_champion_by_the_margin_only(theirs, expected):
    assert finding(replace(CASE, champion=champion(theirs)), "accuracy", "champion").outcome is expected


def test_no_champion_leaves_the_verdict_undecided():
    assert outcome(replace(CASE, champion=None)) is UNDECIDED


@pytest.mark.parametrize(
    "other",
    [
        Champion(sha256(b"c"), None),
        champion(None),
        champion(math.nan),
        champion(subject=replace(SUBJECT, data=md5(b"other rows"))),
        replace(champion(), accuracy=replace(champion().accuracy, positive="no")),
    ],
    ids=["no evidence", "no metric", "nan", "other rows", "other class"],
)
def test_a_champion_that_cannot_be_compared_leaves_the_verdict_undecided(other):
    case = replace(CASE, champion=other)
    assert outcome(case) is UNDECIDED
    assert outcome(case, waivers=[BOOTSTRAP]) is UNDECIDED


# --- the bootstrap waiver ---


def test_the_bootstrap_waiver_lets_the_missing_champion_pass():
    verdict = decide(POLICY, replace(CASE, champion=None), [BOOTSTRAP])
    assert verdict.outcome is PASSED
    assert verdict.waivers == (BOOTSTRAP,)
    assert [f.rule for f in verdict.findings if f.outcome is WAIVED] == ["champion"]
    assert "A. Person" in finding(replace(CASE, champion=None), "accuracy", "champion", waivers=[BOOTSTRAP]).message


WORSE = {
    "no tests": with_evidence(tests=None),
    "no accuracy": with_evidence(accuracy=None),
    "no parity": with_evidence(parity=None),
    "failed test": with_tests(failures=1),
    "exit code": with_tests(exit_code=1),
    "no tests ran": with_tests(tests=0),
    "skipped": with_tests(tests=30, skipped=5),
    "tests of another commit": with_tests(source=Source("f" * 40, "")),
    "below the floor": with_metric(0.5),
    "no metric": with_metric(None),
    "no rows": with_accuracy(rows=0),
    "accuracy of another model": with_accuracy(subject=replace(SUBJECT, model=sha256(b"o"))),
    "parity of other data": with_parity(subject=replace(SUBJECT, data=md5(b"o"))),
    "missing output": with_parity(missing_outputs=("probabilities",)),
    "unexpected output": with_parity(unexpected_outputs=("extra",)),
    "missing input": with_parity(missing_inputs=("age",)),
    "unexpected input": with_parity(unexpected_inputs=("sex",)),
    "nothing compared": with_parity(outputs=()),
    "no parity rows": with_parity(rows=0),
    "other type": with_output(actual_dtype="float64"),
    "other shape": with_output(actual_shape=(100, 3)),
    "nan on one side": with_output(mismatches=1),
    "no absolute": with_output(max_absolute=None),
    "no relative": with_output(max_relative=None),
    "nan absolute": with_output(max_absolute=math.nan),
    "too different": with_output(max_absolute=1e-4),
    "relatively too different": with_output(max_relative=0.1),
    "flips": with_parity(flips=1, worst_flips=(Flip(17, "no", "yes"),)),
    "flips unknown": with_parity(flips=None),
    "outputs reordered": with_parity(reordered_outputs=("probabilities", "label")),
    "other settings not asked": with_parity(settings=()),
    "a setting that fails": with_setting(error="it does not run"),
    "a setting that lacks an output": with_setting(missing_outputs=("probabilities",)),
    "a setting with other labels": with_setting(flips=1),
    "a setting without labels": with_setting(flips=None),
    "a setting that varies": with_setting(outputs=(replace(PROBABILITIES, max_absolute=1.1e-6),)),
    "a setting without numbers": with_setting(outputs=(replace(PROBABILITIES, max_absolute=None),)),
    "a setting with NaN": with_setting(outputs=(replace(PROBABILITIES, mismatches=1),)),
    "invented rows not compared": with_parity(invented=None),
    "no invented rows": with_invented(rows=0),
    "invented rows that fail": with_invented(error="they do not run"),
    "invented rows that flip": with_invented(flips=1, worst_flips=(Flip(3, "no", "yes", name="age=nan"),)),
    "invented rows that differ": with_invented(outputs=(replace(PROBABILITIES, max_absolute=1e-4),)),
    "invented rows of another shape": with_invented(outputs=(replace(PROBABILITIES, actual_shape=(1,)),)),
}


@pytest.mark.parametrize("case", WORSE.values(), ids=WORSE)
def test_the_bootstrap_waiver_lets_nothing_else_pass(case):
    assert outcome(replace(case, champion=None), waivers=[BOOTSTRAP]) in {REFUSED, UNDECIDED}


def test_the_bootstrap_waiver_lapses_where_there_is_a_champion():
    verdict = decide(POLICY, replace(CASE, champion=Champion(sha256(b"c"), None)), [BOOTSTRAP])
    assert (verdict.outcome, verdict.waivers) == (UNDECIDED, ())
    assert outcome(replace(CASE, champion=champion(0.99)), waivers=[BOOTSTRAP]) is REFUSED


def test_a_waiver_that_was_not_needed_is_not_named():
    assert decide(POLICY, CASE, [BOOTSTRAP]).waivers == ()


# --- parity ---


@pytest.mark.parametrize("side", ["missing_inputs", "unexpected_inputs", "missing_outputs", "unexpected_outputs"])
def test_a_missing_or_unexpected_name_refuses(side):
    found = finding(with_parity(**{side: ("something",)}), "parity", "names")
    assert found.outcome is REFUSED
    assert "something" in found.message


@pytest.mark.parametrize("change", [{"actual_dtype": "float64"}, {"actual_shape": (100, 3)}, {"mismatches": 1}])
def test_another_form_or_a_nan_on_one_side_refuses(change):
    assert finding(with_output(**change), "parity", "probabilities: form").outcome is REFUSED


@pytest.mark.parametrize("kind", ["absolute", "relative"])
@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_difference_that_is_no_number_leaves_the_verdict_undecided(kind, value):
    assert finding(with_output(**{f"max_{kind}": value}), "parity", f"probabilities: {kind}").outcome is UNDECIDED


@pytest.mark.parametrize(("kind", "limit"), [("absolute", 1e-5), ("relative", 0.01)])
def test_the_limit_itself_is_allowed_and_more_is_refused(kind, limit):
    rule = f"probabilities: {kind}"
    assert finding(with_output(**{f"max_{kind}": limit}), "parity", rule).outcome is PASSED
    assert finding(with_output(**{f"max_{kind}": math.nextafter(limit, 1)}), "parity", rule).outcome is REFUSED


def test_a_flip_refuses_and_names_its_row():
    found = finding(WORSE["flips"], "parity", "flips")
    assert found.outcome is REFUSED
    assert "17" in found.message


def test_unknown_flips_leave_the_verdict_undecided():
    assert finding(with_parity(flips=None), "parity", "flips").outcome is UNDECIDED


# --- properties ---


def subsets():
    return st.sets(st.sampled_from(sorted(WORSE)), min_size=1, max_size=4)


def combined(names):
    """The case with every named defect that can stand beside the others: later ones win within one document."""
    case = CASE
    for name in sorted(names):
        parts = {
            kind: getattr(WORSE[name].evidence, kind)
            for kind in ("tests", "accuracy", "parity")
            if getattr(WORSE[name].evidence, kind) != getattr(CASE.evidence, kind)
        }
        case = with_evidence(case, **parts)
    return case


@given(subsets(), st.booleans())
def test_no_combination_of_defects_passes(names, bootstrap):
    case = combined(names)
    if bootstrap:
        case = replace(case, champion=None)
    assert outcome(case, waivers=[BOOTSTRAP] if bootstrap else []) is not PASSED


@given(subsets(), st.sampled_from(sorted(WORSE)))
def test_one_more_defect_never_turns_a_closed_gate_into_an_open_one(names, more):
    assert STRICTNESS[outcome(combined(names))] > 0
    assert STRICTNESS[outcome(combined(names | {more}))] > 0


numbers = st.none() | st.floats()


@given(value=numbers, theirs=numbers, worse=st.floats(min_value=0, max_value=1))
def test_a_lower_metric_never_opens_the_gate(value, theirs, worse):
    case = replace(with_metric(value), champion=champion(theirs))
    lower = replace(with_metric(None if value is None else value - worse), champion=champion(theirs))
    if outcome(case) is not PASSED and value is not None and math.isfinite(value):
        assert outcome(lower) is not PASSED


@given(absolute=numbers, relative=numbers, flips=st.none() | st.integers(0, 5), mismatches=st.integers(0, 3))
def test_parity_passes_exactly_within_every_limit(absolute, relative, flips, mismatches):
    case = with_output(max_absolute=absolute, max_relative=relative, mismatches=mismatches)
    case = with_evidence(case, parity=replace(case.evidence.parity, flips=flips))
    within = (
        absolute is not None
        and relative is not None
        and absolute <= 1e-5
        and relative <= 0.01
        and math.isfinite(absolute)
        and math.isfinite(relative)
        and flips == 0
        and mismatches == 0
    )
    assert (outcome(case) is PASSED) == within


findings = st.lists(st.builds(Finding, st.just("g"), st.just("r"), st.sampled_from(Outcome), st.just("m")), max_size=6)


@given(findings, st.randoms())
def test_the_order_of_findings_does_not_matter(found, random):
    assert overall(random.sample(found, len(found))) is overall(found)


@given(findings)
def test_a_verdict_passes_only_where_every_finding_is_passed_or_waived(found):
    open_ = bool(found) and all(f.outcome in {PASSED, WAIVED} for f in found)
    assert (overall(found) is PASSED) == open_


def test_no_finding_at_all_is_undecided():
    assert overall([]) is UNDECIDED


@given(findings, st.builds(Finding, st.just("g"), st.just("r"), st.sampled_from(Outcome), st.just("m")))
def test_one_more_finding_never_makes_a_verdict_milder(found, more):
    if found:
        assert STRICTNESS[overall([*found, more])] >= STRICTNESS[overall(found)]


# --- a policy cannot be a rubber stamp ---


@pytest.mark.parametrize("limit", [math.inf, -math.inf, math.nan])
def test_no_limit_can_be_infinite_or_nan(limit):
    for make in (
        lambda: AccuracyPolicy("roc_auc", limit),
        lambda: AccuracyPolicy("roc_auc", 0.9, limit),
        lambda: ParityPolicy(limit, 0.0),
        lambda: ParityPolicy(0.0, limit),
    ):
        with pytest.raises(ValueError, match="finite"):
            make()


def test_no_limit_can_be_negative_and_a_test_must_run():
    for make in (
        lambda: TestsPolicy(min_tests=0),
        lambda: TestsPolicy(max_skipped=-1),
        lambda: AccuracyPolicy("roc_auc", 0.9, -0.1),
        lambda: ParityPolicy(-1e-9, 0.0),
        lambda: ParityPolicy(0.0, 0.0, max_flips=-1),
        lambda: ParityPolicy(0.0, 0.0, multiple=0.5),
        lambda: ParityPolicy(0.0, 0.0, ulps=-1.0),
    ):
        with pytest.raises(ValueError, match="too small"):
            make()


def test_a_fixed_tolerance_needs_its_limits():
    with pytest.raises(ValueError, match="needs max_absolute and max_relative"):
        ParityPolicy(max_absolute=1e-5)


# --- the calibrated tolerance ---

CALIBRATED = replace(POLICY, parity=ParityPolicy(tolerance="calibrated"))
WITHIN = Calibration("probabilities", 100, 6e-8, onnx_largest=4e-7, onnx_rms=6e-8, source_largest=3e-7, source_rms=5e-8)


def calibrated(**changes):
    invented = replace(CASE.evidence.parity.invented, calibrations=(WITHIN,))
    case = with_parity(calibrations=(replace(WITHIN, **changes),), invented=invented)
    return {f.rule: f for f in decide(CALIBRATED, case).findings if f.gate == "parity"}


def test_an_error_like_the_sources_own_passes_without_any_fixed_limit():
    found = calibrated()
    assert {finding.outcome for finding in found.values()} == {PASSED}
    assert "probabilities: absolute" not in found
    assert found["probabilities: calibrated largest"].limit == pytest.approx(1.2e-6)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"onnx_largest": 1.3e-6}, "calibrated largest"),
        ({"onnx_rms": 2.5e-7}, "calibrated rms"),
        ({"onnx_largest": 2.5e-7, "source_largest": 0.0}, "calibrated largest"),
        ({"crossing": 34, "crossing_largest": 0.38}, "thresholds"),
        ({"rows": 0}, "calibrated largest"),
    ],
)
def test_an_error_beyond_the_sources_own_is_refused(changes, rule):
    assert calibrated(**changes)[f"probabilities: {rule}"].outcome is REFUSED


def test_an_error_of_a_few_units_in_the_last_place_passes_where_the_source_has_none():
    found = calibrated(source_largest=0.0, source_rms=0.0, onnx_largest=2.3e-7)
    assert {finding.outcome for finding in found.values()} == {PASSED}


def test_without_a_truth_in_float64_the_gate_says_so_and_wants_a_fixed_tolerance():
    found = {f.rule: f for f in decide(CALIBRATED, with_parity(calibrations=())).findings}["probabilities: calibrated"]
    assert found.outcome is UNDECIDED
    assert "tolerance: fixed" in found.remedy


def test_stored_answers_have_none_to_invented_rows_and_that_is_said():
    finding_of = {f.rule: f for f in decide(POLICY, with_invented(rows=0, stored=True)).findings}["invented rows"]
    assert finding_of.outcome is PASSED
    assert "stored answers" in finding_of.message
