"""The policy of the calibration gate."""

from dataclasses import dataclass

from lockgate.domain.policies.limits import Mode, demand_alpha, demand_limit


@dataclass(frozen=True)
class CalibrationPolicy:
    """Upper limits of the Brier score and of the expected calibration error; the upper bound must stay within."""

    max_brier: float | None = None
    max_calibration_error: float | None = None
    alpha: float = 0.05
    mode: Mode = "enforce"

    def __post_init__(self) -> None:
        limits = {"max_brier": self.max_brier, "max_calibration_error": self.max_calibration_error}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        if not given and self.mode != "off":
            raise ValueError("give max_brier or max_calibration_error, or set mode: off")
        demand_limit(**given)
        demand_alpha(self.alpha)
