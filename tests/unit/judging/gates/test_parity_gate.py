"""The parity gate: names, forms, differences and flips, each within its limit or not passed."""

import math
from dataclasses import replace

import pytest
from cases import (
    CASE,
    PASSED,
    PROBABILITIES,
    REFUSED,
    UNDECIDED,
    WORSE,
    finding,
    outcome,
    with_evidence,
    with_invented,
    with_output,
    with_parity,
    with_setting,
)
from hypothesis import given
from hypothesis import strategies as st

from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.parity.contradictions import varies_otherwise
from lockgate.domain.judging.gates.parity.evidence import InventedParity, ParityEvidence, SettingParity
from lockgate.domain.judging.protocol.project_facts import ProjectFacts
from lockgate.domain.measuring.run_conditions import SETTINGS
from lockgate.testing.examples import POLICY, ROWS, evidence_of_parity

LABEL = CASE.evidence.of(ParityEvidence).outputs[0]


@pytest.mark.parametrize("side", ["missing_inputs", "unexpected_inputs", "missing_outputs", "unexpected_outputs"])
def test_a_missing_or_unexpected_name_refuses(side):
    found = finding(with_parity(**{side: ("something",)}), "parity", "names")
    assert found.outcome is REFUSED
    assert "something" in found.message


@pytest.mark.parametrize("change", [{"actual_dtype": "float64"}, {"actual_shape": (100, 3)}, {"mismatches": 1}])
def test_another_form_or_a_nan_on_one_side_refuses(change):
    assert finding(with_output(**change), "parity", "probabilities: form").outcome is REFUSED


@pytest.mark.parametrize("kind", ["absolute", "relative"])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -1e-9])
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


@pytest.mark.parametrize(
    "outputs",
    [
        (LABEL,),
        (PROBABILITIES,),
        (LABEL, replace(PROBABILITIES, expected_dtype="string", actual_dtype="string")),
        (LABEL, replace(PROBABILITIES, expected_shape=(2000,), actual_shape=(2000,))),
    ],
    ids=["labels only", "no labels", "as texts", "of another shape"],
)
def test_an_output_that_was_not_compared_as_declared_leaves_the_verdict_undecided(outputs):
    found = finding(with_parity(outputs=outputs), "parity", "outputs")
    assert (found.outcome, found.reason) == (UNDECIDED, "not-compared")
    assert found.remedy


def test_an_output_that_the_model_does_not_give_is_missing_and_that_is_all():
    found = decide(POLICY, with_parity(outputs=(LABEL,), missing_outputs=("probabilities",))).blocking
    assert {(f.rule, f.reason) for f in found if f.gate == "parity"} == {("names", "output-missing")}


@pytest.mark.parametrize(
    ("case", "rule"),
    [(with_output(mismatches=-1), "probabilities: form"), (with_parity(flips=-1), "flips")],
    ids=["cells", "labels"],
)
def test_a_count_below_0_leaves_the_verdict_undecided(case, rule):
    found = finding(case, "parity", rule)
    assert (found.outcome, found.reason) == (UNDECIDED, "not-compared")


def test_unknown_flips_leave_the_verdict_undecided():
    assert finding(with_parity(flips=None), "parity", "flips").outcome is UNDECIDED


numbers = st.none() | st.floats()


@given(absolute=numbers, relative=numbers, flips=st.none() | st.integers(-2, 5), mismatches=st.integers(-2, 3))
def test_parity_passes_exactly_within_every_limit(absolute, relative, flips, mismatches):
    case = with_output(max_absolute=absolute, max_relative=relative, mismatches=mismatches)
    case = with_evidence(case, parity=replace(case.evidence.of(ParityEvidence), flips=flips))
    within = (
        absolute is not None
        and relative is not None
        and 0 <= absolute <= 1e-5
        and 0 <= relative <= 0.01
        and math.isfinite(absolute)
        and math.isfinite(relative)
        and flips == 0
        and mismatches == 0
    )
    assert (outcome(case) is PASSED) == within


def test_stored_answers_have_none_to_invented_rows_and_that_is_said():
    stored = with_parity(invented=InventedParity(0, stored=True))
    assert outcome(stored) is PASSED
    finding_of = {f.rule: f for f in decide(POLICY, stored).findings}["invented rows"]
    assert finding_of.outcome is PASSED
    assert "stored answers" in finding_of.message


