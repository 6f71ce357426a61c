"""The decision fails closed: only whole, fresh, good evidence of exactly this candidate passes."""

import math
from dataclasses import replace
from datetime import date
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.domain.decision import decide
from lockgate.domain.evidence import Calibration, Flip
from lockgate.domain.gates.accuracy import Champion
from lockgate.domain.identity import md5, sha256
from lockgate.domain.policies.calibration import CalibrationPolicy
from lockgate.domain.policies.fairness import FairnessPolicy
from lockgate.domain.policy import AccuracyPolicy, AnyMetricName, ParityPolicy, SlicesPolicy, TestsPolicy
from lockgate.domain.scores import ScoreTable
from lockgate.domain.slices import Slice
from lockgate.domain.source import Source
from lockgate.domain.statistics.metrics import METRICS, value
from lockgate.domain.verdict import Finding, Outcome, Waiver, overall
from lockgate.testing.examples import (
    BOOTSTRAP,
    POLICY,
    SOURCE,
    SUBJECT,
    champion,
    evidence_of_accuracy,
    passing_case,
    scores_of,
)

PASSED, WAIVED, REFUSED, UNDECIDED = Outcome.PASSED, Outcome.WAIVED, Outcome.REFUSED, Outcome.UNDECIDED
CASE = passing_case()
STRICTNESS = {PASSED: 0, WAIVED: 0, Outcome.WARNED: 0, UNDECIDED: 1, REFUSED: 2}


def with_evidence(case=CASE, **parts):
    return replace(case, evidence=replace(case.evidence, **parts))


def with_tests(**changes):
    return with_evidence(tests=replace(CASE.evidence.tests, **changes))


def with_accuracy(**changes):
    return with_evidence(accuracy=replace(CASE.evidence.accuracy, **changes))


def with_scores(separation, **changes):
    """The evidence of another candidate, whose scores are as good as that."""
    found = evidence_of_accuracy(separation=separation)
    return with_evidence(accuracy=replace(found, **changes), scores=scores_of(separation))


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


def with_floor(floor, metric="roc_auc", margin=0.001):
    return replace(POLICY, accuracy=AccuracyPolicy(metric, floor, margin))


def test_the_floor_is_met_by_the_lower_bound_and_not_by_the_point():
    found = finding(CASE, "accuracy", "floor")
    low, high = found.interval.low, found.interval.high
    assert low < found.measured < high
    for floor, expected in ((low - 1e-6, PASSED), (found.measured, UNDECIDED), (high + 1e-6, REFUSED)):
        assert finding(CASE, "accuracy", "floor", with_floor(floor)).outcome is expected


def test_between_the_bounds_the_number_of_rows_that_would_decide_is_told():
    measured = finding(CASE, "accuracy", "floor").measured
    found = finding(CASE, "accuracy", "floor", with_floor(measured - 0.004))
    assert (found.outcome, found.reason) == (UNDECIDED, "not-enough-rows")
    rows = int(found.remedy.split()[1])
    assert found.rows < rows < 100 * found.rows


def test_a_loss_has_a_ceiling_instead_of_a_floor():
    found = finding(CASE, "accuracy", "floor", with_floor(0.9, "log_loss"))
    for ceiling, expected in ((found.interval.high + 1e-6, PASSED), (found.interval.low - 1e-6, REFUSED)):
        assert finding(CASE, "accuracy", "floor", with_floor(ceiling, "log_loss")).outcome is expected


def test_a_loss_is_better_than_the_champion_when_it_is_smaller():
    better = replace(CASE, champion=champion(1.2))
    found = finding(better, "accuracy", "champion", with_floor(0.9, "log_loss"))
    assert (found.outcome, found.measured > 0) == (PASSED, True)


@pytest.mark.parametrize(("theirs", "expected"), [(1.5, PASSED), (2.1, PASSED), (2.6, REFUSED), (3.0, REFUSED)])
def test_against_the_champion_the_bounds_of_the_paired_difference_decide(theirs, expected):
    found = finding(replace(CASE, champion=champion(theirs)), "accuracy", "champion", with_floor(0.9, margin=0.0))
    assert found.outcome is expected
    assert found.rows == CASE.evidence.accuracy.rows
    assert found.interval.low <= found.measured <= found.interval.high


