"""The policy of the latency gate."""

from dataclasses import dataclass
from typing import Final

from lockgate.domain.judging.protocol.gate import Mode
from lockgate.domain.judging.protocol.words import BOUND
from lockgate.domain.ranges import Alpha, Limit, demand_ranges


@dataclass(frozen=True)
class LatencyPolicy:
    """How slow and how large a candidate may be; ``None`` asks for no limit.

    ``max_ratio`` is of the median times of candidate and champion, taken in turns in one process on the same rows;
    ``max_size_ratio`` is of the bytes of their ONNX files. Both need a champion. ``max_milliseconds`` is for one row on
    the machine that measures, ``max_mib`` for the ONNX file. Times hold by the bound of an interval, which is wrong
    with a chance of ``alpha``.
    """

    max_ratio: Limit | None = None
    max_size_ratio: Limit | None = None
    max_milliseconds: Limit | None = None
    max_mib: Limit | None = None
    alpha: Alpha = 0.05
    mode: Mode = "enforce"

    def __post_init__(self) -> None:
        demand_ranges(self)
        names = ("max_ratio", "max_size_ratio", "max_milliseconds", "max_mib")
        if all(getattr(self, name) is None for name in names) and self.mode != "off":
            raise ValueError(f"give at least one of {', '.join(names)}, or set mode: off")

    @property
    def level(self) -> float:
        """Of the two-sided interval whose bounds each are wrong with a chance of ``alpha``."""
        return 1 - 2 * self.alpha

    @property
    def needs_champion(self) -> bool:
        """Whether anything is compared."""
        return self.max_ratio is not None or self.max_size_ratio is not None


WORDS: Final = {
    "max_ratio": "at most {} times as slow as the champion, on the same rows in the same process",
    "max_size_ratio": "an ONNX file at most {} times as large as the champion's",
    "max_milliseconds": "at most {} ms for one row",
    "max_mib": "an ONNX file of at most {} MiB",
    "alpha": BOUND,
}
"""What each setting demands; ``{}`` is its value."""
