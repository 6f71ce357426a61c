"""What the evidence on the data contradicts: the tables that lie there, the policy's label, the other evidence."""

from collections.abc import Iterator

import numpy as np

from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.data.evidence import DataEvidence, SplitFacts
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.judging.protocol.project_facts import ProjectFacts
from lockgate.domain.judging.protocol.reason import Reason
from lockgate.domain.judging.protocol.unmeasured import unmeasured
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.splits import SEEN
from lockgate.domain.model.task import Binary, Task, contradiction
from lockgate.domain.names import listed
from lockgate.domain.statistics.blocks import blocks_of
from lockgate.domain.statistics.sample import AnySample, ClassSample, LabelSample, Sample

GATE = "data"


def contradicted_data(evidence: Evidence, subject: Subject, task: Task) -> Iterator[Finding]:
    """Findings on tables that are others, and on what cannot be so; ``task`` is what the model answers.

    The validation table is known by the file alone: no evidence of a candidate but this one names it.
    """
    data = evidence.of(DataEvidence)
    if data is None or data.digests.get("test") != subject.data:  # what `judge_data` says
        return
    for split in SEEN:
        there = evidence.beside.files.get(split)
        if there is not None and data.digests.get(split) != there:
            yield unmeasured(GATE, f"the evidence is of another {split} table", Reason.OTHER_SUBJECT)
    if found := [*_label(data, evidence, task), *_counts(data, evidence)]:
        yield unmeasured(GATE, "; ".join(found), Reason.EDITED)


def _label(data: DataEvidence, evidence: Evidence, task: Task) -> Iterator[str]:
    yield from _columns(data, evidence.beside)
    beside, accuracy = evidence.beside, evidence.of(AccuracyEvidence)
    if not isinstance(task, Binary) or not isinstance(data.task, Binary):
        if problem := contradiction(data.task, task):
            yield f"{problem} by the model's signature"
        return
    if beside.positive is not None and data.positive != beside.positive:
        yield f"the positive class is {beside.positive} in params.yaml, and {data.positive} in the evidence"
    if data.positive not in task.classes:
        yield f"the positive class, {data.positive}, is none of {listed(task.classes)}"
    elif accuracy is not None and accuracy.positive != data.positive:
        yield f"the positive class is {data.positive}, and {accuracy.positive} in the accuracy evidence"


def _columns(data: DataEvidence, beside: ProjectFacts) -> Iterator[str]:
    """What ``tables`` names, where that is known."""
    if beside.label is None:
        return
    if (data.label, data.labels) != (beside.label, beside.labels):
        told = listed(beside.labels or (beside.label,))
        yield f"the label is {told} in params.yaml, and {listed(data.truths)} in the evidence"
    if (data.time.column if data.time else None) != beside.time:
        yield f"tables.time is {beside.time} in params.yaml, and {data.time and data.time.column} in the evidence"
    if data.group != (beside.group or ""):
        yield f"tables.group is {beside.group} in params.yaml, and {data.group or None} in the evidence"


def _counts(data: DataEvidence, evidence: Evidence) -> Iterator[str]:
    """The test table is the score table's, the training table the glassbox's, where that is of the same."""
    test, training = data.splits.get("test"), data.splits.get("training")
    scores, reference = evidence.scores, evidence.of(ReferenceEvidence)
    if test is not None and scores is not None:
        yield from _counted(data, test, scores)
    same = reference is not None and reference.training == data.digests.get("training")
    if training is not None and reference is not None and same and training.rows != reference.training_rows:
        yield f"training: {training.rows} rows, and the glassbox was fitted on {reference.training_rows}"


def _counted(data: DataEvidence, test: SplitFacts, scores: ScoreTable) -> Iterator[str]:
    sample = scores.sample
    if data.group and test.blocks != blocks_of(sample):
        yield f"test: rows of {test.blocks} blocks, in the score table of {blocks_of(sample)}"
    if isinstance(sample, Sample):
        counted = (scores.rows, int(sample.labels.sum()))
        if (test.rows, data.positives("test")) != counted:
            yield f"test: {_words(test.rows, data.positives('test'))}, in the score table {_words(*counted)}"
        return
    if test.rows != scores.rows:
        yield f"test: {test.rows} rows, in the score table {scores.rows}"
    for name, rows in _rows_of_each(sample).items():
        told = (test.counts or {}).get(name, 0)
        if told != rows:
            yield f"test: {told} rows of {name}, in the score table {rows}"


def _rows_of_each(sample: AnySample) -> dict[str, int]:
    """How many rows truly are of each class, or have each label; of numbers none."""
    if isinstance(sample, ClassSample):
        return dict(zip(sample.names, np.bincount(sample.truth, minlength=len(sample.names)).tolist(), strict=True))
    if isinstance(sample, LabelSample):
        return dict(zip(sample.names, sample.truth.sum(axis=0).tolist(), strict=True))
    return {}


def _words(rows: int, positives: int | None) -> str:
    return f"{rows} rows and {'no number of' if positives is None else positives} positives"