def test_a_difference_whose_interval_holds_the_margin_is_undecided():
    case = replace(CASE, champion=champion(2.6))
    measured = finding(case, "accuracy", "champion").measured
    found = finding(case, "accuracy", "champion", with_floor(0.9, margin=-measured * 1.01))
    assert (found.outcome, found.reason) == (UNDECIDED, "not-enough-rows")


def test_the_champions_own_model_again_is_no_worse_than_itself():
    again = champion()
    again = replace(again, accuracy=replace(again.accuracy, subject=SUBJECT), scores=None)
    assert finding(replace(CASE, champion=again), "accuracy", "champion").outcome is PASSED


def test_scores_of_another_number_of_rows_leave_the_verdict_undecided():
    assert finding(with_evidence(scores=None), "accuracy", "measured").reason == "no-scores"
    assert finding(with_accuracy(rows=17), "accuracy", "measured").reason == "no-scores"


def test_a_metric_that_its_own_scores_do_not_give_leaves_the_verdict_undecided():
    found = finding(with_accuracy(metrics={"roc_auc": 0.99}), "accuracy", "measured")
    assert (found.outcome, found.reason) == (UNDECIDED, "edited")


def test_a_policy_can_name_every_metric_and_no_other():
    assert get_args(AnyMetricName) == tuple(METRICS)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_an_interval_and_a_paired_difference(metric):
    policy = replace(POLICY, accuracy=AccuracyPolicy(metric, floor=0.0))
    for rule in ("floor", "champion"):
        found = finding(CASE, "accuracy", rule, policy)
        assert found.interval.low <= found.measured <= found.interval.high


# --- slices ---


def with_slices(*by, **changes):
    chosen = SlicesPolicy(by, **({"floor": 0.85, "margin": 0.05, "min_rows": 100} | changes))
    return replace(POLICY, accuracy=replace(POLICY.accuracy, slices=chosen))


def broken_where(column, wanted):
    """One slice answered with the opposite of what was learned; the total hardly moves."""
    scores = scores_of()
    rows = scores.columns[column] == wanted
    rows &= np.cumsum(rows) <= 150
    columns = {**scores.columns, column: np.where(rows, "broken", scores.columns[column]).astype(object)}
    sample = replace(scores.sample, scores=np.where(rows, 1 - scores.sample.scores, scores.sample.scores))
    metrics = {"roc_auc": value("roc_auc", sample)}
    accuracy = replace(CASE.evidence.accuracy, metrics=metrics)
    return with_evidence(accuracy=accuracy, scores=ScoreTable(sample, columns))


def test_every_part_of_a_column_is_judged_against_the_floor_and_the_champion():
    verdict = decide(with_slices("job", "age < 40"), CASE)
    rules = {f.rule for f in verdict.findings if f.rule.startswith("slice")}
    named = ("job=clerk", "job=smith", "age < 40")
    assert rules == {f"slice {name}: {rule}" for name in named for rule in ("floor", "champion")}
    assert verdict.outcome is PASSED


def test_a_broken_slice_refuses_although_the_total_stays():
    policy = replace(with_slices("job"), accuracy=replace(with_slices("job").accuracy, floor=0.8, margin=0.2))
    case = broken_where("job", "clerk")
    assert finding(case, "accuracy", "floor", policy).outcome is PASSED
    found = finding(case, "accuracy", "slice job=broken: floor", policy)
    assert (found.outcome, found.reason, found.rows) == (REFUSED, "slice-below-floor", 150)


@pytest.mark.parametrize("by", ["county", "age < 17", "job < clerk", "age = clerk"])
def test_a_slice_that_is_not_there_leaves_the_verdict_undecided(by):
    found = finding(CASE, "accuracy", f"slice {by}", with_slices(by))
    assert found.outcome is UNDECIDED
    assert found.reason in {"missing-slice", "slice-too-small"}


