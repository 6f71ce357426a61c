"""The calibrated tolerance: limits from the source model's own error in float32."""

from dataclasses import replace

import pytest
from cases import CASE, PASSED, REFUSED, UNDECIDED, finding, outcome, with_parity

from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.parity.evidence import Calibration, OutputParity, ParityEvidence
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.testing.examples import POLICY

CALIBRATED = replace(POLICY, parity=ParityPolicy(tolerance="calibrated"))
WITHIN = Calibration("probabilities", 100, 6e-8, onnx_largest=4e-7, onnx_rms=6e-8, source_largest=3e-7, source_rms=5e-8)


def calibrated(**changes):
    invented = replace(CASE.evidence.of(ParityEvidence).invented, calibrations=(WITHIN,))
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


@pytest.mark.parametrize("name", ["onnx_largest", "onnx_rms", "crossing", "crossing_largest"])
def test_what_is_below_0_is_no_measurement(name):
    found = calibrated(**{name: -1})["probabilities: calibrated"]
    assert (found.outcome, found.reason) == (UNDECIDED, "not-compared")


@pytest.mark.parametrize("dtype", ["int64", "bool"])
@pytest.mark.parametrize(("difference", "expected"), [(0.0, PASSED), (1.0, REFUSED)])
def test_outputs_that_rounding_does_not_touch_must_be_equal(dtype, difference, expected):
    rank = OutputParity("rank", dtype, dtype, (100,), (100,), max_absolute=difference)
    case = with_parity(outputs=(*CASE.evidence.of(ParityEvidence).outputs, rank), calibrations=(WITHIN,))
    assert finding(case, "parity", "rank: absolute", CALIBRATED).outcome is expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source_largest": 1e9}, "largest error, 1.0e+09, is beyond a root mean square of 5.0e-08"),
        ({"source_rms": 1e9}, "largest error, 3.0e-07, is below its root mean square, 1.0e+09"),
        ({"source_largest": 1e9, "source_rms": 1e9}, "are 0 to 1, and the source's largest error"),
        ({"ulp": 1e9}, "are 0 to 1, and the unit in their last place"),
        ({"onnx_largest": 0.0}, "the ONNX model's largest error, 0.0e+00, is below"),
        ({"output": "logits"}, "logits has errors and was not compared"),
    ],
    ids=["largest", "rms", "both", "ulp", "the ONNX model's", "another output"],
)
def test_a_tolerance_is_derived_from_errors_that_there_can_be(changes, said):
    real = calibrated(**changes)["measured"]
    invented = replace(CASE.evidence.of(ParityEvidence).invented, calibrations=(replace(WITHIN, **changes),))
    case = with_parity(calibrations=(WITHIN,), invented=invented)
    for found, where in ((real, ""), (finding(case, "parity", "measured", CALIBRATED), "invented rows: ")):
        assert (found.outcome, found.reason) == (UNDECIDED, "edited")
        assert said in found.message
        assert found.message.startswith(where)


def test_the_largest_unit_of_probabilities_and_an_error_in_one_cell_alone_are_possible():
    cells = 2 * CASE.evidence.of(ParityEvidence).rows
    found = calibrated(ulp=2.0**-23, source_largest=3e-7, source_rms=3e-7 / cells**0.5)
    assert "measured" not in found


def test_a_fixed_tolerance_takes_no_notice_of_errors_that_it_is_not_derived_from():
    assert outcome(with_parity(calibrations=(replace(WITHIN, ulp=1e9),))) is PASSED
