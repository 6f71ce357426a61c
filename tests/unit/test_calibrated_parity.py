"""The calibrated tolerance: limits from the source model's own error in float32."""

from dataclasses import replace

import pytest
from cases import CASE, PASSED, REFUSED, UNDECIDED, finding, with_parity

from lockgate.domain.decision import decide
from lockgate.domain.evidence import Calibration, OutputParity
from lockgate.domain.policy import ParityPolicy
from lockgate.testing.examples import POLICY

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


@pytest.mark.parametrize("name", ["onnx_largest", "onnx_rms", "crossing", "crossing_largest"])
def test_what_is_below_0_is_no_measurement(name):
    found = calibrated(**{name: -1})["probabilities: calibrated"]
    assert (found.outcome, found.reason) == (UNDECIDED, "not-compared")


@pytest.mark.parametrize("dtype", ["int64", "bool"])
@pytest.mark.parametrize(("difference", "expected"), [(0.0, PASSED), (1.0, REFUSED)])
def test_outputs_that_rounding_does_not_touch_must_be_equal(dtype, difference, expected):
    rank = OutputParity("rank", dtype, dtype, (100,), (100,), max_absolute=difference)
    case = with_parity(outputs=(*CASE.evidence.parity.outputs, rank), calibrations=(WITHIN,))
    assert finding(case, "parity", "rank: absolute", CALIBRATED).outcome is expected
