"""Evidence on the data: what was measured on the training, validation and test tables. Facts only, never a verdict."""

from dataclasses import dataclass, field
from typing import Literal

from lockgate.domain.identity import Digest

"""The three tables, by the names that settings and evidence give them."""

DistanceKind = Literal["kolmogorov-smirnov", "total-variation"]


@dataclass(frozen=True)
class SplitFacts:
    """One table: its rows, those of the positive class (``None`` without a label), and what breaks the contract."""

    rows: int
    positives: int | None
    problems: tuple[str, ...] = ()

    @property
    def positive_share(self) -> float | None:
        """The share of rows of the positive class; ``None`` where there is no label or no row, or a count below 0."""
        counted = self.rows > 0 and self.positives is not None and self.positives >= 0
        return self.positives / self.rows if counted and self.positives is not None else None


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


@dataclass(frozen=True)
class DataEvidence:
    """The three tables by split name: the digests of their files, the facts of each, and what they have in common.

    ``overlaps`` are of the test table with ``training`` and with ``validation``. ``features`` has for each input the
    cross-validated ROC AUC that it reaches alone on training rows, ``None`` where that is no number, and
    ``feature_errors`` the standard errors; documents of before have none of these. ``distances`` are of the inputs and
    of the columns for judging only.
    """

    digests: dict[str, Digest]
    tools: dict[str, str]
    label: str
    positive: str
    splits: dict[str, SplitFacts]
    overlaps: dict[str, Overlap]
    features: dict[str, float | None]
    distances: tuple[ColumnDistance, ...]
    feature_errors: dict[str, float | None] = field(default_factory=dict)
    method: str = ""
    schema: Literal["lockgate/evidence/data/1"] = "lockgate/evidence/data/1"
