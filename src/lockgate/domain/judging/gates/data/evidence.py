"""Evidence on the data: what was measured on the training, validation and test tables. Facts only, never a verdict."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from lockgate.domain.identity import Digest
from lockgate.domain.model.task import Task, positive_of
from lockgate.domain.model.versions import Document, Upgrades, each_in, with_counts, with_task

DistanceKind = Literal["kolmogorov-smirnov", "total-variation"]


@dataclass(frozen=True)
class SplitFacts:
    """One table: its rows, those of each class that was counted, and what breaks the contract.

    A binary task's positive class is counted at least; ``counts`` is ``None`` where there is no label.
    """

    rows: int
    counts: dict[str, int] | None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Overlap:
    """How many test rows stand in another table as well; ``None`` where a column to compare by is missing.

    ``duplicates`` are equal in every column, label included; ``near_duplicates`` in all inputs, numbers within a tiny
    tolerance.
    """

    duplicates: int | None
    near_duplicates: int | None


@dataclass(frozen=True)
class ColumnDistance:
    """How far a column's test rows are from its training rows, 0 to 1; ``None`` where a table has no rows.

    ``chance`` is how far two such tables of one population are apart on average; documents of before have none.
    """

    column: str
    kind: DistanceKind
    distance: float | None
    chance: float | None = None

    @property
    def ranked(self) -> bool:
        """Whether values have an order that the distance goes by."""
        return self.kind == "kolmogorov-smirnov"


def _upgrade(document: Document) -> Document:
    positive = document.get("positive")
    told = {**with_task(document), "feature_metric": "roc_auc", "schema": "lockgate/evidence/data/2"}
    if "splits" in document:
        told["splits"] = each_in(document["splits"], lambda facts: with_counts(facts, positive))
    return told


@dataclass(frozen=True)
class DataEvidence:
    """The three tables by split name: the digests of their files, the facts of each, and what they have in common.

    ``overlaps`` are of the test table with ``training`` and with ``validation``. ``features`` has for each input the
    cross-validated ``feature_metric`` that it reaches alone on training rows, ``None`` where that is no number, and
    ``feature_errors`` the standard errors; documents of before have none of these. ``distances`` are of the inputs and
    of the columns for judging only.
    """

    digests: dict[str, Digest]
    tools: dict[str, str]
    label: str
    task: Task
    splits: dict[str, SplitFacts]
    overlaps: dict[str, Overlap]
    features: dict[str, float | None]
    distances: tuple[ColumnDistance, ...]
    feature_errors: dict[str, float | None] = field(default_factory=dict)
    feature_metric: str = "roc_auc"
    method: str = ""
    schema: Literal["lockgate/evidence/data/2"] = "lockgate/evidence/data/2"

    UPGRADES: ClassVar[Upgrades] = {"lockgate/evidence/data/1": _upgrade}

    @property
    def positive(self) -> str:
        """The positive class of a binary task; empty for any other."""
        return positive_of(self.task)

    def positives(self, split: str) -> int | None:
        """How many rows of a table are of it; ``None`` without a label."""
        counts = self.splits[split].counts
        return None if counts is None else counts.get(self.positive, 0)

    def positive_share(self, split: str) -> float | None:
        """The share of rows of the positive class; ``None`` where there is no label or no row, or a count below 0."""
        rows, positives = self.splits[split].rows, self.positives(split)
        return positives / rows if rows > 0 and positives is not None and positives >= 0 else None
