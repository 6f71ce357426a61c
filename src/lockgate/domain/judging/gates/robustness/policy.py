"""The policy of the robustness gate."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lockgate.domain.choices import InstalledName
from lockgate.domain.judging.protocol.gate import Mode
from lockgate.domain.judging.protocol.words import ALWAYS, BOUND, Told, in_words
from lockgate.domain.measuring.changes import moving
from lockgate.domain.ranges import Alpha, Probability, demand_ranges


@dataclass(frozen=True)
class RobustnessPolicy:
    """Limits of how far answers may move when one input column of real rows is changed.

    Both are mean absolute changes of the positive probability over rows, 0 to 1, of the class or label that moves most,
    or of a regression's number in the spread of its target, and hold for every column alone.
    ``max_nudge`` is under a change that means nothing: a float32 step, or a millionth of the value where that is more.
    ``max_change`` is under a value that is missing, never seen or empty; ``None`` asks for no limit. That answers are
    finite, probabilities are some and labels are known has no limit to set: a single row that breaks it is refused.
    Both hold by the upper bound of an interval, which is wrong with a chance of ``alpha``; a limit of 0 lets not one
    row move. ``probes`` are those of others that every input of their types must stand, too.
    """

    mode: Mode = "enforce"
    max_nudge: Probability = 0.01
    max_change: Probability | None = None
    alpha: Alpha = 0.05
    probes: tuple[InstalledName, ...] = ()

    @property
    def level(self) -> float:
        """Of the two-sided interval whose bounds each are wrong with a chance of ``alpha``."""
        return 1 - 2 * self.alpha

    def __post_init__(self) -> None:
        demand_ranges(self)


OF_CLASSES: Final = ", probabilities are some, labels are known"
WORDS: Final = {
    ALWAYS: f"answers to changed rows are finite{OF_CLASSES}",
    "max_nudge": "a change that means nothing moves the probability by at most {} on average, by the upper bound",
    "max_change": "a value that is missing, never seen or empty moves it by at most {} on average, by that too",
    "probes": "rows are also changed by what other packages bring: {}",
    "alpha": BOUND,
}
"""What each setting demands; ``{}`` is its value."""


def words(policy: RobustnessPolicy, told: Told) -> Iterator[str]:
    """The policy in words, in the unit of the task."""
    for line in in_words(WORDS, policy, told):
        said = line.removesuffix(OF_CLASSES) if told.task == "regression" else line
        yield said.replace("moves the probability", f"moves {moving(told.task)}")
