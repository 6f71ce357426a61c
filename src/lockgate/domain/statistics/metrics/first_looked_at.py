"""The metrics of each task that are looked at first, where nobody named one; and which need probabilities."""

from collections.abc import Mapping
from typing import Final

FIRST: Final[Mapping[str, tuple[str, ...]]] = {
    "binary": ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "brier"),
    "multiclass": ("accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef", "roc_auc_ovr", "log_loss"),
    "multilabel": ("accuracy", "hamming_loss", "f1_macro", "f1_micro", "roc_auc_macro"),
    "regression": ("mean_absolute_error", "root_mean_squared_error", "mean_absolute_percentage_error", "r2"),
}

BY_SCORE: Final = ("roc_auc", "log_loss", "brier", "average_precision", "top_")
"""How metrics begin that need probabilities; what has ``neg_`` or ``d2_`` in front of it does too."""


def by_score(name: str) -> bool:
    """Whether a metric of classes needs probabilities."""
    return name.removeprefix("neg_").removeprefix("d2_").startswith(BY_SCORE)
