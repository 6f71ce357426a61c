"""Evidence on explanation: what the ONNX model's answers depend on. Facts only, never a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal

from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.task import UNTOLD, Task, TaskKind, quantiles_of
from lockgate.domain.model.versions import Document, Upgrades, each_in
from lockgate.domain.statistics.bounds.means import Spread

METRICS: Final[Mapping[TaskKind, str]] = {
    "binary": "roc_auc",
    "multiclass": "log_loss",
    "multilabel": "log_loss",
    "regression": "mean_absolute_error",
}
"""What a shuffled column's drop is of: a number that every answer moves."""
OF_QUANTILES = "mean_pinball_loss"


def metric_for(task: Task) -> str:
    """What a column's drop is of."""
    return OF_QUANTILES if quantiles_of(task) else METRICS[task.kind]


def _upgrade(document: Document) -> Document:
    told = {**document, "metric": "roc_auc", "schema": "lockgate/evidence/explanation/2"}
    if "importances" in document:
        told["importances"] = each_in(document["importances"], _with_drop)
    return told


def _with_drop(importance: Document) -> Document:
    return {("drop" if name == "auc_drop" else name): held for name, held in importance.items()}


@dataclass(frozen=True)
class Importance:
    """What shuffling one input column does, averaged over the repeats; ``None`` where that is no number.

    ``drop`` is how much the metric gets worse, ``mean_change`` the mean change of the positive probability, of
    the class or label that moves most, or of a regression's number in the spread of its target (at most 1). A row's
    change within rounding (1e-6) counts as 0, so that a column which is not used has exactly 0. ``share`` is the
    column's part of the sum of all ``mean_change``, 0 to 1. ``spread`` is what the bounds of ``mean_change`` need, over
    rows, and ``share_error`` the standard error of ``share``; documents of before have none.
    """

    column: str
    drop: float | None
    mean_change: float | None
    share: float | None
    spread: Spread | None = None
    share_error: float | None = None


@dataclass(frozen=True)
class LocalExplanation:
    """One of the worst errors: the held-out row's number, what it truly is, and the model's score.

    ``label`` says of a binary task whether the row is positive, of one of classes which it is, of a target its value.
    ``score`` is of the positive class, or of the task's ``column`` that the error is of.

    ``contributions`` has for each input column how much the row's own value raises the positive probability: the row's
    score less the mean score with values of background rows in its place. ``None`` where that is no number.
    """

    row: int
    label: bool | str | float
    score: float | None
    contributions: dict[str, float | None]
    column: str = ""


@dataclass(frozen=True)
class ExplanationEvidence:
    """Permutation importances over ``rows`` held-out rows, and the worst errors of all of them, worst first.

    ``metric`` is what each column's ``drop`` is of. ``spreads`` are those of a regression's targets: the standard
    deviation of what is true, in the target's unit.
    """

    subject: Subject
    tools: dict[str, str]
    rows: int
    repeats: int
    importances: tuple[Importance, ...]
    worst: tuple[LocalExplanation, ...]
    task: Task = UNTOLD
    metric: str = "roc_auc"
    spreads: dict[str, float] = field(default_factory=dict)
    method: str = ""
    schema: Literal["lockgate/evidence/explanation/2"] = "lockgate/evidence/explanation/2"

    UPGRADES: ClassVar[Upgrades] = {"lockgate/evidence/explanation/1": _upgrade}
