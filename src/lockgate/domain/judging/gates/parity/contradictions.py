"""What parity evidence contradicts: itself, the score table, what the service is pinned to, the ONNX model of now."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from lockgate.domain.judging.gates.parity.evidence import (
    Calibration,
    InventedParity,
    OutputParity,
    ParityEvidence,
    SettingParity,
)
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.parity.tolerance import GATE
from lockgate.domain.judging.gates.parity.variation import judge_settings
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.measuring.changes import improbable
from lockgate.domain.measuring.measured_again import ANSWER, METRIC
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.signature import Array, Outputs
from lockgate.domain.statistics.metrics.guarded import MetricFailed
from lockgate.domain.statistics.metrics.registry import metrics_of, value
from lockgate.domain.statistics.sample import AnySample

ROUNDING = 1 + 1e-6
"""By what factor a root mean square and a largest error may miss what they owe each other."""


def contradicted_parity(
    policy: ParityPolicy, evidence: Evidence, subject: Subject, probabilities: str
) -> Iterator[Finding]:
    """A finding with all that cannot be so; ``probabilities`` names the output whose cells are 0 to 1."""
    parity, scores = evidence.of(ParityEvidence), evidence.scores
    if parity is None or parity.subject.differs_from(subject):  # what `judge_parity` says
        return
    found = [*_rows(parity), *_stored(parity), *_sized(parity, probabilities)]
    if scores is not None and scores.rows != parity.rows:
        found.append(f"{parity.rows} rows were compared, the score table has {scores.rows}")
    pinned = evidence.beside.pins.get("onnxruntime")
    if pinned is not None and pinned != parity.serving_runtime:
        found.append(f"the service pins onnxruntime {pinned}, the evidence says {parity.serving_runtime or 'none'}")
    if policy.tolerance == "calibrated":
        found += _allowances(parity.calibrations, parity.outputs, parity.rows, probabilities)
        found += _on_invented_rows(parity.invented, probabilities)
    if found:
        yield unmeasured(GATE, "; ".join(found), Reason.EDITED)


def _rows(parity: ParityEvidence) -> Iterator[str]:
    """Every comparison is of as many rows as its outputs have."""
    yield from _rows_of("the held-out rows", parity.rows, parity.outputs)
    if parity.invented is not None:
        yield from _rows_of("invented rows", parity.invented.rows, parity.invented.outputs)
    for setting in parity.settings:
        yield from _rows_of(setting.setting, setting.rows, setting.outputs)


def _rows_of(where: str, rows: int, outputs: Sequence[OutputParity]) -> Iterator[str]:
    for output in outputs:
        if output.same_form and output.expected_shape[:1] != (rows,):
            shape = list(output.expected_shape)
            yield f"{where}: {rows} rows, and {output.name} of shape {shape}"


def _sized(parity: ParityEvidence, probabilities: str) -> Iterator[str]:
    """What lies between 0 and 1 is compared as it is: a size would allow it more."""
    compared = [parity.outputs, *(each.outputs for each in parity.settings)]
    if parity.invented is not None:
        compared.append(parity.invented.outputs)
    for output in chain.from_iterable(compared):
        if output.name == probabilities and output.sizes:
            yield f"{output.name} are 0 to 1, and are compared in relation to a size"
            return


def _stored(parity: ParityEvidence) -> Iterator[str]:
    """Stored answers are none to other rows, and know no truth."""
    invented = parity.invented
    if invented is None or not invented.stored:
        return
    if invented.rows or invented.outputs or invented.calibrations or invented.flips is not None:
        yield f"the source is a file of stored answers, and {invented.rows} invented rows were compared with it"
    if parity.calibrations:
        yield "the source is a file of stored answers, and a truth in float64 is known of it"


def _on_invented_rows(invented: InventedParity | None, probabilities: str) -> Iterator[str]:
    if invented is not None:
        for said in _allowances(invented.calibrations, invented.outputs, invented.rows, probabilities):
            yield f"invented rows: {said}"


def _allowances(
    calibrations: Iterable[Calibration], outputs: Sequence[OutputParity], rows: int, probabilities: str
) -> Iterator[str]:
    """What a tolerance is derived from must be errors that there can be."""
    by_name = {output.name: output for output in outputs}
    for found in calibrations:
        output = by_name.get(found.output)
        if output is None:
            yield f"{found.output} has errors and was not compared"
        else:
            yield from _errors(found, rows * math.prod(output.expected_shape[1:]))
        if found.output == probabilities and output is not None:
            yield from _of_probabilities(found, float(np.finfo(output.expected_dtype).eps))


def _errors(found: Calibration, cells: int) -> Iterator[str]:
    """A root mean square over so many cells is the largest error at most, and the largest is no more than all of it."""
    pairs = (
        ("the ONNX model", found.onnx_largest, found.onnx_rms),
        ("the source", found.source_largest, found.source_rms),
    )
    for whose, largest, rms in pairs:
        if rms > largest * ROUNDING:
            yield f"{found.output}: {whose}'s largest error, {largest:.1e}, is below its root mean square, {rms:.1e}"
    largest, rms = found.source_largest, found.source_rms
    if largest > rms * math.sqrt(max(cells, 0)) * ROUNDING:
        yield f"{found.output}: the source's largest error, {largest:.1e}, is beyond a root mean square of {rms:.1e}"


def _of_probabilities(found: Calibration, eps: float) -> Iterator[str]:
    """``eps`` is the distance from 1 to its next neighbour."""
    if found.ulp > eps:
        yield f"{found.output} are 0 to 1, and the unit in their last place is said to be {found.ulp:.1e}"
    if found.source_largest > 1:
        yield f"{found.output} are 0 to 1, and the source's largest error is said to be {found.source_largest:.1e}"


def compared_otherwise(kept: ParityEvidence, outputs: Outputs, answers: Answers, truth: Array) -> str:
    """What the evidence says of the ONNX model on the held-out rows, and the model does not; empty where it does.

    ``outputs`` and ``answers`` are today's to all of them, ``truth`` is what ``Task.truth_of`` takes.
    """
    return next(_of_onnx(kept, outputs, answers, truth), "")


def _of_onnx(kept: ParityEvidence, outputs: Outputs, answers: Answers, truth: Array) -> Iterator[str]:
    if kept.rows != answers.rows:
        yield f"{kept.rows} rows were compared, and there are {answers.rows}"
        return
    yield from _worst_rows(kept, outputs)
    found = improbable(answers.take(np.flatnonzero(np.isfinite(answers.scores).all(axis=1)))) or 0
    if found > kept.improbable:
        yield f"{kept.improbable} rows have improbable answers, and the model gives {found} of them"
    yield from _metrics({each.name: each.onnx for each in kept.metrics}, answers.sample(truth))


def _worst_rows(kept: ParityEvidence, outputs: Outputs) -> Iterator[str]:
    for output in kept.outputs:
        today = outputs.get(output.name)
        if today is None or today.dtype.kind not in "fiub" or today.shape[:1] != (kept.rows,):
            continue
        for worst in output.worst_rows:
            if not 0 <= worst.row < kept.rows:
                yield f"{output.name} is told of row {worst.row}, and there are {kept.rows}"
                continue
            told = np.array([np.nan if cell is None else cell for cell in worst.actual], dtype=np.float64)
            found = today[worst.row].astype(np.float64).reshape(-1)[: len(told)]
            near = np.abs(told - found) <= ANSWER * np.maximum(1.0, np.abs(found))
            if len(found) != len(told) or not (near | (~np.isfinite(told) & ~np.isfinite(found))).all():
                yield f"{output.name} of row {worst.row} is not what the model answers"


def _metrics(told: Mapping[str, float | None], sample: AnySample) -> Iterator[str]:
    known = metrics_of(sample.task)
    for name, kept in told.items():
        try:
            today = value(known[name], sample) if name in known else kept
        except MetricFailed:  # the accuracy gate says why
            continue
        if (kept is None) != (today is None):
            yield f"{name} of the ONNX model is {kept}, and {today} of today's answers"
        elif kept is not None and today is not None and not abs(kept - today) <= METRIC * max(1.0, abs(today)):
            yield f"{name} of the ONNX model is {kept:.6f}, and {today:.6f} of today's answers"


def varies_otherwise(policy: ParityPolicy, kept: ParityEvidence, today: tuple[SettingParity, ...], rows: int) -> str:
    """What today's answers in other settings say against evidence that passes by them; empty where nothing does.

    They are of so many ``rows``, a part of those of the evidence. Another processor may move an answer by a rounding,
    and the evidence need not be of a GPU that is here.
    """
    if judge_settings(policy, kept, kept.task).outcome is not Outcome.PASSED:
        return ""
    allowed = replace(policy, max_variation=max(policy.max_variation, ANSWER))
    asked = {each.setting for each in kept.settings}
    some = tuple(each for each in today if each.setting in asked)
    found = judge_settings(allowed, replace(kept, rows=rows, settings=some), kept.task)
    return "" if found.outcome is Outcome.PASSED else f"asked again on {rows} rows, {found.message}"
