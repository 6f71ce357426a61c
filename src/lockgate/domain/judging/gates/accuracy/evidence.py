"""Evidence on accuracy: metrics and per-row scores. Facts only, never a verdict.

``method`` is what measured it (``domain/measuring/methods.py``); empty in evidence of before, which does not say so.

JSON knows no NaN: a measurement that gave no finite number stands as ``null`` (``None``) and can only lead to
`undecided` or `refused`.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.score_table import TableReference
from lockgate.domain.model.task import Task, positive_of
from lockgate.domain.model.versions import Document, Upgrades, with_counts, with_task


def _upgrade(document: Document) -> Document:
    told = with_task(with_counts(document, document.get("positive")))
    return {**told, "schema": "lockgate/evidence/accuracy/2"}


@dataclass(frozen=True)
class AccuracyEvidence:
    """Metrics of the ONNX model on the held-out rows, and the per-row scores that they were computed from.

    ``counts`` are the rows that truly are of a class, of the classes that were counted: a binary task's positive one at
    least. ``scores`` has one row for each held-out row: ``row`` (its index), ``label`` (the true class), ``predicted``
    (the class that the model answered), ``score of`` the positive class (its probability, float64), the model's input
    columns, and those that are for judging only: what slices and groups are made of.
    """

    subject: Subject
    tools: dict[str, str]
    rows: int
    task: Task
    counts: dict[str, int]
    metrics: dict[str, float | None]
    scores: TableReference
    method: str = ""
    schema: Literal["lockgate/evidence/accuracy/2"] = "lockgate/evidence/accuracy/2"

    UPGRADES: ClassVar[Upgrades] = {"lockgate/evidence/accuracy/1": _upgrade}

    @property
    def positive(self) -> str:
        """The positive class of a binary task; empty for any other."""
        return positive_of(self.task)

    @property
    def positives(self) -> int:
        """How many rows truly are of it."""
        return self.counts.get(self.positive, 0)