def test_parts_of_a_column_below_the_minimum_are_named_and_not_judged():
    columns = {**CASE.evidence.scores.columns}
    columns["job"] = np.where(np.arange(2000) < 50, "rare", columns["job"]).astype(object)
    case = with_evidence(scores=ScoreTable(CASE.evidence.scores.sample, columns))
    found = finding(case, "accuracy", "slice job", with_slices("job"))
    assert (found.outcome, "job=rare (50 rows)" in found.message) == (PASSED, True)


@given(st.sampled_from(["sex", "sex & race", "age < 25", "age < 25 and sex = Female", "capital-gain != 0"]))
def test_a_slice_is_read_as_it_is_written(text):
    assert str(Slice.parse(text)) == text
    assert Slice.parse(str(Slice.parse(text))) == Slice.parse(text)


@pytest.mark.parametrize("text", ["", "sex &", "sex & sex", "< 25", "age <> 3", "age < 25 or sex = Male = 3"])
def test_other_texts_are_no_slice(text):
    with pytest.raises(ValueError, match="not a"):
        Slice.parse(text)


# --- calibration and fairness, from the same scores ---


def test_calibration_is_judged_by_the_upper_bound():
    def judged(**limits):
        policy = replace(POLICY, calibration=CalibrationPolicy(**limits))
        return {f.rule: f for f in decide(policy, CASE).findings if f.gate == "calibration"}

    brier = judged(max_brier=0.5)["brier"]
    assert judged(max_brier=brier.interval.high + 1e-6)["brier"].outcome is PASSED
    assert judged(max_brier=brier.interval.low - 1e-6)["brier"].reason == "miscalibrated"
    assert judged(max_calibration_error=0.2)["calibration error"].outcome is PASSED


def unfair_to_smiths():
    scores = scores_of()
    smith = scores.columns["job"] == "smith"
    sample = replace(scores.sample, predicted=scores.sample.predicted & ~smith)
    return with_evidence(accuracy=replace(CASE.evidence.accuracy, metrics={"roc_auc": value("roc_auc", sample)}),
                         scores=ScoreTable(sample, scores.columns))  # fmt: skip


FAIR = replace(POLICY, fairness=FairnessPolicy(("job",), max_equalized_odds_difference=0.2, max_worsening=0.05))


def test_a_model_that_treats_groups_alike_is_fair():
    assert {f.outcome for f in decide(FAIR, CASE).findings if f.gate == "fairness"} == {PASSED}


def test_a_model_that_is_unfair_to_a_group_is_refused_and_less_fair_than_the_champion():
    reasons = {f.reason for f in decide(FAIR, unfair_to_smiths()).findings if f.gate == "fairness"}
    assert reasons == {"unfair", "less-fair-than-champion"}


def test_a_group_that_is_not_there_leaves_the_verdict_undecided():
    for policy in (FairnessPolicy(("county",), 0.1), FairnessPolicy(("job",), 0.1, min_rows=1500)):
        found = decide(replace(POLICY, fairness=policy), CASE).findings
        assert {(f.outcome, f.reason) for f in found if f.gate == "fairness"} == {(UNDECIDED, "missing-group")}


# --- modes and waivers ---

TODAY = date(2026, 6, 1)
WARNS = replace(FAIR, fairness=replace(FAIR.fairness, mode="warn"))


def waiver(**changes):
    given = {"gate": "fairness", "reason": "known", "name": "A. Person", "expires": date(2026, 7, 1)}
    return Waiver(**({"candidate": CASE.candidate.content} | given | changes))


def test_gates_that_are_off_are_listed():
    assert decide(POLICY, CASE).off == ("data", "calibration", "fairness", "explanation", "robustness", "latency")
    off = replace(FAIR, fairness=replace(FAIR.fairness, mode="off"))
    assert "fairness" in decide(off, unfair_to_smiths()).off
    assert decide(off, unfair_to_smiths()).outcome is PASSED


