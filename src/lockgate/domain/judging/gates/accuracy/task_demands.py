"""Before anything is judged: the model, the held-out rows and their answers are of the task."""

from lockgate.domain.choices import is_installed
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.slices import GATE
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.signature import Signature
from lockgate.domain.model.task import contradiction
from lockgate.domain.names import listed
from lockgate.domain.statistics.metrics.registry import metrics_of

REASON = Reason.NOT_BINARY
REMEDY = "train and export a model of that task, on rows of it: see docs/your-model.md"


def not_of_the_task(
    signature: Signature, scores: ScoreTable | None, evidence: AccuracyEvidence | None = None, metric: str = ""
) -> Finding | None:
    """Undecided where the model, or the table of scores, is of something else than its task: other classes, say.

    So is evidence of another task than the model's.
    """
    task = signature.task
    if metric and not is_installed(metric) and metric not in (known := metrics_of(task.kind)):
        told = f"the model's task is {task.kind}, and {metric} is no metric of it; those are {listed(known)}"
        return unmeasured(GATE, told, REASON, "name one of these in gates.accuracy.metric, or see tables.task")
    shape = next((each.shape for each in signature.outputs if each.name == signature.probabilities), (task.width,))
    if problem := task.problem_of_model(shape):
        return unmeasured(GATE, problem, REASON, REMEDY)
    if evidence is not None and (problem := contradiction(evidence.task, task)):
        return unmeasured(GATE, f"in the evidence, {problem} by the model's signature", Reason.EDITED)
    if scores is not None and (problem := task.problem_of_rows(scores.classes)):
        return unmeasured(GATE, f"in the table of scores, {problem}", REASON, REMEDY)
    return None
