"""What the evidence on the data contradicts: the tables that lie there, the policy's label, the other evidence."""

from collections.abc import Collection, Iterator

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.splits import SEEN
from lockgate.domain.names import listed

GATE = "data"


def contradicted_data(evidence: Evidence, subject: Subject, classes: Collection[str]) -> Iterator[Finding]:
    """Findings on tables that are others, and on what cannot be so; ``classes`` are those that the model answers.

    The validation table is known by the file alone: no evidence of a candidate but this one names it.
    """
    data = evidence.of(DataEvidence)
    if data is None or data.digests.get("test") != subject.data:  # what `judge_data` says
        return
    for split in SEEN:
        there = evidence.beside.files.get(split)
        if there is not None and data.digests.get(split) != there:
            yield unmeasured(GATE, f"the evidence is of another {split} table", Reason.OTHER_SUBJECT)
    if found := [*_label(data, evidence, classes), *_counts(data, evidence)]:
        yield unmeasured(GATE, "; ".join(found), Reason.EDITED)


def _label(data: DataEvidence, evidence: Evidence, classes: Collection[str]) -> Iterator[str]:
    beside, accuracy = evidence.beside, evidence.of(AccuracyEvidence)
    if beside.label is not None and data.label != beside.label:
        yield f"the label is {beside.label} in params.yaml, and {data.label} in the evidence"
    if beside.positive is not None and data.positive != beside.positive:
        yield f"the positive class is {beside.positive} in params.yaml, and {data.positive} in the evidence"
    if data.positive not in classes:
        yield f"the positive class, {data.positive}, is none of {listed(classes)}"
    elif accuracy is not None and accuracy.positive != data.positive:
        yield f"the positive class is {data.positive}, and {accuracy.positive} in the accuracy evidence"


def _counts(data: DataEvidence, evidence: Evidence) -> Iterator[str]:
    """The test table is the score table's, the training table the glassbox's, where that is of the same."""
    test, training = data.splits.get("test"), data.splits.get("training")
    scores, reference = evidence.scores, evidence.of(ReferenceEvidence)
    if test is not None and scores is not None:
        counted = (scores.rows, int(scores.binary.labels.sum()))
        if (test.rows, data.positives("test")) != counted:
            yield f"test: {_words(test.rows, data.positives('test'))}, in the score table {_words(*counted)}"
    same = reference is not None and reference.training == data.digests.get("training")
    if training is not None and reference is not None and same and training.rows != reference.training_rows:
        yield f"training: {training.rows} rows, and the glassbox was fitted on {reference.training_rows}"


def _words(rows: int, positives: int | None) -> str:
    return f"{rows} rows and {'no number of' if positives is None else positives} positives"
