"""Plants of the accuracy gate that only asking the model again finds: what lies there agrees with itself."""

from dataclasses import replace

import numpy as np

from lockgate.domain.identity import sha256
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.statistics.metrics.registry import METRICS, value
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
        sample = scores.binary
        moved = sample.scores + BETTER * (sample.labels - sample.scores)
        better = replace(scores, sample=replace(sample, scores=moved))
        return replace(evidence.holding(_saying(accuracy, better)), scores=better)

    return Planted(change=change, released=True)


def _saying(accuracy: AccuracyEvidence, scores: ScoreTable) -> AccuracyEvidence:
    """The document as it would be for these answers."""
    told = {name: value(name, scores.binary) if name in METRICS else found for name, found in accuracy.metrics.items()}
    table = replace(accuracy.scores, digest=sha256(np.ascontiguousarray(scores.binary.scores).tobytes()))
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
