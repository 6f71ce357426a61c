"""The policy of the parity gate."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from lockgate.domain.ranges import Count, FromOne, Limit, demand_ranges, of_tasks

LABELS: Final = ("binary", "multiclass", "multilabel")
"""The tasks whose answers are classes or labels, which may flip."""


@dataclass(frozen=True)
class ParityPolicy:
    """How far source model and ONNX export may differ; names, shapes and types are always exact.

    The limits ``max_absolute`` and ``max_relative`` hold wherever they are given. ``calibrated`` derives limits too:
    the ONNX model's error against the truth in float64 may be ``multiple`` times the source model's own, or ``ulps``
    units in the last place of the largest answer where that is more. ``fixed`` needs both fixed limits.

    ``without_source`` is about an ONNX file that was handed over without a trained model or stored answers: there is
    nothing to compare it with. ``variation_only`` lets it pass by its own answers alone.

    ``max_variation`` is the largest absolute difference between two of the ONNX model's own answers to a row, in other
    batches, with other threads, optimised otherwise; its labels may never differ. The ONNX model runs in a process of
    its own, which has ``seconds`` for each answer and ``memory_gib`` of address space; one that needs more is refused.
    """

    max_absolute: Limit | None = None
    max_relative: Limit | None = None
    tolerance: Literal["fixed", "calibrated"] = "fixed"
    multiple: FromOne = 4.0
    ulps: FromOne = 4.0
    max_flips: Annotated[Count, of_tasks(*LABELS)] = 0
    max_variation: Limit = 1e-6
    without_source: Literal["undecided", "variation_only"] = "undecided"
    seconds: FromOne = 300.0
    memory_gib: FromOne = 16.0

    def __post_init__(self) -> None:
        demand_ranges(self)
        if self.tolerance == "fixed" and (self.max_absolute is None or self.max_relative is None):
            raise ValueError("a fixed tolerance needs max_absolute and max_relative; or set tolerance: calibrated")
