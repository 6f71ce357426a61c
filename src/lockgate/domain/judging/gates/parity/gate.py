"""The parity gate: the ONNX export answers what the trained model answers."""

from collections.abc import Iterator, Sequence

from lockgate.domain.judging.gates.parity.answers import judge_answers
from lockgate.domain.judging.gates.parity.contradictions import contradicted_parity
from lockgate.domain.judging.gates.parity.evidence import OutputParity, ParityEvidence
from lockgate.domain.judging.gates.parity.flips import tied, without_ties
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.parity.tolerance import GATE, REEXPORT, judge_calibrated, tolerance
from lockgate.domain.judging.gates.parity.variation import judge_invented, judge_settings, judge_versions
from lockgate.domain.judging.gates.parity.words import figures, words
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import Gate
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import RECHECK
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.signature import Output, Signature
from lockgate.domain.model.task import Multilabel, Regression, Task
from lockgate.domain.names import absent, listed
from lockgate.domain.numbers import shown, size


def judge_parity(
    policy: ParityPolicy,
    evidence: ParityEvidence | None,
    subject: Subject,
    signature: Signature,
) -> tuple[Finding, ...]:
    """Findings on names, on each output's form and differences, and on label flips.

    Each output of the signature must have been compared, in the form that it has there. Probabilities are held to the
    limits as they are; numbers that have no end, such as a regression's or raw scores, in relation to their size.
    """
    outputs, task, bounded = signature.outputs, signature.task, signature.bounded
    if evidence is None:
        return (_undecided("measured", "parity was not measured", Reason.NOT_MEASURED),)
    if different := evidence.subject.differs_from(subject):
        return (_undecided("measured", f"the evidence is of another {' and '.join(different)}", Reason.OTHER_SUBJECT),)
    if evidence.rows <= 0 or not (evidence.outputs or evidence.missing_outputs):
        return (_undecided("measured", "no row or no output was compared", Reason.NOT_MEASURED),)
    if evidence.without_source:
        forms = (_form(output, evidence.rows) for output in evidence.outputs)
        alone = (_without_source(policy), judge_settings(policy, evidence, task), *judge_versions(evidence))
        return (_names(evidence), *_complete(evidence, outputs), *forms, *alone)
    compared = (finding for output in evidence.outputs for finding in _output(policy, output, evidence.rows, bounded))
    others = (judge_settings(policy, evidence, task), judge_invented(policy, evidence, task), *judge_versions(evidence))
    names = (_names(evidence), *_complete(evidence, outputs))
    flips = () if isinstance(task, Regression) else (_flips(policy, evidence, task),)
    return (*names, *compared, *judge_calibrated(policy, evidence), *flips, *judge_answers(evidence, task), *others)


def _without_source(policy: ParityPolicy) -> Finding:
    """There is nothing to compare the file with: the policy says whether that may pass."""
    told = (
        "neither a trained model nor stored answers: what the ONNX file answers was compared with its own answers alone"
    )
    if policy.without_source == "variation_only":
        return Finding(GATE, "source", Outcome.PASSED, f"{told}, as gates.parity.without_source allows")
    remedy = "store its makers' answers (lockgate.project.save_reference), or set gates.parity.without_source"
    return Finding(GATE, "source", Outcome.UNDECIDED, told, remedy=remedy, reason=Reason.NOT_COMPARED)


def _undecided(rule: str, message: str, reason: str = Reason.NOT_COMPARED) -> Finding:
    return Finding(GATE, rule, Outcome.UNDECIDED, message, remedy=RECHECK, reason=reason)


def _names(evidence: ParityEvidence) -> Finding:
    wrong = {
        reason: f"{what} {listed(names)}"
        for reason, what, names in (
            (Reason.INPUT_MISSING, "missing input", evidence.missing_inputs),
            (Reason.INPUT_UNEXPECTED, "unexpected input", evidence.unexpected_inputs),
            (Reason.OUTPUT_MISSING, "missing output", evidence.missing_outputs),
            (Reason.OUTPUT_UNEXPECTED, "unexpected output", evidence.unexpected_outputs),
            (Reason.OUTPUT_REORDERED, "outputs in another order:", evidence.reordered_outputs),
        )
        if names
    }
    if wrong:
        message, reason = "; ".join(wrong.values()), next(iter(wrong))
        return Finding(GATE, "names", Outcome.REFUSED, message, remedy=REEXPORT, reason=reason)
    return Finding(GATE, "names", Outcome.PASSED, "every input and output has its declared name")


def _complete(evidence: ParityEvidence, outputs: Sequence[Output]) -> Iterator[Finding]:
    """A finding where an output was left out; one that the model does not give has been said already."""
    told = {(output.name, output.expected_dtype, output.expected_shape[1:]) for output in evidence.outputs}
    compared = {output.name for output in outputs if (output.name, output.dtype, output.shape) in told}
    if silent := absent((output.name for output in outputs), {*compared, *evidence.missing_outputs}):
        yield _undecided("outputs", f"{silent} was not compared as declared")


