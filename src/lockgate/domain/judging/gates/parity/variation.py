"""The parity gate beyond one batch of real rows: in other settings, and on rows that nobody has sent yet."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from lockgate.domain.judging.gates.parity.evidence import (
    InventedParity,
    OutputParity,
    ParityEvidence,
    SettingParity,
    WorstRow,
)
from lockgate.domain.judging.gates.parity.flips import without_ties
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.parity.tolerance import GATE, REEXPORT, tolerance
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import RECHECK
from lockgate.domain.measuring.run_conditions import CALLS, SETTINGS
from lockgate.domain.model.task import UNTOLD, Regression, Task
from lockgate.domain.names import listed
from lockgate.domain.numbers import size

ROUNDING: Final = 1e-5
"""By so much answers between 0 and 1 of honest networks vary that sum hundreds of float32 numbers in another order."""
INDEPENDENT: Final = "an answer must not depend on the batch, the threads or the run: see docs/parity.md"


def judge_versions(evidence: ParityEvidence) -> tuple[Finding, ...]:
    """What was judged is what will serve: the same version of the runtime."""
    judged = evidence.tools.get("onnxruntime")
    if evidence.serving_runtime is None:
        return ()
    if judged is None:
        return (_not_measured("versions", "the runtime that answered is not known"),)
    message = f"judged with onnxruntime {judged}, to be served with {evidence.serving_runtime}"
    if judged == evidence.serving_runtime:
        return (Finding(GATE, "versions", Outcome.PASSED, message),)
    remedy = f"pin the same onnxruntime in the service's requirements.txt and in this environment; then {RECHECK}"
    return (Finding(GATE, "versions", Outcome.REFUSED, message, remedy=remedy, reason=Reason.OTHER_RUNTIME),)


def judge_settings(policy: ParityPolicy, evidence: ParityEvidence, task: Task = UNTOLD) -> Finding:
    """The ONNX model answers a row the same whatever its neighbours, the threads and the optimisation are."""
    if not evidence.settings:
        return _not_measured("settings", "the model was not asked in other settings")
    found_wrong = [
        _Wrong(wrong.reason, f"{found.setting}: {wrong.words}")
        for found in evidence.settings
        if (wrong := _together(_variation(evidence, found, policy.max_variation, task)))
    ]
    asked = {found.setting for found in evidence.settings}
    silent = [setting.name for setting in SETTINGS if setting.name not in asked]
    left_out = f"the model was not asked in {len(silent)} settings, as {silent[0]}" if silent else ""
    if found_wrong:
        wrong = min(found_wrong, key=lambda each: each.reason != Reason.NOT_COMPARED)
        # A waiver may accept what varies, and must not pass over what nobody compared.
        reason, words = (Reason.NOT_COMPARED, f"{wrong.words}; {left_out}") if silent else (wrong.reason, wrong.words)
        remedy = _remedy(evidence, {each.reason for each in found_wrong})
        return Finding(GATE, "settings", Outcome.REFUSED, words, remedy=remedy, reason=reason)
    if silent:
        return _not_measured("settings", left_out)
    largest = max(_largest(found.outputs) for found in evidence.settings)
    of = " of their size" if isinstance(task, Regression) else ""
    message = (
        f"answers vary by {largest:.1e}{of} at most over {len(evidence.settings)} settings, "
        f"{policy.max_variation:.1e} allowed"
    )
    return Finding(
        GATE, "settings", Outcome.PASSED, message, measured=largest, limit=policy.max_variation, rows=evidence.rows
    )


def _remedy(evidence: ParityEvidence, reasons: set[str]) -> str:
    """Where the order of sums in float32 explains it, the setting that allows it; batches explain no other form."""
    if any(found.missing_outputs or not all(each.same_form for each in found.outputs) for found in evidence.settings):
        return REEXPORT
    if reasons != {Reason.VARIES}:
        return INDEPENDENT
    largest = max(_largest(found.outputs) for found in evidence.settings)
    if largest > ROUNDING:
        return INDEPENDENT
    return (
        "float32 sums of many numbers vary by so much with their order: where that is all, set "
        f"gates.parity.max_variation to {ROUNDING:g}; {INDEPENDENT}"
    )


def _not_measured(rule: str, message: str) -> Finding:
    return Finding(GATE, rule, Outcome.UNDECIDED, message, remedy=RECHECK, reason=Reason.NOT_MEASURED)


class _Wrong(NamedTuple):
    """What keeps a comparison from passing: the documented code, and words."""

    reason: str
    words: str


def _together(found: Iterable[_Wrong]) -> _Wrong | None:
    """All that is wrong in one place; that something was not compared goes before what was found elsewhere in it."""
    wrong = list(found)
    if not wrong:
        return None
    reason = min((each.reason for each in wrong), key=lambda each: each != Reason.NOT_COMPARED)
    return _Wrong(reason, "; ".join(each.words for each in wrong))


def _variation(evidence: ParityEvidence, found: SettingParity, limit: float, task: Task) -> Iterator[_Wrong]:
    """What is wrong in a setting."""
    if found.error:
        yield _Wrong(Reason.NO_ANSWER, found.error)
        return
    yield from _broken(evidence, found, task)
    if 0 < found.rows < (due := _due(found.setting, evidence.rows)):
        yield _Wrong(Reason.NOT_COMPARED, f"{found.rows} of {due} rows were asked")
    if (flips := without_ties(task, found.flips or 0, found.worst_flips, limit)[0]) > 0:
        yield _Wrong(Reason.LABEL_FLIPS, f"{flips} of {found.rows} labels are others than in one batch of all rows")
    largest = _largest(found.outputs)
    at = f", most in row {found.worst_row}" if found.worst_row is not None else ""
    if largest > limit:
        digits = next(n for n in (1, 4, 16) if f"{largest:.{n}e}" != f"{limit:.{n}e}")
        yield _Wrong(Reason.VARIES, f"answers vary by {largest:.{digits}e}{at}; {limit:.{digits}e} allowed")


def _due(setting: str, rows: int) -> int:
    """How many of the rows are asked in a setting: small batches see the first alone."""
    batch = next((each.batch for each in SETTINGS if each.name == setting), 0)
    return min(rows, batch * CALLS or rows)


def judge_invented(policy: ParityPolicy, evidence: ParityEvidence, task: Task = UNTOLD) -> Finding:
    """The two agree on rows at and beyond the edges of the training data as well."""
    found, rule = evidence.invented, "invented rows"
    if found is not None and found.stored:
        message = "the source is a file of stored answers: it has none to invented rows"
        return Finding(GATE, rule, Outcome.PASSED, message, rows=0)
    if found is None or found.rows <= 0:
        return _not_measured(rule, "invented rows were not compared")
    limit = tolerance(policy, found.calibrations)
    largest = _largest(found.outputs, absolute=policy.max_absolute is None)
    if wrong := _together(_wrong_answers(policy, evidence, found, (largest, limit), task)):
        return Finding(GATE, rule, Outcome.REFUSED, wrong.words, rows=found.rows, remedy=REEXPORT, reason=wrong.reason)
    message = f"{found.rows} rows at and beyond the edges of the training data: largest difference {largest:.1e}"
    message += _left_out(found)
    return Finding(GATE, rule, Outcome.PASSED, message, measured=largest, limit=limit, rows=found.rows)


def _wrong_answers(
    policy: ParityPolicy, evidence: ParityEvidence, found: InventedParity, held: tuple[float, float], task: Task
) -> Iterator[_Wrong]:
    """What is wrong on invented rows; ``held`` are the largest difference and its limit."""
    largest, limit = held
    if found.error:
        yield _Wrong(Reason.NO_ANSWER, found.error)
        return
    yield from _broken(evidence, found, task)
    flips, _ = without_ties(task, found.flips or 0, found.worst_flips, limit)
    if flips > policy.max_flips:
        as_with = [f", as with {flip.name}: {flip.expected} becomes {flip.actual}" for flip in found.worst_flips[:1]]
        yield _Wrong(Reason.LABEL_FLIPS, f"{flips} of {found.rows} labels flip{''.join(as_with)}")
    if largest > limit:
        words = f"differences up to {largest:.1e} on rows that nobody has sent yet{_as_with(found.outputs)}"
        yield _Wrong(Reason.DIFFERS, words)


def _left_out(found: InventedParity) -> str:
    said = f"; {found.crossing} more lie on thresholds that float32 cannot hold" if found.crossing else ""
    if found.refused:
        said += f"; {len(found.refused)} more get no answer from the trained model, as {found.refused[0]}"
    return said


def _broken(evidence: ParityEvidence, found: SettingParity | InventedParity, task: Task) -> Iterator[_Wrong]:
    """What cannot be compared; every output of the real rows must be."""
    if found.missing_outputs:
        yield _Wrong(Reason.OUTPUT_MISSING, f"no output {listed(found.missing_outputs)}")
    for output in found.outputs:
        if not output.same_form:
            yield _Wrong(Reason.OTHER_FORM, f"{output.name} is {output.actual_dtype} {list(output.actual_shape)}")
        elif output.mismatches > 0:
            words = f"{output.mismatches} cells of {output.name} are NaN or infinite on one side only"
            yield _Wrong(Reason.MISMATCH, words)
        elif output.mismatches < 0 or (output.expected_dtype != "string" and size(output.max_absolute) is None):
            yield _Wrong(Reason.NOT_COMPARED, f"the largest difference of {output.name} is not a number")
    told = {*found.missing_outputs, *(output.name for output in found.outputs)}
    absent = [output.name for output in evidence.outputs if output.name not in told]
    if absent or found.rows <= 0:
        yield _Wrong(Reason.NOT_COMPARED, f"{listed(absent) or 'no row'} was not compared")
    if not isinstance(task, Regression) and (found.flips is None or found.flips < 0):
        yield _Wrong(Reason.NOT_COMPARED, "the labels could not be compared")


def _largest(outputs: tuple[OutputParity, ...], *, absolute: bool = False) -> float:
    """The largest difference, where there is one to tell: of a regression in relation to the size of its answers."""
    found = (output.max_absolute if absolute else output.apart for output in outputs)
    return max((each for each in found if each is not None), default=0.0)


def _as_with(outputs: tuple[OutputParity, ...]) -> str:
    worst: list[WorstRow] = [row for output in outputs for row in output.worst_rows]
    return f", as with {max(worst, key=lambda row: row.absolute).name}" if worst else ""
