"""The policy of the robustness gate."""

from dataclasses import dataclass

from lockgate.domain.judging.protocol.gate import Mode
from lockgate.domain.ranges import Probability, demand_ranges


@dataclass(frozen=True)
class RobustnessPolicy:
    """Limits of how far answers may move when one input column of real rows is changed.

    Both are mean absolute changes of the positive probability over rows, 0 to 1, and hold for every column alone.
    ``max_nudge`` is under a change that means nothing: a float32 step, or a millionth of the value where that is more.
    ``max_change`` is under a value that is missing, never seen or empty; ``None`` asks for no limit. That answers are
    finite, probabilities are some and labels are known has no limit to set: a single row that breaks it is refused.
    """

    mode: Mode = "enforce"
    max_nudge: Probability = 0.01
    max_change: Probability | None = None

    def __post_init__(self) -> None:
        demand_ranges(self)
