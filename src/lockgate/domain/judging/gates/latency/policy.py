"""The policy of the latency gate."""

import math
from dataclasses import dataclass
from typing import Final

from lockgate.domain.judging.protocol.gate import Mode
from lockgate.domain.judging.protocol.words import BOUND
from lockgate.domain.names import listed
from lockgate.domain.ranges import Alpha, Limit, demand_ranges


@dataclass(frozen=True)
class LatencyPolicy:
    """How slow and how large a candidate may be; ``None`` asks for no limit.

    ``max_ratio`` is of the median times of candidate and champion, taken in turns in one process on the same rows;
    ``max_size_ratio`` is of the bytes of their ONNX files. Both need a champion. ``max_milliseconds`` is for one row on
    the machine that measures, ``max_mib`` for the ONNX file. ``batches`` are numbers of rows at once that are timed as
    well and held to ``max_ratio``; ``batch_milliseconds`` has the limit of each, in their order. Times hold by the
    bound of an interval, which is wrong with a chance of ``alpha``.
    """

    max_ratio: Limit | None = None
    max_size_ratio: Limit | None = None
    max_milliseconds: Limit | None = None
    max_mib: Limit | None = None
    alpha: Alpha = 0.05
    mode: Mode = "enforce"
    batches: tuple[int, ...] = ()
    batch_milliseconds: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        demand_ranges(self)
        if any(each < 1 for each in self.batches) or len(set(self.batches)) < len(self.batches):
            raise ValueError(f"batches: whole numbers from 1 on, none twice; found {listed(map(str, self.batches))}")
        if self.batch_milliseconds and len(self.batch_milliseconds) != len(self.batches):
            told = f"{len(self.batch_milliseconds)} limits for {len(self.batches)} batches"
            raise ValueError(f"batch_milliseconds: one for each of batches, in their order; found {told}")
        if any(not (math.isfinite(each) and each >= 0) for each in self.batch_milliseconds):
            raise ValueError("batch_milliseconds: finite numbers, 0 at least")
        names = ("max_ratio", "max_size_ratio", "max_milliseconds", "max_mib")
        unlimited = all(getattr(self, name) is None for name in names) and not self.batch_milliseconds
        if unlimited and self.mode != "off":
            raise ValueError(f"give at least one of {', '.join((*names, 'batch_milliseconds'))}, or set mode: off")

    @property
    def level(self) -> float:
        """Of the two-sided interval whose bounds each are wrong with a chance of ``alpha``."""
        return 1 - 2 * self.alpha

    @property
    def limits(self) -> dict[int, float]:
        """The milliseconds that each number of rows at once may take."""
        one = {} if self.max_milliseconds is None else {1: self.max_milliseconds}
        named = dict(zip(self.batches, self.batch_milliseconds, strict=True)) if self.batch_milliseconds else {}
        return {rows: min(each[rows] for each in (one, named) if rows in each) for rows in (*one, *named)}

    @property
    def needs_champion(self) -> bool:
        """Whether anything is compared."""
        return self.max_ratio is not None or self.max_size_ratio is not None


WORDS: Final = {
    "max_ratio": "at most {} times as slow as the champion, on the same rows in the same process",
    "max_size_ratio": "an ONNX file at most {} times as large as the champion's",
    "max_milliseconds": "at most {} ms for one row",
    "batches": "times are also taken of batches of {}",
    "batch_milliseconds": "at most {} ms for such a batch",
    "max_mib": "an ONNX file of at most {} MiB",
    "alpha": BOUND,
}
"""What each setting demands; ``{}`` is its value."""