def test_a_warning_passes_and_stands_in_the_verdict_but_not_in_production():
    verdict = decide(WARNS, unfair_to_smiths())
    assert verdict.outcome is PASSED
    assert {f.outcome for f in verdict.findings if f.reason} == {Outcome.WARNED}
    assert "would be refused" in next(f.message for f in verdict.findings if f.reason)
    production = replace(unfair_to_smiths(), production=True)
    assert decide(WARNS, production).outcome is REFUSED
    scope = waiver(candidate=None, scope="warnings")
    allowed = decide(WARNS, production, [scope], TODAY)
    assert (allowed.outcome, allowed.waivers, allowed.judged_on) == (PASSED, (scope,), TODAY)


def test_a_waiver_for_exactly_this_candidate_passes_one_gate():
    verdict = decide(FAIR, unfair_to_smiths(), [waiver()], TODAY)
    assert (verdict.outcome, verdict.waivers) == (PASSED, (waiver(),))
    assert "until 2026-07-01" in next(f.message for f in verdict.findings if f.outcome is WAIVED)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"expires": date(2026, 5, 31)}, "it expired on 2026-05-31"),
        ({"candidate": sha256(b"another")}, "it is for the candidate"),
        ({"environment": "production"}, "it is for production"),
        ({"gate": "calibration"}, "nothing that it covers"),
        ({"candidate": None, "scope": "warnings"}, "nothing that it covers"),
    ],
)
def test_a_waiver_that_does_not_hold_is_named_with_why(changes, why):
    verdict = decide(FAIR, unfair_to_smiths(), [waiver(**changes)], TODAY)
    assert (verdict.outcome, verdict.waivers, verdict.judged_on) == (REFUSED, (), None)
    assert why in verdict.unused_waivers[0].why


def test_no_waiver_stands_in_for_evidence():
    wide = [waiver(gate=gate) for gate in ("tests", "accuracy", "parity")]
    for case in (with_evidence(tests=None), with_evidence(accuracy=None), with_evidence(parity=None),
                 with_evidence(scores=None), with_accuracy(metrics={"roc_auc": 0.99})):  # fmt: skip
        assert decide(POLICY, case, wide, TODAY).outcome is UNDECIDED


@pytest.mark.parametrize(
    "changes",
    [{"candidate": None}, {"scope": "warnings"}, {"expires": None}, {"reason": " "}, {"name": ""}],
)
def test_a_waiver_that_says_too_little_or_too_much_is_no_waiver(changes):
    with pytest.raises(ValueError, match="a waiver"):
        waiver(**changes)


def test_no_champion_leaves_the_verdict_undecided():
    assert outcome(replace(CASE, champion=None)) is UNDECIDED


@pytest.mark.parametrize(
    "other",
    [
        Champion(sha256(b"c"), None),
        replace(champion(), scores=None),
        champion(subject=replace(SUBJECT, data=md5(b"other rows"))),
        replace(champion(), accuracy=replace(champion().accuracy, positive="no")),
    ],
    ids=["no evidence", "no scores", "other rows", "other class"],
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
    "below the floor": with_scores(0.5),
    "no metric": with_accuracy(metrics={"roc_auc": None}),
    "no scores": with_evidence(scores=None),
    "edited by hand": with_accuracy(metrics={"roc_auc": 0.999}),
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
    assert outcome(replace(CASE, champion=champion(3.0)), waivers=[BOOTSTRAP]) is REFUSED


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
            for kind in ("tests", "accuracy", "parity", "scores")
            if getattr(WORSE[name].evidence, kind) is not getattr(CASE.evidence, kind)
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


separations = st.floats(min_value=0.2, max_value=3.5)


@settings(max_examples=40, deadline=None)
@given(ours=separations, theirs=separations, worse=st.floats(min_value=0.05, max_value=1))
def test_worse_scores_never_open_the_gate(ours, theirs, worse):
    case = replace(with_scores(ours), champion=champion(theirs))
    lower = replace(with_scores(ours - worse), champion=champion(theirs))
    if outcome(case) is not PASSED:
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
    open_ = bool(found) and all(f.outcome in {PASSED, WAIVED, Outcome.WARNED} for f in found)
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
