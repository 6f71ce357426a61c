"""Before anything is judged: a binary task has two classes, and the held-out rows and their answers are of them."""

from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.labels import BINARY, listed_classes, problem_of_rows
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.signature import Signature

GATE = "accuracy"
REASON = "not-binary"
REMEDY = "train and export a model of two classes, on rows of these two: see docs/your-model.md"


def not_binary(signature: Signature, scores: ScoreTable | None) -> Finding | None:
    """Undecided where the model, or the table of scores, has other than two classes: the rest is no class."""
    classes = signature.classes
    if len(set(classes)) != 2 or len(classes) != 2:  # noqa: PLR2004 - that is what binary means
        told = f"the model's classes are {listed_classes(classes)}" if classes else "the model has no classes"
        return unmeasured(GATE, f"{told}; {BINARY}", REASON, REMEDY)
    shape = next((each.shape for each in signature.outputs if each.name == signature.probabilities), (len(classes),))
    if shape != (len(classes),):
        told = f"the model's probabilities have the shape {list(shape)}, its classes are {listed_classes(classes)}"
        return unmeasured(GATE, f"{told}; {BINARY}", REASON, REMEDY)
    if scores is not None and (problem := problem_of_rows(scores.classes, classes)):
        return unmeasured(GATE, f"in the table of scores, {problem}", REASON, REMEDY)
    return None
