"""Plants of the accuracy gate that only asking the model again finds: what lies there agrees with itself."""

from dataclasses import replace

import numpy as np

from lockgate.domain.identity import sha256
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.statistics.metrics.registry import metrics_of, value
from lockgate.domain.statistics.sample import AnySample, ClassSample, ValueSample
from lockgate.usecases.judging.drill.onnx_nodes import answering
from lockgate.usecases.judging.drill.plant import Bed, NotAsked, Planted

BETTER = 0.1
"""How far every answer is moved towards the truth."""


def edited_answers(_: Bed) -> Planted:
    """Every answer is nearer to the truth than the model's, and the metrics are those of these answers."""

    def change(evidence: Evidence) -> Evidence:
        scores, accuracy = evidence.scores, evidence.of(AccuracyEvidence)
        if scores is None or accuracy is None:
            return evidence
        better = replace(scores, sample=_nearer(scores.sample))
        return replace(evidence.holding(_saying(accuracy, better)), scores=better)

    return Planted(change=change, released=True)


def _nearer(sample: AnySample) -> AnySample:
    """Answers a little nearer to what is true of each row."""
    if isinstance(sample, ValueSample):
        at = None if sample.at is None else sample.at + BETTER * (sample.truth - sample.at)
        return replace(sample, values=sample.values + BETTER * (sample.truth - sample.values), at=at)
    truth = sample.true
    if isinstance(sample, ClassSample):
        truth = np.equal.outer(sample.truth, np.arange(len(sample.names)))
    return replace(sample, scores=sample.scores + BETTER * (truth.astype(np.float64) - sample.scores))


def _saying(accuracy: AccuracyEvidence, scores: ScoreTable) -> AccuracyEvidence:
    """The document as it would be for these answers."""
    known = metrics_of(scores.sample.task)
    told = {name: value(name, scores.sample) if name in known else found for name, found in accuracy.metrics.items()}
    table = replace(accuracy.scores, digest=sha256(np.ascontiguousarray(scores.sample.said).tobytes()))
    return replace(accuracy, metrics=told, scores=table)


def swapped_model(bed: Bed) -> Planted:
    """Another ONNX file lies in the place of the judged one, and the evidence names that file."""
    sound = bed.evidence.of(AccuracyEvidence)
    if sound is None or bed.evidence.scores is None:
        raise NotAsked("the accuracy of the candidate was not measured")

    def change(evidence: Evidence) -> Evidence:
        accuracy = evidence.of(AccuracyEvidence)
        if accuracy is None:
            return evidence
        return replace(evidence.holding(replace(sound, subject=accuracy.subject)), scores=bed.evidence.scores)

    nodes = "half = Constant<value = float {0.5}>()\nafter = Mul(before, half)"
    return replace(answering(bed, nodes), change=change, released=True)
