"""Evidence on the glassbox: what a model that explains itself learns from the rows. Facts only, never a verdict."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from lockgate.domain.identity import Digest
from lockgate.domain.model.score_table import TableReference
from lockgate.domain.model.task import Task, positive_of
from lockgate.domain.model.versions import Document, Upgrades, with_counts, with_task

CONTRIBUTION = "contribution of "
"""What the name of a term's column in the score table begins with."""


@dataclass(frozen=True)
class Term:
    """One term of the glassbox's sum: the input columns that it takes, one or two, and how much it moves answers.

    ``importance`` is the mean absolute contribution to the log-odds over the held-out rows; ``None`` where that is no
    number.
    """

    name: str
    columns: tuple[str, ...]
    importance: float | None


def _upgrade(document: Document) -> Document:
    positive = document.get("positive")
    told = {**with_task(with_counts(document, positive)), "schema": "lockgate/evidence/reference/2"}
    if "intercept" in told:
        told["intercepts"] = {positive if isinstance(positive, str) else "": told.pop("intercept")}
    return told


@dataclass(frozen=True)
class ReferenceEvidence:
    """Metrics of a glassbox on the held-out rows: fitted on the training rows, on the candidates' input columns.

    ``training`` and ``data`` are the DVC hashes of the two tables. The log-odds of a row are ``intercepts``
    of its class and the sum
    of its contributions. ``scores`` has one row for each held-out row: ``row``, ``label``, ``predicted`` and scores as
    beside the accuracy evidence, and one column for each term, ``contribution of`` its name, in log-odds.
    """

    training: Digest
    data: Digest
    tools: dict[str, str]
    settings: dict[str, str]
    inputs: tuple[str, ...]
    training_rows: int
    rows: int
    task: Task
    counts: dict[str, int]
    metrics: dict[str, float | None]
    intercepts: dict[str, float]
    terms: tuple[Term, ...]
    scores: TableReference
    method: str = ""
    schema: Literal["lockgate/evidence/reference/2"] = "lockgate/evidence/reference/2"

    UPGRADES: ClassVar[Upgrades] = {"lockgate/evidence/reference/1": _upgrade}

    @property
    def positive(self) -> str:
        """The positive class of a binary task; empty for any other."""
        return positive_of(self.task)

    @property
    def positives(self) -> int:
        """How many rows truly are of it."""
        return self.counts.get(self.positive, 0)

    @property
    def intercept(self) -> float:
        """The log-odds of the positive class where no term says anything."""
        return self.intercepts[self.positive]
