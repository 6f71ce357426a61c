"""Whether answers are those of the task at all: probabilities that are some, quantiles in their order."""

from collections.abc import Iterator

from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.gates.parity.tolerance import GATE, REEXPORT
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import RECHECK
from lockgate.domain.model.task import Regression, Task

LOGITS = "logits? End the exported graph in a softmax over the classes, or in a sigmoid; then `lockgate run`"


def judge_answers(evidence: ParityEvidence, task: Task) -> Iterator[Finding]:
    """A finding where probabilities are none, and one on the quantiles of a regression that has some."""
    if evidence.improbable and not isinstance(task, Regression):
        told = "probabilities outside 0 to 1" + (", or that do not add up to 1" if task.labelled else "")
        message = f"{evidence.improbable} of {evidence.rows} rows get {told}"
        yield _refused("probabilities", message, evidence.improbable, evidence.rows, LOGITS)
    if isinstance(task, Regression) and task.quantiles:
        yield _quantiles(evidence)


def _quantiles(evidence: ParityEvidence) -> Finding:
    rule = "quantiles"
    if evidence.crossed is None:
        message = "whether quantiles cross was not looked at"
        return Finding(GATE, rule, Outcome.UNDECIDED, message, remedy=RECHECK, reason=Reason.NOT_COMPARED)
    source, onnx = evidence.crossed
    message = f"quantiles cross in {onnx} of {evidence.rows} rows, in {source} of the trained model's answers"
    if onnx > source:
        return _refused(rule, message, onnx, evidence.rows, REEXPORT, source)
    return Finding(GATE, rule, Outcome.PASSED, message, measured=onnx, limit=source, rows=evidence.rows)


def _refused(rule: str, message: str, measured: int, rows: int, remedy: str, limit: int = 0) -> Finding:
    return Finding(GATE, rule, Outcome.REFUSED, message, measured, limit, rows, remedy, reason=Reason.OUT_OF_RANGE)
