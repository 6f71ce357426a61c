"""What was judged is what runs: a packaged release answers as the judged ONNX model does."""

from lockgate.domain.identity import Digest
from lockgate.domain.judging.gates.parity.evidence import OutputParity, PackagedParity
from lockgate.domain.judging.gates.parity.flips import tied, without_ties
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.parity.tolerance import GATE
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.model.task import Regression
from lockgate.domain.numbers import size

REPACKAGE = "package the release again, with the service and the lock file of this commit: lockgate package"


def judge_packaged(policy: ParityPolicy, evidence: PackagedParity, release: Digest) -> tuple[Finding, ...]:
    """Findings on the release that answers, the runtime that it answers with, and each output."""
    regression = isinstance(evidence.task, Regression)
    return (
        _equal("packaged release", str(release), evidence.served.get("release", "none"), Reason.OTHER_RELEASE),
        _equal("packaged runtime", _runtime(evidence.judged), _runtime(evidence.served), Reason.OTHER_RUNTIME),
        *(_output(policy, output, evidence.rows) for output in evidence.outputs),
        *(() if regression else (_flips(policy, evidence),)),
    )


def _runtime(tools: dict[str, str]) -> str:
    return tools.get("onnxruntime", "none")


def _equal(rule: str, judged: str, served: str, reason: str) -> Finding:
    if judged == served:
        return Finding(GATE, rule, Outcome.PASSED, f"{served}, as judged")
    message = f"judged {judged}, served {served}"
    return Finding(GATE, rule, Outcome.REFUSED, message, remedy=REPACKAGE, reason=reason)


def _output(policy: ParityPolicy, output: OutputParity, rows: int) -> Finding:
    rule = f"packaged {output.name}"
    if not output.same_form or output.mismatches:
        message = f"{output.actual_dtype} {list(output.actual_shape)}, {output.mismatches} cells not finite on one side"
        reason = Reason.MISMATCH if output.same_form else Reason.OTHER_FORM
        return Finding(GATE, rule, Outcome.REFUSED, message, rows=rows, remedy=REPACKAGE, reason=reason)
    if output.expected_dtype == "string":
        return Finding(GATE, rule, Outcome.PASSED, "as declared", rows=rows)
    if output.apart is None or size(output.apart) is None:
        return _not_compared(rule, "no difference could be measured", rows)
    within = output.apart <= policy.max_variation
    of = " of the size of the answers" if output.sizes else ""
    return Finding(
        GATE,
        rule,
        Outcome.PASSED if within else Outcome.REFUSED,
        f"largest difference {output.apart:.1e}{of} from the judged model, {policy.max_variation:.1e} allowed",
        measured=output.apart,
        limit=policy.max_variation,
        rows=rows,
        remedy="" if within else REPACKAGE,
        reason="" if within else Reason.VARIES,
    )


def _not_compared(rule: str, message: str, rows: int) -> Finding:
    return Finding(GATE, rule, Outcome.UNDECIDED, message, rows=rows, remedy=REPACKAGE, reason=Reason.NOT_COMPARED)


def _flips(policy: ParityPolicy, evidence: PackagedParity) -> Finding:
    rule = "packaged flips"
    if evidence.flips is None or evidence.missing_outputs:
        return _not_compared(rule, "the labels could not be compared", evidence.rows)
    flips, ties = without_ties(evidence.task, evidence.flips, evidence.worst_flips, policy.max_variation)
    message = f"{flips} of {evidence.rows} labels flip"
    if flips:
        message += f", first in row {evidence.worst_flips[0].row}"
        return Finding(
            GATE, rule, Outcome.REFUSED, message, flips, 0, evidence.rows, REPACKAGE, reason=Reason.LABEL_FLIPS
        )
    return Finding(GATE, rule, Outcome.PASSED, message + tied(ties), measured=0, limit=0, rows=evidence.rows)
