"""Evidence on the glassbox: what a model that explains itself learns from the rows. Facts only, never a verdict."""

from dataclasses import dataclass
from typing import Literal

from lockgate.domain.identity import Digest
from lockgate.domain.model.score_table import TableReference

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


@dataclass(frozen=True)
class ReferenceEvidence:
    """Metrics of a glassbox on the held-out rows: fitted on the training rows, on the candidates' input columns.

    ``training`` and ``data`` are the DVC hashes of the two tables. The log-odds of a row are ``intercept`` and the sum
    of its contributions. ``scores`` has one row for each held-out row: ``row``, ``label``, ``predicted``, ``score`` as
    beside the accuracy evidence, and one column for each term, ``contribution of`` its name, in log-odds.
    """

    training: Digest
    data: Digest
    tools: dict[str, str]
    settings: dict[str, str]
    inputs: tuple[str, ...]
    training_rows: int
    rows: int
    positives: int
    positive: str
    metrics: dict[str, float | None]
    intercept: float
    terms: tuple[Term, ...]
    scores: TableReference
    method: str = ""
    schema: Literal["lockgate/evidence/reference/1"] = "lockgate/evidence/reference/1"
