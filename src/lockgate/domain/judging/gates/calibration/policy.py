"""The policy of the calibration gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from lockgate.domain.judging.protocol.gate import Mode
from lockgate.domain.judging.protocol.words import BOUND, Line
from lockgate.domain.ranges import Alpha, Probability, Share, demand_ranges, of_tasks

CLASSES: Final = ("binary", "multiclass", "multilabel")


@dataclass(frozen=True)
class CalibrationPolicy:
    """Upper limits of errors; the upper bound must stay within.

    Of classes and labels they are of the Brier score and of the expected calibration error: of several classes that of
    the likeliest, with one of its own for each class; of several labels that of each. Of a regression with quantiles
    ``max_coverage_error`` is how far the share of rows below a quantile, or between two symmetric ones, may be off, and
    ``max_crossing`` the share of rows in which a higher quantile may lie below a lower one; 0 allows no row of these.
    """

    max_brier: Annotated[Probability, of_tasks(*CLASSES)] | None = None
    max_calibration_error: Annotated[Probability, of_tasks(*CLASSES)] | None = None
    max_class_calibration_error: Annotated[Probability, of_tasks("multiclass")] | None = None
    max_coverage_error: Annotated[Probability, of_tasks("regression")] | None = None
    max_crossing: Annotated[Share, of_tasks("regression")] | None = None
    alpha: Alpha = 0.05
    mode: Mode = "enforce"

    def __post_init__(self) -> None:
        demand_ranges(self)
        of_classes = self.max_brier, self.max_calibration_error, self.max_class_calibration_error
        limits = *of_classes, self.max_coverage_error, self.max_crossing
        if all(limit is None for limit in limits) and self.mode != "off":
            instead = "of quantiles max_coverage_error or max_crossing"
            raise ValueError(f"give max_brier or max_calibration_error, or {instead}, or set mode: off")


WORDS: Final[Mapping[str, Line]] = {
    "max_brier": "the Brier score is at most {}, by the upper bound",
    "max_calibration_error": {
        "binary": "the expected calibration error is at most {}, by the upper bound",
        "multiclass": "the expected calibration error of the likeliest class is at most {}, by the upper bound",
        "multilabel": "the expected calibration error of each label is at most {}, by the upper bound",
    },
    "max_class_calibration_error": "the expected calibration error of each class is at most {}, by the upper bound",
    "max_coverage_error": "each quantile, and each interval of two, covers its share but for at most {}",
    "max_crossing": "in at most {} of the rows a higher quantile lies below a lower one",
    "alpha": BOUND,
}
"""What each setting demands; ``{}`` is its value."""
