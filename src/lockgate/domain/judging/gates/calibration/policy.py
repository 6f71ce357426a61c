"""The policy of the calibration gate."""

from dataclasses import dataclass
from typing import Final

from lockgate.domain.judging.protocol.gate import Mode
from lockgate.domain.judging.protocol.words import BOUND
from lockgate.domain.ranges import Alpha, Probability, demand_ranges


@dataclass(frozen=True)
class CalibrationPolicy:
    """Upper limits of the Brier score and of the expected calibration error; the upper bound must stay within."""

    max_brier: Probability | None = None
    max_calibration_error: Probability | None = None
    alpha: Alpha = 0.05
    mode: Mode = "enforce"

    def __post_init__(self) -> None:
        demand_ranges(self)
        if self.max_brier is None and self.max_calibration_error is None and self.mode != "off":
            raise ValueError("give max_brier or max_calibration_error, or set mode: off")


WORDS: Final = {
    "max_brier": "the Brier score is at most {}, by the upper bound",
    "max_calibration_error": "the expected calibration error is at most {}, by the upper bound",
    "alpha": BOUND,
}
"""What each setting demands; ``{}`` is its value."""