@pytest.mark.parametrize(
    "changes",
    [
        {"outputs": (LABEL, replace(PROBABILITIES, max_absolute=math.nan))},
        {"outputs": (LABEL, replace(PROBABILITIES, max_absolute=None))},
        {"outputs": (LABEL,)},
        {"outputs": ()},
        {"flips": None},
        {"outputs": (LABEL, replace(PROBABILITIES, max_absolute=-1.0))},
        {"outputs": (LABEL, replace(PROBABILITIES, mismatches=-1))},
        {"outputs": (replace(LABEL, mismatches=-1), PROBABILITIES)},
        {"flips": -1},
    ],
    ids=["NaN", "none", "labels only", "no output", "no labels", "below 0", "-1 cells", "-1 texts", "-1 labels"],
)
@pytest.mark.parametrize(("place", "rule"), [(with_setting, "settings"), (with_invented, "invented rows")])
def test_what_was_not_compared_in_a_setting_or_on_invented_rows_never_passes(place, rule, changes):
    found = finding(place(**changes), "parity", rule)
    assert (found.outcome, found.reason) == (REFUSED, "not-compared")


def test_a_setting_in_which_no_row_was_asked_never_passes():
    assert finding(with_setting(rows=0), "parity", "settings").reason == "not-compared"


def test_flips_on_invented_rows_that_are_not_named_are_refused_all_the_same():
    assert finding(with_invented(flips=1), "parity", "invented rows").reason == "label-flips"


@pytest.mark.parametrize(
    ("tools", "expected", "reason"),
    [
        ({"onnxruntime": "1.0"}, PASSED, ""),
        ({"onnxruntime": "0.9"}, REFUSED, "other-runtime"),
        ({"fake": "1"}, UNDECIDED, "not-measured"),
    ],
)
def test_the_runtime_that_judged_is_known_and_is_the_one_that_serves(tools, expected, reason):
    found = finding(with_parity(tools=tools, serving_runtime="1.0"), "parity", "versions")
    assert (found.outcome, found.reason) == (expected, reason)


def test_what_was_not_compared_in_one_setting_is_not_hidden_by_what_varies_in_another():
    setting, *others = CASE.evidence.of(ParityEvidence).settings
    varies = replace(setting, outputs=(LABEL, replace(PROBABILITIES, max_absolute=1.0)))
    case = with_parity(settings=(varies, replace(others[0], outputs=()), *others[1:]))
    assert finding(case, "parity", "settings").reason == "not-compared"


def test_a_setting_that_was_left_out_is_told_beside_one_that_varies():
    _, setting, *others = CASE.evidence.of(ParityEvidence).settings
    label, probabilities = setting.outputs
    varies = replace(setting, outputs=(label, replace(probabilities, max_absolute=0.5)))
    found = finding(with_parity(settings=(varies, *others)), "parity", "settings")
    assert (found.outcome, found.reason) == (REFUSED, "not-compared")
    assert "answers vary by" in found.message
    assert f"the model was not asked in 1 settings, as {SETTINGS[0].name}" in found.message


@pytest.mark.parametrize("left", range(len(SETTINGS)))
def test_a_setting_that_was_left_out_leaves_the_verdict_undecided(left):
    asked = CASE.evidence.of(ParityEvidence).settings
    found = finding(with_parity(settings=(*asked[:left], *asked[left + 1 :])), "parity", "settings")
    assert (found.outcome, found.reason) == (UNDECIDED, "not-measured")
    assert found.message == f"the model was not asked in 1 settings, as {SETTINGS[left].name}"


def test_a_setting_in_which_few_rows_were_asked_never_passes():
    found = finding(with_setting(rows=3), "parity", "settings")
    assert (found.outcome, found.reason, found.message) == (REFUSED, "not-compared", "again: 3 of 2000 rows were asked")