def _output(policy: ParityPolicy, output: OutputParity, rows: int, bounded: str) -> tuple[Finding, ...]:
    form = _form(output, rows)
    if form.outcome is not Outcome.PASSED or output.expected_dtype == "string":
        return (form,)
    exact = policy.max_absolute is None and not output.expected_dtype.startswith("float")
    scaled = bool(output.sizes) and output.name != bounded
    limits = (
        ("absolute", output.apart if scaled else output.max_absolute, 0.0 if exact else policy.max_absolute),
        ("relative", output.apart if scaled else output.max_relative, policy.max_relative),
    )
    of = f", of the size of the answers ({listed(map(shown, output.sizes))} as a rule)" if scaled else ""
    differences = (
        _difference(output.name, kind, found, limit, rows, of) for kind, found, limit in limits if limit is not None
    )
    return (form, *differences)


def _form(output: OutputParity, rows: int) -> Finding:
    rule = f"{output.name}: form"
    if output.mismatches < 0:
        return _undecided(rule, f"{output.mismatches} cells are no count")
    if not output.same_form:
        expected = f"{output.expected_dtype} {list(output.expected_shape)}"
        actual = f"{output.actual_dtype} {list(output.actual_shape)}"
        message = f"{expected} declared, {actual} answered"
        return Finding(GATE, rule, Outcome.REFUSED, message, remedy=REEXPORT, reason=Reason.OTHER_FORM)
    if output.mismatches:
        return Finding(
            GATE,
            rule,
            Outcome.REFUSED,
            f"{output.mismatches} cells are NaN or infinite on one side only",
            measured=output.mismatches,
            limit=0,
            rows=rows,
            remedy=REEXPORT,
            reason=Reason.MISMATCH,
        )
    return Finding(GATE, rule, Outcome.PASSED, f"{output.actual_dtype} {list(output.actual_shape)} as declared")


def _difference(name: str, kind: str, measured: float | None, limit: float, rows: int, of: str) -> Finding:
    rule = f"{name}: {kind}"
    if measured is None or size(measured) is None:
        return _undecided(rule, f"the largest {kind} difference is not a number")
    within = measured <= limit
    return Finding(
        GATE,
        rule,
        Outcome.PASSED if within else Outcome.REFUSED,
        f"largest {kind} difference {measured:.1e}{of}, at most {limit:.1e} allowed",
        measured=measured,
        limit=limit,
        rows=rows,
        remedy="" if within else REEXPORT,
        reason="" if within else Reason.DIFFERS,
    )


def _flips(policy: ParityPolicy, evidence: ParityEvidence, task: Task) -> Finding:
    if evidence.flips is None or evidence.flips < 0:
        return _undecided("flips", "the labels could not be compared")
    flips, ties = without_ties(task, evidence.flips, evidence.worst_flips, tolerance(policy, evidence.calibrations))
    within = flips <= policy.max_flips
    rows = listed(flip.row for flip in evidence.worst_flips)
    many = evidence.rows * (task.width if isinstance(task, Multilabel) else 1)
    message = f"{flips} of {many} labels flip"
    return Finding(
        GATE,
        "flips",
        Outcome.PASSED if within else Outcome.REFUSED,
        (message if within else f"{message}, first in rows {rows}") + tied(ties),
        measured=flips,
        limit=policy.max_flips,
        rows=evidence.rows,
        remedy="" if within else REEXPORT,
        reason="" if within else Reason.LABEL_FLIPS,
    )


def judge(policy: ParityPolicy, case: Case) -> Iterator[Finding]:
    """By the differences of the export, held against the signature, the score table and what the service pins."""
    evidence, signature = case.evidence, case.signature
    yield from judge_parity(policy, evidence.of(ParityEvidence), case.subject, signature)
    yield from contradicted_parity(policy, evidence, case.subject, signature.bounded)


PARITY = Gate(
    name=GATE,
    policy=ParityPolicy,
    documents={GATE: ParityEvidence},
    judge=judge,
    required=True,
    words=words,
    figures=figures,
    reasons=(
        Reason.OTHER_SUBJECT,
        Reason.MEASURED_OTHERWISE,
        Reason.EDITED,
        Reason.NOT_COMPARED,
        Reason.NO_TRUTH,
        Reason.INPUT_MISSING,
        Reason.INPUT_UNEXPECTED,
        Reason.OUTPUT_MISSING,
        Reason.OUTPUT_UNEXPECTED,
        Reason.OUTPUT_REORDERED,
        Reason.OTHER_FORM,
        Reason.MISMATCH,
        Reason.DIFFERS,
        Reason.LABEL_FLIPS,
        Reason.CROSSES_THRESHOLD,
        Reason.OUT_OF_RANGE,
        Reason.VARIES,
        Reason.NO_ANSWER,
        Reason.OTHER_RUNTIME,
        Reason.OTHER_RELEASE,
    ),
)
