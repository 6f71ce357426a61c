"""Evidence on the data: what was measured on the training, validation and test tables. Facts only, never a verdict."""

from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal

from lockgate.domain.identity import Digest
from lockgate.domain.model.splits import SPLITS
from lockgate.domain.model.task import Task, positive_of
from lockgate.domain.model.versions import Document, Upgrades, each_in, extended, with_counts, with_task

AREA: Final = "roc_auc"
RANKS: Final = "rank_correlation"
"""What a feature reaches alone where what is true is a class, or a label, and where it is a number."""
DistanceKind = Literal["kolmogorov-smirnov", "total-variation"]


@dataclass(frozen=True)
class SplitFacts:
    """One table: its rows, those of each class or label that was counted, and what breaks the contract.

    A binary task's positive class is counted at least; ``counts`` is ``None`` where there is no label, and of numbers.
    Rows that depend on each other are of so many ``blocks``, which leave so many ``degrees`` of freedom; 0 where each
    row counts for itself.
    """

    rows: int
    counts: dict[str, int] | None
    problems: tuple[str, ...] = ()
    blocks: int = 0
    degrees: float = 0.0


@dataclass(frozen=True)
class Overlap:
    """How many test rows stand in another table as well; ``None`` where a column to compare by is missing.

    ``duplicates`` are equal in every column, label included; ``near_duplicates`` in all inputs, numbers within a tiny
    tolerance. Of rows that depend on each other, ``groups`` are how many values of their column stand in both tables,
    and ``rows_of_groups`` how many test rows have one of these; ``None`` without such a column, and in documents of
    before.
    """

    duplicates: int | None
    near_duplicates: int | None
    groups: int | None = None
    rows_of_groups: int | None = None


@dataclass(frozen=True)
class ColumnDistance:
    """How far a column's test rows are from its training rows, 0 to 1; ``None`` where a table has no rows.

    ``chance`` is how far two such tables of one population are apart on average; documents of before have none.
    ``independent`` is by the table's name how many rows, one by one, would tell as much as its rows in blocks do.
    """

    column: str
    kind: DistanceKind
    distance: float | None
    chance: float | None = None
    independent: dict[str, float] = field(default_factory=dict)

    @property
    def ranked(self) -> bool:
        """Whether values have an order that the distance goes by."""
        return self.kind == "kolmogorov-smirnov"


@dataclass(frozen=True)
class TimeWindow:
    """When training ended and the test began, as a column says; ``early`` test rows are of a time before that end.

    ``None`` where a table has no such column of times.
    """

    column: str
    training_ends: str | None
    test_begins: str | None
    early: int | None


def _upgrade(document: Document) -> Document:
    positive = document.get("positive")
    told = {**with_task(document), "feature_metric": "roc_auc", "schema": "lockgate/evidence/data/2"}
    if "splits" in document:
        told["splits"] = each_in(document["splits"], lambda facts: with_counts(facts, positive))
    return told


@dataclass(frozen=True)
class DataEvidence:
    """The three tables by split name: the digests of their files, the facts of each, and what they have in common.

    What is true stands in the column ``label``, or in several ``labels``. ``overlaps`` are of the test table with
    ``training`` and with ``validation``. ``features`` has for each input the cross-validated ``feature_metric`` that it
    reaches alone on training rows, ``None`` where that is no number, and ``feature_errors`` the standard errors, of a
    rank correlation those of its inverse hyperbolic tangent; documents of before have none of these.
    ``feature_classes`` names the class, label or target that this is of, where there are several. ``group`` is the
    column of the rows that depend on each other: all errors and distances count blocks of them then, and
    ``feature_degrees`` are the degrees of freedom of ``feature_errors``. ``distances`` are of
    the inputs and of the columns for judging only, ``targets`` of what is true, where that is a number.
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
    feature_metric: str = AREA
    method: str = ""
    labels: tuple[str, ...] = ()
    feature_classes: dict[str, str] = field(default_factory=dict)
    targets: tuple[ColumnDistance, ...] = ()
    time: TimeWindow | None = None
    group: str = ""
    feature_degrees: dict[str, float] = field(default_factory=dict)
    schema: Literal["lockgate/evidence/data/3"] = "lockgate/evidence/data/3"

    UPGRADES: ClassVar[Upgrades] = {
        "lockgate/evidence/data/1": _upgrade,
        "lockgate/evidence/data/2": extended("lockgate/evidence/data/3"),
    }

    @property
    def truths(self) -> tuple[str, ...]:
        """The columns that say what is true."""
        return self.labels or (self.label,)

    @property
    def positive(self) -> str:
        """The positive class of a binary task; empty for any other."""
        return positive_of(self.task)

    @property
    def tables(self) -> tuple[str, ...]:
        """The splits that were measured, in their order: of a project all."""
        return tuple(split for split in SPLITS if split in self.splits)

    def positives(self, split: str) -> int | None:
        """How many rows of a table are of it; ``None`` without a label."""
        counts = self.splits[split].counts
        return None if counts is None else counts.get(self.positive, 0)

    def positive_share(self, split: str) -> float | None:
        """The share of rows of the positive class; ``None`` where there is no label or no row, or a count below 0."""
        return self.share(split, self.positive)

    def share(self, split: str, name: str) -> float | None:
        """The same of a class or a label."""
        rows, counts = self.splits[split].rows, self.splits[split].counts
        found = None if counts is None else counts.get(name, 0)
        return found / rows if rows > 0 and found is not None and found >= 0 else None

    @property
    def classes(self) -> tuple[str, ...]:
        """Every class or label that was counted in a table."""
        return tuple(dict.fromkeys(name for facts in self.splits.values() for name in facts.counts or {}))
