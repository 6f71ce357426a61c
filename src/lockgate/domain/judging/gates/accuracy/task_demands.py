"""Before anything is judged: a binary task has two classes, and the held-out rows and their answers are of them."""

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.slices import GATE
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.signature import Signature
from lockgate.domain.model.task import contradiction, problem_of_kind

REASON = Reason.NOT_BINARY
REMEDY = "train and export a model of two classes, on rows of these two: see docs/your-model.md"


def not_binary(
    signature: Signature, scores: ScoreTable | None, evidence: AccuracyEvidence | None = None
) -> Finding | None:
    """Undecided where the model, or the table of scores, has other than two classes: the rest is no class.

    So are a task that is not judged, and evidence of another task than the model's.
    """
    task = signature.task
    if problem := problem_of_kind(task.kind):
        return unmeasured(GATE, f"the model's task: {problem}", REASON, REMEDY)
    shape = next((each.shape for each in signature.outputs if each.name == signature.probabilities), (task.width,))
    if problem := task.problem_of_model(shape):
        return unmeasured(GATE, problem, REASON, REMEDY)
    if evidence is not None and (problem := contradiction(evidence.task, task)):
        return unmeasured(GATE, f"in the evidence, {problem} by the model's signature", Reason.EDITED)
    if scores is not None and (problem := task.problem_of_rows(scores.classes)):
        return unmeasured(GATE, f"in the table of scores, {problem}", REASON, REMEDY)
    return None
