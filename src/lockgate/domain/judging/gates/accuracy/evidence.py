"""Evidence on accuracy: metrics and per-row scores. Facts only, never a verdict.

``method`` is what measured it (``domain/measuring/methods.py``); empty in evidence of before, which does not say so.

JSON knows no NaN: a measurement that gave no finite number stands as ``null`` (``None``) and can only lead to
`undecided` or `refused`.
"""

from dataclasses import dataclass
from typing import Literal

from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.score_table import TableReference


@dataclass(frozen=True)
class AccuracyEvidence:
    """Metrics of the ONNX model on the held-out rows, and the per-row scores that they were computed from.

    ``scores`` has one row for each held-out row: ``row`` (its index), ``label`` (the true class), ``predicted`` (the
    class that the model answered), ``score`` (the probability of ``positive``, float64), the model's input columns, and
    those that are for judging only: what slices and groups are made of.
    """

    subject: Subject
    tools: dict[str, str]
    rows: int
    positives: int
    positive: str
    metrics: dict[str, float | None]
    scores: TableReference
    method: str = ""
    schema: Literal["lockgate/evidence/accuracy/1"] = "lockgate/evidence/accuracy/1"
