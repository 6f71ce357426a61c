"""The calibration gate: errors keep to their limits by the upper bound."""

from dataclasses import replace

from cases import CASE, PASSED

from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.gates.calibration.policy import CalibrationPolicy
from lockgate.testing.examples import POLICY


def test_calibration_is_judged_by_the_upper_bound():
    def judged(**limits):
        policy = replace(POLICY, calibration=CalibrationPolicy(**limits))
        return {f.rule: f for f in decide(policy, CASE).findings if f.gate == "calibration"}

    brier = judged(max_brier=0.5)["brier"]
    assert judged(max_brier=brier.interval.high + 1e-6)["brier"].outcome is PASSED
    assert judged(max_brier=brier.interval.low - 1e-6)["brier"].reason == "miscalibrated"
    assert judged(max_calibration_error=0.2)["calibration error"].outcome is PASSED