def test_small_batches_see_the_first_rows_alone_and_need_no_other():
    rows, asked = 100_000, {"batches of 1": 2000, "batches of 2": 4000, "batches of 7": 14_000}
    settings = tuple(
        replace(each, rows=asked.get(each.setting, rows)) for each in CASE.evidence.of(ParityEvidence).settings
    )
    assert finding(with_parity(rows=rows, settings=settings), "parity", "settings").outcome is PASSED


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (with_parity(rows=3), "the held-out rows: 3 rows, and label of shape [2000]"),
        (with_parity(rows=3), "3 rows were compared, the score table has 2000"),
        (with_setting(rows=1999), "again: 1999 rows, and label of shape [2000]"),
        (with_invented(rows=3), "invented rows: 3 rows, and label of shape [2000]"),
        (with_output(sizes=(1e6, 1e6)), "probabilities are 0 to 1, and are compared in relation to a size"),
        (with_invented(stored=True), "stored answers, and 2000 invented rows were compared"),
        (
            with_evidence(beside=ProjectFacts(pins={"onnxruntime": "1.0"})),
            "pins onnxruntime 1.0, the evidence says none",
        ),
    ],
    ids=["rows", "score table", "setting", "invented rows", "sizes", "stored", "runtime"],
)
def test_parity_that_contradicts_itself_or_what_is_known_leaves_the_verdict_undecided(case, said):
    found = finding(case, "parity", "measured")
    assert (found.outcome, found.reason) == (UNDECIDED, "edited")
    assert said in found.message


def test_what_varies_by_a_little_more_than_is_allowed_is_told_with_as_many_digits_as_tell_it():
    setting, *others = CASE.evidence.of(ParityEvidence).settings
    label, probabilities = setting.outputs
    varies = replace(setting, outputs=(label, replace(probabilities, max_absolute=1.0132789611816406e-06)))
    found = finding(with_parity(settings=(varies, *others)), "parity", "settings")
    assert "1.0133e-06" in found.message
    assert "1.0000e-06 allowed" in found.message


@pytest.mark.parametrize(("found", "names_the_setting"), [(9e-6, True), (2e-5, False)])
def test_what_float32_sums_vary_by_names_the_setting_that_allows_it_and_more_does_not(found, names_the_setting):
    setting, *others = CASE.evidence.of(ParityEvidence).settings
    label, probabilities = setting.outputs
    varies = replace(setting, outputs=(label, replace(probabilities, max_absolute=found)))
    told = finding(with_parity(settings=(varies, *others)), "parity", "settings")
    assert told.reason == "varies"
    assert ("set gates.parity.max_variation to 1e-05" in told.remedy) == names_the_setting
    assert "must not depend on the batch" in told.remedy


@pytest.mark.parametrize("lost", [0, 1])
def test_an_output_that_is_missing_in_the_settings_too_is_not_laid_to_the_batch(lost):
    def without(found):
        kept = [*found.outputs]
        return replace(found, missing_outputs=(kept.pop(lost).name,), outputs=tuple(kept))

    settings = tuple(map(without, CASE.evidence.of(ParityEvidence).settings))
    told = finding(with_parity(settings=settings), "parity", "settings")
    assert told.outcome is REFUSED
    assert "conversion" in told.remedy
    assert "batch" not in told.remedy


def in_settings(rows, largest, *, among=None, more=()):
    """Settings in which answers vary by so much: in one of them, or in all."""
    label, probabilities = evidence_of_parity().outputs
    shapes = {"expected_shape": (rows, 2), "actual_shape": (rows, 2)}
    label = replace(label, expected_shape=(rows,), actual_shape=(rows,))

    def varying(name):
        found = largest if among in {None, name} else 0.0
        return SettingParity(name, rows, outputs=(label, replace(probabilities, max_absolute=found, **shapes)), flips=0)

    return tuple(map(varying, (*(each.name for each in SETTINGS), *more)))


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (in_settings(64, 0.0), ""),
        (in_settings(64, 5e-6), ""),  # by a rounding of another processor
        (in_settings(64, 0.01, among="2 threads"), "asked again on 64 rows, 2 threads: answers vary by 1.0e-02"),
        (in_settings(64, 0.0, more=("CUDAExecutionProvider",)), ""),
        (in_settings(64, 0.01, among="CUDAExecutionProvider", more=("CUDAExecutionProvider",)), ""),
        (in_settings(63, 0.0), "rows were asked"),
        (in_settings(64, 0.0)[1:], "the model was not asked in 1 settings, as again"),
    ],
)
def test_some_rows_in_other_settings_say_whether_the_evidence_told_all(today, told):
    found = varies_otherwise(POLICY.parity, evidence_of_parity(), today, 64)
    assert (told in found) if told else (found == "")


def test_evidence_that_does_not_pass_is_held_to_nothing_more():
    kept = replace(evidence_of_parity(), settings=in_settings(ROWS, 0.5))
    assert varies_otherwise(POLICY.parity, kept, in_settings(64, 0.01), 64) == ""
