"""The calibrated tolerance: the ONNX model may err as the source model errs in float32, and a little more."""

from collections.abc import Iterable, Iterator

from lockgate.domain.judging.gates.parity.evidence import Calibration, ParityEvidence
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import RECHECK
from lockgate.domain.numbers import size

GATE = "parity"
REEXPORT = "change the model or its conversion (docs/parity.md has the usual causes); then `lockgate run`"
NO_REFERENCE = "this source has no truth in float64: set tolerance: fixed, with max_absolute and max_relative"
UNSCALED = "a scaled value falls on the other side of a tree's threshold: leave numbers unscaled in front of trees"


def judge_calibrated(policy: ParityPolicy, evidence: ParityEvidence) -> Iterator[Finding]:
    """Two findings for each output of numbers, and one on rows that cross a threshold where there are any."""
    if policy.tolerance != "calibrated":
        return
    wanted = [output.name for output in evidence.outputs if output.expected_dtype.startswith("float")]
    found = {calibration.output: calibration for calibration in evidence.calibrations}
    for name in wanted:
        calibration = found.get(name)
        if calibration is None:
            message = "there is no truth in float64 to derive a tolerance from"
            yield _undecided(name, message, NO_REFERENCE, Reason.NO_TRUTH)
        elif any(size(each) is None for each in _sizes(calibration)):
            yield _undecided(name, "an error or a number of rows is none", RECHECK, Reason.NOT_COMPARED)
        else:
            yield from _output(policy, calibration)


def _undecided(output: str, message: str, remedy: str, reason: str) -> Finding:
    return Finding(GATE, f"{output}: calibrated", Outcome.UNDECIDED, message, remedy=remedy, reason=reason)


def _sizes(found: Calibration) -> tuple[float, ...]:
    """What is judged, all finite and none below 0."""
    return (found.onnx_largest, found.onnx_rms, found.crossing, found.crossing_largest)


def limits(policy: ParityPolicy, calibration: Calibration) -> tuple[float, float]:
    """The largest error and the root-mean-square error that the ONNX model may have."""
    floor = policy.ulps * calibration.ulp
    return (
        max(policy.multiple * calibration.source_largest, floor),
        max(policy.multiple * calibration.source_rms, floor),
    )


def tolerance(policy: ParityPolicy, calibrations: Iterable[Calibration]) -> float:
    """How far a number of the two models may be apart: what is fixed, or else what is derived on these very rows.

    The source's own distance from the truth comes on top of that: the two models are compared with each other here.
    """
    if policy.max_absolute is not None:
        return policy.max_absolute
    return max((limits(policy, each)[0] + each.source_largest for each in calibrations), default=0.0)


def _output(policy: ParityPolicy, found: Calibration) -> Iterator[Finding]:
    largest, rms = limits(policy, found)
    yield _error(found, "largest", found.onnx_largest, found.source_largest, largest)
    yield _error(found, "rms", found.onnx_rms, found.source_rms, rms)
    if found.crossing:
        yield _crossing(found, largest)


def _error(found: Calibration, kind: str, measured: float, own: float, limit: float) -> Finding:
    within = measured <= limit and found.rows > 0
    return Finding(
        GATE,
        f"{found.output}: calibrated {kind}",
        Outcome.PASSED if within else Outcome.REFUSED,
        f"{kind} error {measured:.1e} against float64, {own:.1e} is the source's own in float32, {limit:.1e} allowed",
        measured=measured,
        limit=limit,
        rows=found.rows,
        remedy="" if within else REEXPORT,
        reason="" if within else Reason.DIFFERS,
    )


def _crossing(found: Calibration, limit: float) -> Finding:
    within = found.crossing_largest <= limit
    message = (
        f"{found.crossing} rows cross a tree's threshold when rounded to float32; error {found.crossing_largest:.1e}"
    )
    return Finding(
        GATE,
        f"{found.output}: thresholds",
        Outcome.PASSED if within else Outcome.REFUSED,
        f"{message}, {limit:.1e} allowed",
        measured=found.crossing_largest,
        limit=limit,
        rows=found.crossing,
        remedy="" if within else UNSCALED,
        reason="" if within else Reason.CROSSES_THRESHOLD,
    )
