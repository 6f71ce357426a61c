"""Before anything is judged: a binary task has two classes, and the held-out rows and their answers are of them."""

from lockgate.domain.judging.gates.accuracy.slices import GATE
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.signature import Signature
from lockgate.domain.model.task import task_of

REASON = Reason.NOT_BINARY
REMEDY = "train and export a model of two classes, on rows of these two: see docs/your-model.md"


def not_binary(signature: Signature, scores: ScoreTable | None) -> Finding | None:
    """Undecided where the model, or the table of scores, has other than two classes: the rest is no class."""
    task = task_of("binary", signature.classes)
    shape = next((each.shape for each in signature.outputs if each.name == signature.probabilities), (task.width,))
    if problem := task.problem_of_model(shape):
        return unmeasured(GATE, problem, REASON, REMEDY)
    if scores is not None and (problem := task.problem_of_rows(scores.classes)):
        return unmeasured(GATE, f"in the table of scores, {problem}", REASON, REMEDY)
    return None
