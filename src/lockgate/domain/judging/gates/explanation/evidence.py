"""Evidence on explanation: what the ONNX model's answers depend on. Facts only, never a verdict."""

from dataclasses import dataclass
from typing import Literal

from lockgate.domain.model.candidate import Subject
from lockgate.domain.statistics.means import Spread


@dataclass(frozen=True)
class Importance:
    """What shuffling one input column does, averaged over the repeats; ``None`` where that is no number.

    ``auc_drop`` is how much the ROC AUC falls, ``mean_change`` the mean absolute change of the positive probability,
    where a row's change within float32 rounding (1e-6) counts as 0, so that a column which is not used has exactly 0.
    ``share`` is the column's part of the sum of all ``mean_change``, 0 to 1. ``spread`` is what the bounds of
    ``mean_change`` need, over rows, and ``share_error`` the standard error of ``share``; documents of before have none.
    """

    column: str
    auc_drop: float | None
    mean_change: float | None
    share: float | None
    spread: Spread | None = None
    share_error: float | None = None


@dataclass(frozen=True)
class LocalExplanation:
    """One of the worst errors: the held-out row's number, whether it truly is positive, and the model's probability.

    ``contributions`` has for each input column how much the row's own value raises the positive probability: the row's
    score less the mean score with values of background rows in its place. ``None`` where that is no number.
    """

    row: int
    label: bool
    score: float | None
    contributions: dict[str, float | None]


@dataclass(frozen=True)
class ExplanationEvidence:
    """Permutation importances over ``rows`` held-out rows, and the worst errors of all of them, worst first."""

    subject: Subject
    tools: dict[str, str]
    rows: int
    repeats: int
    importances: tuple[Importance, ...]
    worst: tuple[LocalExplanation, ...]
    method: str = ""
    schema: Literal["lockgate/evidence/explanation/1"] = "lockgate/evidence/explanation/1"
