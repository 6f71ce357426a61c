"""The policy of the accuracy gate, and of the same on slices."""

from dataclasses import dataclass, field
from typing import Annotated

from lockgate.domain.model.slices import Slice
from lockgate.domain.ranges import Alpha, Finite, Limit, OneOrMore, demand_ranges, of_tasks
from lockgate.domain.statistics.metrics.metric import Metric
from lockgate.domain.statistics.metrics.registry import AnyMetricName, any_metric


def _demand_room(total: float | None, margin: float | None) -> None:
    """Raise ``ValueError`` for a total margin that one step alone may use up."""
    if total is not None and margin is not None and total < margin:
        raise ValueError(f"total_margin is too small: {total:g}; one step alone may lose the margin, {margin:g}")


@dataclass(frozen=True)
class SlicesPolicy:
    """The same rule for parts of the held-out rows: columns such as ``sex``, conditions such as ``age < 25``.

    ``floor`` and ``margin`` are for each part, and so is ``total_margin``, against the anchor of the whole; ``None``
    asks for none. Parts of a column below ``min_rows`` are named and not judged; a condition that fewer rows meet is
    undecided.
    """

    by: tuple[str, ...]
    floor: Finite | None = None
    margin: Limit | None = None
    min_rows: OneOrMore = 200
    total_margin: Limit | None = None

    def __post_init__(self) -> None:
        demand_ranges(self)
        for text in self.by:
            Slice.parse(text)
        if not self.by or (self.floor is None and self.margin is None and self.total_margin is None):
            raise ValueError("slices need `by`, and a floor or a margin")
        _demand_room(self.total_margin, self.margin)

    @property
    def total(self) -> float | None:
        """The total margin that holds."""
        return self.total_margin


@dataclass(frozen=True)
class ClassesPolicy:
    """The same rule for each class of a multiclass task, each label of a multilabel one, each target of a regression.

    ``metric`` is of two classes, such as ``recall``: of one against all others; of targets it is one of a regression.
    ``floor``, ``margin`` and ``total_margin`` are for each; ``floors`` are of some by name. One with fewer than
    ``min_rows`` rows of its own is undecided.
    """

    metric: AnyMetricName
    floor: Finite | None = None
    floors: dict[str, float] = field(default_factory=dict)
    margin: Limit | None = None
    min_rows: OneOrMore = 30
    total_margin: Limit | None = None

    def __post_init__(self) -> None:
        demand_ranges(self)
        if self.floor is None and self.margin is None and self.total_margin is None and not self.floors:
            raise ValueError("classes need a floor, floors by name, or a margin")
        _demand_room(self.total_margin, self.margin)
        if (known := any_metric(self.metric)) is not None:
            given = {"floor": self.floor, **{f"floors.{name}": limit for name, limit in self.floors.items()}}
            for name, limit in given.items():
                if limit is not None:
                    known.demand_reachable(name, limit)
            for name, margin in (("margin", self.margin), ("total_margin", self.total_margin)):
                if margin is not None:
                    known.demand_difference(name, margin)

    @property
    def total(self) -> float | None:
        """The total margin that holds."""
        return self.total_margin


@dataclass(frozen=True)
class AccuracyPolicy:
    """A floor (a ceiling for losses), and at most ``margin`` worse than the champion, in the metric's unit.

    ``total_margin`` is how much worse than the anchor, the best champion on the same held-out rows: without it a chain
    of losses within the margin has no end. Left out, it is twice the margin.
    Each holds by the bound of an interval, not by the point; each bound is wrong with a chance of ``alpha``.
    """

    metric: AnyMetricName
    floor: Finite
    margin: Limit = 0.0
    alpha: Alpha = 0.05
    slices: SlicesPolicy | None = None
    total_margin: Limit | None = None
    classes: Annotated[ClassesPolicy | None, of_tasks("multiclass", "multilabel", "regression")] = None

    def __post_init__(self) -> None:
        demand_ranges(self)
        _demand_room(self.total_margin, self.margin)
        if (known := any_metric(self.metric)) is not None:  # of an installed one, its package knows what is possible
            self.demand_possible(known)

    def demand_possible(self, metric: Metric) -> None:
        """Raise ``ValueError`` for a limit that every model breaks or none, and a margin that no two differ by."""
        slices = self.slices
        given = {"floor": self.floor, "slices.floor": slices.floor if slices else None}
        allowed = {
            "margin": self.margin,
            "total_margin": self.total_margin,
            "slices.margin": slices.margin if slices else None,
            "slices.total_margin": slices.total_margin if slices else None,
        }
        for name, limit in given.items():
            if limit is not None:
                metric.demand_reachable(name, limit)
        for name, margin in allowed.items():
            if margin is not None:
                metric.demand_difference(name, margin)

    @property
    def total(self) -> float:
        """The total margin that holds: the one that is set, else twice the margin."""
        return 2 * self.margin if self.total_margin is None else self.total_margin

    @property
    def level(self) -> float:
        """Of the two-sided interval whose bounds each are wrong with a chance of ``alpha``."""
        return 1 - 2 * self.alpha
