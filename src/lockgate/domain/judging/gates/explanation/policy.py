"""The policy of the explanation gate."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from lockgate.domain.judging.protocol.gate import Mode
from lockgate.domain.judging.protocol.words import BOUND, Told, in_words, said
from lockgate.domain.measuring.changes import moving
from lockgate.domain.ranges import Alpha, Limit, Probability, Share, demand_ranges, of_tasks


@dataclass(frozen=True)
class ExplanationPolicy:
    """What the model must not rely on, and how far its reasons may move from the champion's.

    ``forbidden`` are input columns that must not matter, and those that you know to stand in for them (proxies).
    ``max_forbidden`` is the largest mean absolute change of the positive probability, 0 to 1, that shuffling such a
    column may make; 0 lets it make none. ``max_shift`` is the largest move, 0 to 1, of a column's share of the total
    importance against the champion's. ``max_behind_reference`` is how much worse than the glassbox on the same rows the
    model may be, in the accuracy gate's metric and by its ``alpha``; ``None`` asks for no glassbox. Change and share
    hold by the upper bound of an interval, which is wrong with a chance of the ``alpha`` here.
    """

    mode: Mode = "enforce"
    forbidden: tuple[str, ...] = ()
    max_forbidden: Probability = 0.0
    max_shift: Share = 0.15
    max_behind_reference: Annotated[Limit, of_tasks("binary", "multiclass", "regression")] | None = None
    alpha: Alpha = 0.05

    @property
    def level(self) -> float:
        """Of the two-sided interval whose bounds each are wrong with a chance of ``alpha``."""
        return 1 - 2 * self.alpha

    def __post_init__(self) -> None:
        demand_ranges(self)
        if any(not name.strip() for name in self.forbidden):
            raise ValueError("forbidden: a column has a name")
        if len(set(self.forbidden)) < len(self.forbidden):
            raise ValueError("forbidden: a column is named twice")


WORDS: Final = {
    "forbidden": "{} must not matter",
    "max_forbidden": "shuffling such a column moves the probability by at most {} on average, by the upper bound",
    "max_shift": "a column's share of the importance is at most {} from the champion's, by the upper bound",
    "alpha": BOUND,
}
"""What each setting demands; ``{}`` is its value."""


def words(policy: ExplanationPolicy, told: Told) -> Iterator[str]:
    """The policy in words; of the glassbox by the project's metric."""
    for line in in_words(WORDS, policy, told):
        yield line.replace("moves the probability", f"moves {moving(told.task)}")
    if policy.max_behind_reference is not None:
        behind = policy.max_behind_reference
        yield f"at most {said(behind)} of {told.metric} behind the glassbox, a model that explains itself,"
        yield f"  on the same rows, paired: the lower bound of the difference above {said(0 - behind)}"
